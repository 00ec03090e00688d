"""``gtm status``."""

import sys
import time
from collections.abc import Mapping
from shutil import get_terminal_size

import click
import msgspec

from gtm.cli.admin import Admin, NoAnswer, options
from gtm.cli.picture import drawn
from gtm.control.status import Status

TURN = 1.0
"""Seconds between two looks of ``--watch``."""
# a screen of its own, no cursor, and lines that are cut at the edge and not wrapped
_ENTER, _LEAVE = "\x1b[?1049h\x1b[?25l\x1b[?7l", "\x1b[?7h\x1b[?25h\x1b[?1049l"
_HOME, _REST, _BELOW = "\x1b[H", "\x1b[K\n", "\x1b[K\x1b[J"


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--problems", is_flag=True, help="Only what is not as it should be.")
@click.option("--watch", is_flag=True, help="Look again every second, until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer of the admin door as it is.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 1000), help="Access domains at most.")
@options
def status(names: tuple[str, ...], *, problems: bool, watch: bool, as_json: bool, limit: int, admin: Admin) -> None:
    """Show what the running server believes: access domains, their pools, their addresses, as a tree.

    For each: its state and since when, its share of the answers now (of a client of whom nothing is known: how often it
    comes first), and why. NAME keeps to the branches in which it is: a domain, a pool or an address, or a glob of them.

    \b
      gtm status
      gtm status www.example.com 'pool:eu-*'
      gtm status --problems --watch

    Exit status: 0 when nothing is wrong anywhere, 1 when there is a problem, 2 when the server can't be asked.
    """
    asked: dict[str, object] = {"name": names or None, "problems": problems or None, "limit": limit}
    if watch and as_json:
        raise click.UsageError("--watch draws for people; ask again and again for --json")
    if watch:
        _watch(admin, asked)
        return
    octets = admin.read("/status", **asked)
    found = _decoded(octets)
    if as_json:
        sys.stdout.buffer.write(octets)
    else:
        for line in _lines(found, asked, sys.maxsize):
            click.echo(line)
    sys.exit(1 if found.problems_in_all else 0)


def _decoded(octets: bytes) -> Status:
    try:
        return msgspec.json.decode(octets, type=Status)
    except msgspec.MsgspecError as fault:
        raise NoAnswer(f"the server is of another version than this command: {fault}") from fault


def _lines(found: Status, asked: Mapping[str, object], width: int) -> list[str]:
    lines = drawn(found, width)
    if asked.get("name") and not (found.domains or found.pools or found.names):
        what = "none of it has a problem, or " if asked.get("problems") else ""
        lines.insert(1, click.style(f"{what}there is no such domain, pool or address", fg="yellow"))
    return lines


def _watch(admin: Admin, asked: dict[str, object]) -> None:
    """Draw on a screen of its own, each time over what stands there, so that nothing flickers."""
    if not sys.stdout.isatty():
        raise click.UsageError("--watch needs a terminal; leave it out, or ask /status for JSON")
    click.echo(_ENTER, nl=False)
    try:
        while True:
            click.echo(frame(admin, asked), nl=False)
            time.sleep(TURN)
    except KeyboardInterrupt:
        pass
    finally:
        click.echo(_LEAVE, nl=False)


def frame(admin: Admin, asked: dict[str, object]) -> str:
    """Draw what fits on the terminal; where the server does not answer, that."""
    width, height = get_terminal_size()
    try:
        lines = _lines(_decoded(admin.read("/status", **asked)), asked, width)
    except click.ClickException as fault:
        lines = [click.style(fault.message[:width], fg="red")]
    if len(lines) >= height:
        lines = [*lines[: height - 1], f"… {len(lines) - height + 1} more lines"]
    return _HOME + _REST.join(lines) + _BELOW
