"""The ``gtm`` command."""

import os

import click

from gtm.cli.alerts import alerts
from gtm.cli.check import check
from gtm.cli.drain import drain
from gtm.cli.drill import drill
from gtm.cli.explain import explain
from gtm.cli.force import force
from gtm.cli.geo import geo
from gtm.cli.plugins import plugins
from gtm.cli.release import release
from gtm.cli.serve import serve
from gtm.cli.status import status


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="gtm-dns", prog_name="gtm")
@click.pass_context
def main(context: click.Context) -> None:
    r"""Answer DNS queries by the state of the world: a traffic manager in which every behaviour is a plugin.

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


for command in (serve, check, status, alerts, drain, force, release, drill, explain, plugins, geo):
    main.add_command(command)
