"""Loading the Corefile for a command: faults go to standard error, one a line, and end it with status 2."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from gtm.config.fault import Faults
from gtm.config.load import load
from gtm.config.loaded import Loaded

argument: Callable[[Any], Any] = click.argument(
    "corefile", default="Corefile.toml", type=click.Path(path_type=Path, dir_okay=False)
)
option: Callable[[Any], Any] = click.option(
    "-c",
    "--corefile",
    default="Corefile.toml",
    type=click.Path(path_type=Path, dir_okay=False),
    show_default=True,
    help="The configuration to use.",
)


def loaded_or_exit(path: Path, *, warn: bool = True) -> Loaded:
    """Load, tell of warnings, and exit with status 2 when there is any fault."""
    try:
        loaded = load(path)
    except Faults as faults:
        for fault in faults.faults:
            click.secho(str(fault), fg="red", err=True)
        sys.exit(2)
    for warning in loaded.warnings if warn else ():
        click.secho(f"warning: {warning}", fg="yellow", err=True)
    return loaded
