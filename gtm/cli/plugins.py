"""``gtm plugins``."""

from pathlib import Path

import click

from gtm.cli.corefile import argument, loaded_or_exit
from gtm.dns import name


@click.command()
@argument
def plugins(corefile: Path) -> None:
    """Show the chain of each zone in running order: each plugin, the hooks that it serves, and where it came from."""
    loaded = loaded_or_exit(corefile, warn=False)
    for zone, origins in loaded.origins.items():
        click.secho(f"zone {name.show(zone)}", bold=True)
        width = max((len(plugin) for plugin, _, _ in origins), default=0)
        hooks_width = max((len(", ".join(hooks)) for _, _, hooks in origins), default=0)
        for plugin, source, hooks in origins:
            click.echo(
                f"  {click.style(plugin.ljust(width), fg='cyan')}  {', '.join(hooks).ljust(hooks_width)}  {source}"
            )
    for probe in loaded.probes.values():
        click.echo(f"template {probe.template.name}: probed by {probe.plugin}")
    for channel in loaded.channels:
        click.echo(f"alert: {channel.label} hears of {', '.join(sorted(channel.events))}")
