"""``gtm serve``."""

import asyncio
import contextlib
import errno
import logging
import resource
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click

from gtm.cli.corefile import argument
from gtm.cli.stderr import Stderr
from gtm.config.fault import Faults
from gtm.config.load import load
from gtm.config.source import Source, read
from gtm.processes import single
from gtm.processes.rights import Denied
from gtm.processes.snapshot import Start, last
from gtm.processes.supervisor import Supervisor

log = logging.getLogger("gtm")
_FILES: Final = 65536


@click.command()
@argument
@click.option("-v", "--verbose", is_flag=True, help="Say more.")
@click.option("--strict", is_flag=True, help="Refuse to start with a faulty COREFILE, whatever was kept.")
@click.option(
    "--state",
    envvar="STATE_DIRECTORY",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where the last good configuration is looked for when COREFILE is too faulty to say it.",
)
def serve(corefile: Path, *, verbose: bool, strict: bool, state: Path | None) -> None:
    """Answer queries as COREFILE says (default: Corefile.toml), until SIGTERM or Ctrl-C.

    A changed Corefile, zone file or database is loaded anew by itself ([server] watch = false switches that off) and on
    SIGHUP. A faulty one changes nothing: the log says why, and the old configuration keeps answering. If it is faulty
    at the start, the last good one answers, which is kept in the [server] state folder.

    One process probes and tells of what it sees, [server] workers others answer; workers = 0 makes one of all.
    """
    logging.basicConfig(
        handlers=[Stderr()], level=logging.DEBUG if verbose else logging.INFO, format="%(levelname)s %(message)s"
    )
    logging.getLogger("asyncio").setLevel(logging.WARNING)
    start = _start(corefile, state, is_strict=strict)
    _widen()
    try:
        status = Supervisor(start).run() if start.loaded.server.workers else asyncio.run(single.serve(start))
    except Denied as fault:
        click.secho(f"{corefile}: {fault}", fg="red", err=True)
        status = 2
    except OSError as fault:
        hint = "; start as root and name a [server] user" if fault.errno == errno.EACCES else ""
        click.secho(f"{corefile}: [server] listen: {fault.strerror}{hint}", fg="red", err=True)
        status = 2
    sys.exit(status)


def _start(corefile: Path, state: Path | None, *, is_strict: bool) -> Start:
    """Load what is to be served; exit with status 2 when there is nothing that can be."""
    try:
        loaded = load(corefile)
    except Faults as faults:
        found = None if is_strict else _older(corefile, state, faults)
        if found is None:
            for fault in faults.faults:
                click.secho(str(fault), fg="red", err=True)
            sys.exit(2)
        _warn(found, faults)
        return found
    for warning in loaded.warnings:
        click.secho(f"warning: {warning}", fg="yellow", err=True)
    return Start(corefile, loaded, time.time())


def _warn(found: Start, faults: Faults) -> None:
    for fault in faults.faults:
        log.error("configuration refused: %s", fault)
    moment = datetime.fromtimestamp(found.since, UTC)
    log.error("answering as last good configured, at %s; mend the Corefile and it is taken over", f"{moment:%F %TZ}")


def _older(corefile: Path, state: Path | None, faults: Faults) -> Start | None:
    """Find the last good configuration where it may be: in the folder that is told, or that the Corefile can still name."""
    folders = dict.fromkeys([*([state] if state else []), *_named(corefile)])
    return next(filter(None, (last(corefile, folder, faults) for folder in folders)), None)


def _named(corefile: Path) -> Iterator[Path]:
    """Yield the state folder that a faulty Corefile names, and the one that most have, beside it."""
    source = read(corefile)
    server = source.data.get("server") if isinstance(source, Source) else None
    named = server.get("state") if isinstance(server, dict) else None
    if isinstance(named, str) and named.isprintable():
        yield corefile.parent / named
    yield corefile.parent / "state"


def _widen() -> None:
    """Take as many open files as this process may have: probes and connections are many."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(hard, _FILES)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
