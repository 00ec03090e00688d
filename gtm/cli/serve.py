"""``gtm serve``."""

import asyncio
import logging
import sys
from pathlib import Path

import click

from gtm.cli.corefile import argument, loaded_or_exit
from gtm.config.loaded import Loaded
from gtm.serve.server import Server


@click.command()
@argument
@click.option("-v", "--verbose", is_flag=True, help="Say more.")
def serve(corefile: Path, *, verbose: bool) -> None:
    """Answer queries as COREFILE says (default: Corefile.toml), until SIGTERM or Ctrl-C.

    A changed Corefile, zone file or database is loaded anew by itself ([server] watch = false switches that off) and on
    SIGHUP. A faulty one changes nothing: the log says why, and the old configuration keeps answering.
    """
    logging.basicConfig(
        stream=sys.stderr, level=logging.DEBUG if verbose else logging.INFO, format="%(levelname)s %(message)s"
    )
    logging.getLogger("asyncio").setLevel(logging.WARNING)
    loaded = loaded_or_exit(corefile)
    sys.exit(asyncio.run(_serve(corefile, loaded)))


async def _serve(path: Path, loaded: Loaded) -> int:
    server = Server(path, loaded)
    server.heed()
    try:
        await server.start()
    except OSError as fault:
        click.secho(f"{path}: [server] listen: {fault.strerror}", fg="red", err=True)
        return 2
    await server.run()
    return 0
