"""``gtm check``."""

import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from math import inf
from pathlib import Path
from typing import Final, NamedTuple

import click

from gtm.chain.explain import explain
from gtm.cli.corefile import argument, loaded_or_exit
from gtm.cli.supposed import supposed
from gtm.config.loaded import Loaded, Probe
from gtm.control.overrides import Noted, Overrides
from gtm.control.problems import aging
from gtm.health.bound import Bound, bound, show
from gtm.health.brake import LEAST, Limit
from gtm.health.heed import ignored
from gtm.health.table import State
from gtm.model.place import Client

_MOST: Final = 20
"""Access domains of which the bound is told at most."""


@click.command()
@argument
def check(corefile: Path) -> None:
    """Check COREFILE (default: Corefile.toml) without starting anything.

    Every fault is listed at once, with its file, line, table and key; also those of the file of overrides, where there is
    one. Then each [[expect]] is asked, and what it expects is compared with every record that might be answered. Last, for each access domain, how long a client may still be
    sent to an address that has died, at worst, and of what that time is made.

    Exit status: 0 when all is well, 1 when an expectation does not hold, 2 when there is a fault.
    """
    loaded = loaded_or_exit(corefile)
    for words in aging(loaded, time.time()):
        click.secho(f"warning: {words}", fg="yellow", err=True)
    noted = overridden(loaded)
    for warning in noted.warnings:
        click.secho(f"warning: {warning}", fg="yellow", err=True)
    for fault in noted.faults:
        click.secho(str(fault), fg="red", err=True)
    if noted.faults:
        sys.exit(2)
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


def overridden(loaded: Loaded) -> Noted:
    """Read the file of overrides as a server would; one that is not there yet is no fault."""
    file = loaded.server.overrides
    if file is None or not file.exists():
        return Noted()
    return Overrides(loaded, None).read(file, State(), time.time())


def bounds(loaded: Loaded) -> Iterator[str]:
    """Say how long a dead address may be answered: for every access domain, or for those where it takes longest."""
    if not any(address.checks for address in loaded.addresses.values()):
        yield "no address has a check, so one that dies is never noticed"
        return
    queues = list(_queues(loaded))
    found = list(_bounded(loaded, queues))
    if len(found) > _MOST:
        found.sort(key=lambda one: -one.seconds if one.seconds is not None else -inf)
        yield f"of {len(found)} access domains, those in which a dead address may be answered for longest:"
    yield from map(show, found[:_MOST])
    for queue in queues:
        if queue.seconds:
            yield f"probes queue where more than {queue.at_once} of {queue.checks} by {queue.plugin} hang at once"
    if loaded.server.brake:
        brake = Limit.of(loaded.server.brake, (probe.template for probe in _used(loaded)))
        yield (
            f"and for as long as the brake is on: where more than {brake.percent} % of the checked addresses, "
            f"{LEAST} at least, fail within {brake.window:g} s, no other is taken out"
        )


class _Queue(NamedTuple):
    """The probes of a plugin: how many there are, how many are under way at most, and how long one can wait for its turn."""

    plugin: str
    checks: int
    at_once: int
    seconds: float


def _used(loaded: Loaded) -> list[Probe]:
    """List how each check is probed."""
    checks = {check.key: check.template for address in loaded.addresses.values() for check in address.checks}
    return [loaded.probes[template] for template in checks.values()]


def _queues(loaded: Loaded) -> Iterator[_Queue]:
    used = _used(loaded)
    for plugin, number in Counter(probe.plugin for probe in used).items():
        own = [probe for probe in used if probe.plugin == plugin]
        rounds = (number - 1) // own[0].at_once
        yield _Queue(plugin, number, own[0].at_once, rounds * max(probe.template.timeout for probe in own))


def _bounded(loaded: Loaded, queues: Iterable[_Queue]) -> Iterator[Bound]:
    """Compute the bound of each access domain that answers."""
    templates = {name: probe.template for name, probe in loaded.probes.items()}
    waiting = {queue.plugin: queue.seconds for queue in queues}
    waits = {name: waiting.get(probe.plugin, 0.0) for name, probe in loaded.probes.items()}
    for domain in loaded.service.domains.values():
        chain = loaded.service.chain(domain.name)
        if domain.schedules and chain:
            unheard = ignored(loaded.service, domain, time.time())
            yield bound(domain, templates, waits, ignored=unheard, rescues=bool(chain.rescue))


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
