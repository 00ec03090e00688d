"""``gtm drill``."""

import sys
from typing import Final

import click
import msgspec

from gtm.cli.admin import Admin, options
from gtm.cli.drain import who
from gtm.control.drill import Drilled, Gone

LONGEST: Final = 7200.0
"""Seconds that a drill is waited for; it ends by itself after twice the bound."""


@click.command()
@click.argument("member")
@click.option("--anyway", is_flag=True, help="Even where nobody could take over.")
@options
def drill(member: str, anyway: bool, admin: Admin) -> None:
    """Let a pool or an address look dead on the running server, and time how long it stays in the answers.

    Its probes go on at their turns, and each counts as failed, so that all takes part that would in earnest. The time until
    it is out of the answers of each access domain is compared with the bound that gtm check computes, the TTL left out.
    Then it is put back, whatever happens: also when this command is interrupted, or a real failure shows meanwhile. It is
    back when its probes have said so, as after a failure: at their next turns, after rise good ones, and not before hold.
    Those who hear alerts hear of it, with the reason "drill".

    \b
      gtm drill pool:hk
      gtm drill address:hk-1

    Exit status: 0 when every bound was kept and all came back, 1 when not or when it is refused, 2 when the server can't be
    asked.
    """
    click.echo(f"drilling {member}; what is taken out is put back by itself …", err=True)
    found = msgspec.convert(
        admin.post("/drill", {"on": member, "by": who(), "anyway": anyway}, timeout=LONGEST), Drilled
    )
    click.echo(f"{click.style(found.on, bold=True)}: {', '.join(found.dead)} looked dead")
    for reason in found.spared:
        click.echo(f"  left alone: {reason}")
    width = max((len(_name(gone)) for gone in found.domains), default=0)
    for gone in found.domains:
        click.echo(f"  {_name(gone):{width}}  {_said(gone)}")
    if found.unasked:
        click.echo(f"  and {found.unasked} more access domains, not asked about")
    if found.back is None:
        click.secho("  not all came back in time; gtm status says why", fg="red")
    else:
        click.echo(f"  all well again {found.back:.2f} s after it was put back")
    sys.exit(0 if found.kept and found.back is not None else 1)


def _name(gone: Gone) -> str:
    return gone.domain.removeprefix("domain:")


def _said(gone: Gone) -> str:
    if gone.seconds is None:
        return click.style(f"no answer without it long after the bound of {gone.bound:.2f} s: broken", fg="red")
    word = click.style("kept", fg="green") if gone.kept else click.style("broken", fg="red")
    timed = f"after {gone.seconds:.2f} s, bound {gone.bound:.2f} s: {word}"
    if gone.stays:
        return f"believed dead {timed}; nobody else is left, so the last resort answers"
    return f"gone {timed}" if gone.seen else f"believed dead {timed}; it was in no answer to this machine before"
