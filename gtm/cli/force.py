"""``gtm force``."""

import click

from gtm.cli.admin import Admin
from gtm.cli.drain import ends, say, saying


@click.command()
@click.argument("word", type=click.Choice(["up", "down"]))
@saying
def force(
    word: str,
    targets: tuple[str, ...],
    reason: str,
    duration: str | None,
    until: str | None,
    anyway: bool,
    admin: Admin,
) -> None:
    """Decide by hand whether members are available on the running server, whatever their checks say.

    A MEMBER is a pool or an address (by its name or value), or a glob of them. What is forced up is answered even while its
    checks fail; what is forced down is not answered even while they pass. The checks go on, and their alerts too. It lasts
    until its end or until gtm release, restarts included.

    \b
      gtm force down address:hk-1 --reason "wrong data" --for 1h
      gtm force up 'pool:eu-*' --reason "the probes lie"

    Exit status: 0 when it is done, 1 when it is refused, 2 when the server can't be asked.
    """
    say(admin, targets, word, (reason, ends(duration, until), anyway))
