"""``gtm alerts``."""

import sys
import time
from contextlib import suppress
from datetime import datetime

import click
import msgspec

from gtm.cli.admin import Admin, NoAnswer, options
from gtm.cli.moment import length, moment
from gtm.control.alertlog import Entry

_COLOURS = {"down": "red", "up": "green"}


@click.command()
@click.option(
    "--since", default="1d", show_default=True, metavar="TIME", help="From then on: 2h ago, 30m, 7d, or a date."
)
@click.option("--until", metavar="TIME", help="Up to then.")
@click.option("--pool", metavar="NAME", help="What concerns a pool.")
@click.option("--domain", metavar="NAME", help="What concerns an access domain: www.example.com, or with its type.")
@click.option("--address", metavar="NAME", help="What happened to an address: its name, or its value.")
@click.option("--event", metavar="EVENT", help="One kind of event: pool_down, or '*_down'.")
@click.option("--grep", "text", metavar="TEXT", help="Only where the subject or the reason holds this.")
@click.option("--limit", default=1000, show_default=True, type=click.IntRange(1, 10_000), help="The newest so many.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer of the admin door as it is.")
@options
def alerts(
    since: str,
    until: str | None,
    pool: str | None,
    domain: str | None,
    address: str | None,
    event: str | None,
    text: str | None,
    limit: int,
    as_json: bool,
    admin: Admin,
) -> None:
    """Show what people were told of, the newest last, and what became of it: delivered, or given up and why.

    NAME may be a glob such as 'eu-*'.

    \b
      gtm alerts --since 2h --pool hk
      gtm alerts --since 2026-11-22T03:00 --event '*_down'
      gtm alerts --since 7d --event alert_lost
    """
    now = time.time()
    named = {"pool": pool, "domain": domain, "address": address, "event": event, "text": text}
    begin, end = _when(since, now), None if until is None else _when(until, now)
    octets = admin.read("/alerts", since=begin, until=end, limit=limit, **named)
    if as_json:
        sys.stdout.buffer.write(octets)
        return
    try:
        found = msgspec.json.decode(octets, type=list[Entry])
    except msgspec.MsgspecError as fault:
        raise NoAnswer(f"the server is of another version than this command: {fault}") from fault
    for entry in found:
        _show(entry)
    if not found:
        click.echo("no alerts", err=True)
    if len(found) == limit:
        click.echo(f"there may be older ones: these are the newest {limit}; say --limit for more", err=True)


def _when(text: str, now: float) -> float:
    """Read a length of time, which counts back from now, or a date."""
    with suppress(click.BadParameter):
        return max(0.0, now - length(text))
    with suppress(click.BadParameter):
        return moment(text)
    raise click.BadParameter(f'"{text}" is no time; write one such as 2h, 7d or 2026-11-22T10:00')


def _show(entry: Entry) -> None:
    told = datetime.fromtimestamp(entry.moment).astimezone()
    word = entry.event.rpartition("_")[2]
    event = click.style(entry.event, fg=_COLOURS.get(word, "yellow"))
    flaps = f" ({entry.flaps} changes)" if entry.flaps else ""
    name = f" ({entry.name})" if entry.name else ""
    click.echo(f"{told:%Y-%m-%d %H:%M:%S}  {event} {entry.subject}{name}{flaps}{entry.reason and f': {entry.reason}'}")
    for outcome in entry.outcomes:
        click.echo(f"{'':19}  {outcome}")
