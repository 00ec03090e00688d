"""``gtm geo``."""

import os
from pathlib import Path

import click

from gtm.control.geo import Login, Terms, UpdateFault, update


@click.group()
def geo() -> None:
    """Databases of places."""


@geo.command("update")
@click.argument("url")
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--timeout", default=30.0, show_default=True, help="Seconds that the server may be silent.")
@click.option("--expect", default="", metavar="TEXT", help="What the database's type must hold, such as City or ASN.")
@click.option("--allow-older", is_flag=True, help="Take a database even if it is older than the one that stands there.")
@click.option("--user", envvar="GTM_GEO_USER", help="Account, for a server that asks for one.  [env: GTM_GEO_USER]")
def geo_update(url: str, target: Path, timeout: float, expect: str, allow_older: bool, user: str | None) -> None:
    """Fetch a MaxMind database (.mmdb, .mmdb.gz or .tar.gz) from URL, and put it in the place of TARGET.

    The new file is checked before it takes the old one's place; on any fault the old one stays, and the exit status is 1.
    A running server picks the new one up by itself. The account's key is read from GTM_GEO_PASSWORD, so that it stands on
    no command line.
    """
    login = Login(user, os.environ.get("GTM_GEO_PASSWORD", "")) if user else None
    try:
        click.echo(
            update(url, target, timeout=timeout, login=login, terms=Terms(expect=expect, allow_older=allow_older))
        )
    except UpdateFault as fault:
        raise click.ClickException(str(fault)) from fault
