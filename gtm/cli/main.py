"""The ``gtm`` command."""

import os
from importlib import import_module
from typing import Final

import click

COMMANDS: Final = (
    "serve",
    "check",
    "status",
    "alerts",
    "drain",
    "force",
    "release",
    "drill",
    "explain",
    "plugins",
    "geo",
)
"""Each is a function in a module of its name."""


class Commands(click.Group):
    """Imports a command when it is asked for: to ask a server needs little of what a server is made of."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  as inherited
        """List them by name."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  as inherited
        """Find one; None where there is none of this name."""
        if cmd_name not in COMMANDS:
            return None
        found: click.Command = getattr(import_module(f"gtm.cli.{cmd_name}"), cmd_name)
        return found


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="gtm-dns", prog_name="gtm")
@click.pass_context
def main(context: click.Context) -> None:
    """Answer DNS queries by the state of the world: a traffic manager in which every behaviour is a plugin.

    Everything is configured in one file, Corefile.toml. A first quarter of an hour:

    \b
      gtm check                                  is the file right, and does it do what it is said to do?
      gtm serve                                  answer queries, and probe who is up
      gtm status                                 what does it believe, and why?
      gtm alerts --since 2h                      what happened, and who was told?
      gtm drain pool:hk --reason "new switch"    take a pool out of the answers, and put it back: gtm release pool:hk
      gtm drill pool:hk                          let a pool fail on purpose: how long until nobody is sent there?
      gtm explain www.example.com --from 192.0.2.1
                                                 why does this client get that answer?
      gtm plugins                                what runs, in which order, and where it came from
      gtm geo update URL geodata/city.mmdb       get a newer database of places, safely
    """
    if os.environ.get("NO_COLOR"):  # https://no-color.org
        context.color = False
