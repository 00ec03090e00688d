"""``gtm serve``."""

import asyncio
import contextlib
import logging
import resource
import sys
from pathlib import Path
from typing import Final

import click

from gtm.cli.corefile import argument, loaded_or_exit
from gtm.config.loaded import Loaded
from gtm.processes.alone import Server
from gtm.processes.supervisor import Supervisor

_FILES: Final = 65536


@click.command()
@argument
@click.option("-v", "--verbose", is_flag=True, help="Say more.")
def serve(corefile: Path, *, verbose: bool) -> None:
    """Answer queries as COREFILE says (default: Corefile.toml), until SIGTERM or Ctrl-C.

    A changed Corefile, zone file or database is loaded anew by itself ([server] watch = false switches that off) and on
    SIGHUP. A faulty one changes nothing: the log says why, and the old configuration keeps answering.

    One process probes and tells of what it sees, [server] workers others answer; workers = 0 makes one of all.
    """
    logging.basicConfig(
        stream=sys.stderr, level=logging.DEBUG if verbose else logging.INFO, format="%(levelname)s %(message)s"
    )
    logging.getLogger("asyncio").setLevel(logging.WARNING)
    loaded = loaded_or_exit(corefile)
    _widen()
    try:
        status = Supervisor(corefile, loaded).run() if loaded.server.workers else asyncio.run(_alone(corefile, loaded))
    except OSError as fault:
        click.secho(f"{corefile}: [server] listen: {fault.strerror}", fg="red", err=True)
        status = 2
    sys.exit(status)


def _widen() -> None:
    """Take as many open files as this process may have: probes and connections are many."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(hard, _FILES)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


async def _alone(path: Path, loaded: Loaded) -> int:
    server = Server(path, loaded)
    server.heed()
    await server.start()
    await server.run()
    return 0
