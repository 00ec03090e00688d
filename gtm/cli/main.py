"""The ``gtm`` command."""

import os
from importlib import import_module
from typing import Final

import click

COMMANDS: Final = {
    "check": "is the Corefile right, and does it do what it is said to do?",
    "serve": "answer queries, and probe who is up",
    "status": "what does the server believe, and why?",
    "alerts": "what happened, and who was told?",
    "drain": "take members out of the answers, as planned",
    "force": "say by hand that members are up, or down",
    "release": "take back what drain and force said",
    "drill": "let a pool fail on purpose: how long until nobody is sent there?",
    "explain": "why does a client get the answer that it gets?",
    "plugins": "what runs, in which order, and where it came from",
    "geo": "get a newer database of places, safely",
}
"""Each is a function in a module of its name, and what it is for; in the order in which one comes to want them."""


class Commands(click.Group):
    """Imports a command when it is asked for: to ask a server needs little of what a server is made of."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  as inherited
        """List them in their order."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  as inherited
        """Find one; None where there is none of this name."""
        if cmd_name not in COMMANDS:
            return None
        found: click.Command = getattr(import_module(f"gtm.cli.{cmd_name}"), cmd_name)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  as inherited
        """Say what each is for, without importing it."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="gtm-dns", prog_name="gtm")
@click.pass_context
def main(context: click.Context) -> None:
    """Answer DNS queries by the state of the world: a traffic manager in which every behaviour is a plugin.

    Everything is configured in one file, Corefile.toml. gtm COMMAND --help tells how each is used.
    """
    if os.environ.get("NO_COLOR"):  # https://no-color.org
        context.color = False
