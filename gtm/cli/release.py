"""``gtm release``."""

import click
import msgspec

from gtm.cli.admin import Admin, options
from gtm.cli.drain import mind, told, who
from gtm.control.overrides import EVERYTHING, Done
from gtm.health.override import DONE


@click.command()
@click.argument("targets", nargs=-1, metavar="MEMBER...")
@click.option("--all", "everything", is_flag=True, help="Take back all that commands have said.")
@options
def release(targets: tuple[str, ...], everything: bool, admin: Admin) -> None:
    """Take back what gtm drain and gtm force said on members: health decides again.

    A MEMBER is a pool, an address or an access domain with an override, or a glob of them. What stands in the file of
    overrides is taken out there.

    \b
      gtm release pool:hk
      gtm release 'address:*'
      gtm release --all

    Exit status: 0 when it is done, 1 when there is no such override, 2 when the server can't be asked.
    """
    if everything == bool(targets):
        raise click.UsageError("say which members, or --all")
    body = {"on": (EVERYTHING,) if everything else targets, "by": who()}
    done = msgspec.convert(admin.delete("/overrides", body), Done)
    for override in done.overrides:
        click.echo(f"released: {told(override)}")
    for override in done.kept:
        click.secho(f"{override.on} stays {DONE[override.word]}: it stands at {override.where}", fg="yellow")
    if not done.overrides and not done.kept:
        click.echo("there is no override")
    mind(done, "a restart finds it as before")
