"""``gtm check``."""

import sys
import time
from collections.abc import Iterator
from math import inf
from pathlib import Path
from typing import Final

import click

from gtm.chain.explain import explain
from gtm.cli.corefile import argument, loaded_or_exit
from gtm.cli.supposed import supposed
from gtm.config.loaded import Loaded
from gtm.control.problems import aging
from gtm.health.bound import bound, show
from gtm.model.place import Client

_MOST: Final = 20
"""Access domains of which the bound is told at most."""


@click.command()
@argument
def check(corefile: Path) -> None:
    """Check COREFILE (default: Corefile.toml) without starting anything.

    Every fault is listed at once, with its file, line, table and key. Then each [[expect]] is asked, and what it expects
    is compared with every record that might be answered. Last, for each access domain, how long a client may still be
    sent to an address that has died, at worst, and of what that time is made.

    Exit status: 0 when all is well, 1 when an expectation does not hold, 2 when there is a fault.
    """
    loaded = loaded_or_exit(corefile)
    for words in aging(loaded, time.time()):
        click.secho(f"warning: {words}", fg="yellow", err=True)
    broken = list(disappointed(loaded))
    for line in broken:
        click.secho(line, fg="red", err=True)
    if broken:
        sys.exit(1)
    service = loaded.service
    click.echo(
        f"{corefile}: {_count(len(service.chains), 'zone')}, {_count(len(service.domains), 'access domain')}, "
        f"{_count(len({pool.title for pool in loaded.pools.values()}), 'pool')}; {_count(len(loaded.expects), 'expectation')} tried, and all hold"
    )
    for line in bounds(loaded):
        click.echo(line)


def bounds(loaded: Loaded) -> Iterator[str]:
    """Say how long a dead address may be answered: for every access domain, or for those where it takes longest."""
    if not any(address.checks for address in loaded.addresses.values()):
        yield "no address has a check, so one that dies is never noticed"
        return
    templates = {name: probe.template for name, probe in loaded.probes.items()}
    found = [bound(domain, templates) for domain in loaded.service.domains.values() if domain.schedules]
    if len(found) > _MOST:
        found.sort(key=lambda one: -one.seconds if one.seconds is not None else -inf)
        yield f"of {len(found)} access domains, those in which a dead address may be answered for longest:"
    yield from map(show, found[:_MOST])


def disappointed(loaded: Loaded) -> Iterator[str]:
    """Ask every ``[[expect]]``, and yield a line for each that does not hold."""
    now = time.time()
    for expect in loaded.expects:
        client = Client.of(expect.client) if expect.client else Client.of("0.0.0.0/0")
        if expect.line:
            client = Client(client.address, 0, expect.line)
        world = supposed(loaded, expect.down, now)
        told = explain(loaded.service, expect.question, client, world, now)
        if told.records != frozenset(expect.answer):
            file, line = expect.where
            who = f"line {expect.line}" if expect.line else str(expect.client)
            reason = f" ({told.reason})" if told.reason else ""
            yield (
                f"{file}:{line}: [[expect]] {expect.question} from {who}: "
                f"may answer {_list(told.records)}{reason}, expected {_list(expect.answer)}"
            )


def _list(records: frozenset[str] | tuple[str, ...]) -> str:
    return ", ".join(sorted(records)) or "nothing"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
