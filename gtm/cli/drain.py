"""``gtm drain``, and what it shares with the other commands that say a word on members."""

import getpass
import os
import socket
import time
from collections.abc import Callable
from typing import Any

import click
import msgspec

from gtm.cli.admin import Admin, options
from gtm.cli.moment import length, moment, shown, span
from gtm.control.overrides import Done
from gtm.health.override import DONE, Override


def saying(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the members, ``--reason``, ``--for`` or ``--until``, ``--anyway``, and the way to the server."""
    found = options(command)
    for decorate in (
        click.option("--anyway", is_flag=True, help="Even where fewer than keep_at_least members are left."),
        click.option(
            "--until", metavar="MOMENT", help="When it ends by itself: 2026-11-22T10:00, on this machine's clock."
        ),
        click.option("--for", "duration", metavar="TIME", help="How long it lasts: 2h, 30m, 1d12h."),
        click.option("--reason", required=True, help="Why, for whoever is on call next."),
        click.argument("targets", nargs=-1, required=True, metavar="MEMBER..."),
    ):
        found = decorate(found)
    return found


@click.command()
@saying
def drain(
    targets: tuple[str, ...], reason: str, duration: str | None, until: str | None, anyway: bool, admin: Admin
) -> None:
    """Take members out on the running server, as planned: they take no part for a while, and nobody is alerted.

    A MEMBER is a pool, an address (by its name or value) or an access domain, or a glob of them; a drained access domain
    is answered by its zone. It lasts until its end or until gtm release, restarts included.

    \b
      gtm drain pool:hk --reason "disk swap" --for 2h
      gtm drain 'address:192.0.2.*' --reason firmware --until 2026-11-22T10:00
      gtm drain domain:www.example.com/A --reason "moved to the new zone"

    Exit status: 0 when it is done, 1 when it is refused, 2 when the server can't be asked.
    """
    say(admin, targets, "drain", (reason, ends(duration, until), anyway))


def ends(duration: str | None, until: str | None) -> float | None:
    """Work out when an override ends, in seconds since 1970."""
    if duration is not None and until is not None:
        raise click.UsageError("say --for or --until, not both")
    if duration is not None:
        return time.time() + length(duration)
    return None if until is None else moment(until)


def say(admin: Admin, targets: tuple[str, ...], word: str, more: tuple[str, float | None, bool]) -> None:
    """Have a word said on members, and print what came of it. ``more``: the reason, the end, and whether anyway."""
    reason, until, anyway = more
    why = reason.encode(errors="surrogateescape").decode(
        errors="replace"
    )  # a terminal may write otherwise than in UTF-8
    body = {"on": targets, "word": word, "reason": why, "until": until, "by": who(), "anyway": anyway}
    done = msgspec.convert(admin.post("/overrides", body), Done)
    end = f" until {shown(until)} (for {span(until - time.time())})" if until else ""
    for override in done.overrides:
        click.echo(f"{click.style(override.on, bold=True)} is {DONE[word]}{end}: {override.reason}")
    for override in done.replaced:
        click.echo(f"  in the place of: {told(override)}")
    for left in done.left:
        click.secho(f"  {left}", fg=None if left.is_enough else "yellow")
    mind(done, "it will not survive a restart")


def told(override: Override) -> str:
    """Show an override that stood before."""
    by = f" by {override.by}" if override.by else ""
    where = f" ({override.where})" if override.where else ""
    return f"{override.on} {DONE[override.word]} since {shown(override.since)}{by}: {override.reason}{where}"


def mind(done: Done, words: str) -> None:
    """Warn where a restart would forget what was done."""
    if done.overrides and not done.survives:
        named = '[server] names no state folder, such as state = "state", or another one since the start'
        click.secho(f"warning: {words}: {named}", fg="yellow", err=True)


def who() -> str:
    """Say who gives the command: the person, where sudo knows him."""
    try:
        user = os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):
        user = "somebody"
    return f"{user}@{socket.gethostname()}"
