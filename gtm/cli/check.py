"""``gtm check``."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click

from gtm.chain.explain import explain
from gtm.cli.corefile import argument, loaded_or_exit
from gtm.cli.supposed import supposed
from gtm.config.loaded import Loaded
from gtm.model.place import Client


@click.command()
@argument
def check(corefile: Path) -> None:
    """Check COREFILE (default: Corefile.toml) without starting anything.

    Every fault is listed at once, with its file, line, table and key. Then each [[expect]] is asked, and what it expects
    is compared with every record that might be answered.

    Exit status: 0 when all is well, 1 when an expectation does not hold, 2 when there is a fault.
    """
    loaded = loaded_or_exit(corefile)
    broken = list(disappointed(loaded))
    for line in broken:
        click.secho(line, fg="red", err=True)
    if broken:
        sys.exit(1)
    service = loaded.service
    click.echo(
        f"{corefile}: {_count(len(service.chains), 'zone')}, {_count(len(service.domains), 'access domain')}, "
        f"{_count(len(loaded.pools), 'pool')}; {_count(len(loaded.expects), 'expectation')} tried, and all hold"
    )


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
            yield (
                f"{file}:{line}: [[expect]] {expect.question} from {who}: "
                f"may answer {_list(told.records)}, expected {_list(expect.answer)}"
            )


def _list(records: frozenset[str] | tuple[str, ...]) -> str:
    return ", ".join(sorted(records)) or "nothing"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
