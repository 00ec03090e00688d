"""``gtm explain``."""

import sys
import time
from pathlib import Path
from typing import TypeVar

import click
import msgspec

from gtm.chain.explain import Explanation
from gtm.chain.explain import explain as told_by
from gtm.chain.trace import Step
from gtm.chain.ways import Way
from gtm.cli.corefile import loaded_or_exit, option
from gtm.cli.supposed import supposed
from gtm.config.loaded import Loaded
from gtm.config.wording import unknown
from gtm.control import store
from gtm.control.memory import RESOLVED, STICKY, Names, Sticky, found
from gtm.model.place import Client
from gtm.model.question import Question
from gtm.model.resolved import Resolved

T = TypeVar("T")
_COLOURS = {"refused": "red", "error": "red", "pass": "bright_black", "empty": "yellow"}


@click.command()
@click.argument("name")
@click.argument("qtype", default="A", metavar="[TYPE]")
@click.option("--from", "source", metavar="ADDRESS", help="The client: an address, or a network such as 192.0.2.0/24.")
@click.option("--line", help="The client by its line instead, such as cn_telecom_beijing.")
@click.option("--down", multiple=True, metavar="WHAT", help="Take pool:NAME, address:VALUE or template:NAME as down.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@option
def explain(
    name: str, qtype: str, source: str | None, line: str | None, down: tuple[str, ...], as_json: bool, corefile: Path
) -> None:
    """Tell why a client gets the answer that it gets for NAME and TYPE (default: A).

    Walks the same code as the server, with the members that its state folder says are held, and with what it says that
    names outside our zones resolve to. Prints the answers and their
    shares, the TTL and what set it, the ECS scope, every fact that was read, and what every hook said.

    \b
      gtm explain www.example.com --from 223.6.0.99
      gtm explain www.example.com AAAA --line oversea --down pool:hk
    """
    loaded = loaded_or_exit(corefile, warn=False)
    try:
        question = Question.of(name, qtype.upper())
        client = _client(source, line, loaded)
        now = time.time()
        world = supposed(loaded, down, now, _kept(loaded, STICKY, Sticky()).held, _resolved(loaded))
    except ValueError as fault:
        raise click.UsageError(str(fault)) from fault
    told = told_by(loaded.service, question, client, world, now)
    if as_json:
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(told)) + b"\n")
        return
    _print(told)


def _client(source: str | None, line: str | None, loaded: Loaded) -> Client:
    if (source is None) == (line is None):
        raise click.UsageError("say who asks: --from ADDRESS, or --line LINE")
    known = {code for chain in loaded.service.chains.values() for plugin in chain.plugins for code in plugin.lines()}
    if line is not None and line not in known:
        raise click.UsageError(unknown(line, "a line", known))
    client = Client.of(source or "0.0.0.0/0")
    return Client(client.address, client.prefix, line)


def _kept(loaded: Loaded, name: str, nothing: T) -> T:
    """Read what the server keeps in its state folder."""
    try:
        kept = store.load(loaded.server.state, name, type(nothing)) if loaded.server.state else None
    except (OSError, ValueError):
        return nothing
    return kept or nothing


def _resolved(loaded: Loaded) -> dict[str, Resolved]:
    findings = found(_kept(loaded, RESOLVED, Names()))
    return {key: Resolved(each.addresses or (), each.ttl) for key, each in findings.items()}


def _print(told: Explanation) -> None:
    click.echo(f"{click.style(told.question, bold=True)} from {told.client}, zone {told.zone or 'none of ours'}")
    for alias in told.aliases:
        click.echo(f"  alias     {alias}")
    _print_ways(told.answers)
    if not told.answers:
        click.echo("  no record")
    for host in told.additional:
        click.echo(f"  also      {host.host} {host.type}")
        _print_ways(host.answers)
    ttl = "" if told.ttl is None else f", TTL {told.ttl} set by {told.ttl_from}"
    reason = f" ({told.reason})" if told.reason else ""
    click.echo(f"  {told.rcode}{reason}{ttl}, ECS scope {told.ecs_scope}")
    if told.facts:
        click.secho("facts read", bold=True)
    for fact in told.facts:
        rests = f"  (rests on {fact.prefix} bits)" if fact.prefix else ""
        click.echo(f"  {fact.read_by:12} {fact.name}: {fact.value}{rests}")
    click.secho("the walk", bold=True)
    width = max((len(_about(step)) for step in told.steps), default=0)
    for step in told.steps:
        word = click.style(step.word, fg=_COLOURS.get(step.word, "green"))
        reason = f": {step.reason}" if step.reason else ""
        click.echo(f"  {step.hook:9} {step.plugin or 'gtm':12} {_about(step):{width}}  {word}{reason}")


def _print_ways(ways: tuple[Way, ...]) -> None:
    for way in ways:
        turns = "  (rotates)" if way.rotates else ""
        click.echo(f"  {click.style(f'{way.share:8.2%}', fg='green')}  {' '.join(way.records)}{turns}")


def _about(step: Step) -> str:
    return " ".join(part for part in (step.group, step.member) if part)
