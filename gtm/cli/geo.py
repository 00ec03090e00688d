"""``gtm geo``."""

from pathlib import Path

import click

from gtm.control.geo import UpdateFault, update


@click.group()
def geo() -> None:
    """Databases of places."""


@geo.command("update")
@click.argument("url")
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--timeout", default=30.0, show_default=True, help="Seconds that the server may take to say something.")
def geo_update(url: str, target: Path, *, timeout: float) -> None:
    """Fetch a MaxMind database (.mmdb, .mmdb.gz or .tar.gz) from URL, and put it in the place of TARGET.

    The new file is checked before it takes the old one's place; on any fault the old one stays, and the exit status is 1.
    A running server picks the new one up by itself. An account and its key are read from GTM_GEO_USER and
    GTM_GEO_PASSWORD.
    """
    try:
        click.echo(update(url, target, timeout=timeout))
    except UpdateFault as fault:
        raise click.ClickException(str(fault)) from fault
