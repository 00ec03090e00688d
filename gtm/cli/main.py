"""The ``gtm`` command."""

import click

from gtm.cli.check import check
from gtm.cli.explain import explain
from gtm.cli.geo import geo
from gtm.cli.plugins import plugins
from gtm.cli.serve import serve


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="gtm-dns", prog_name="gtm")
def main() -> None:
    r"""Answer DNS queries by the state of the world: a traffic manager in which every behaviour is a plugin.

    Everything is configured in one file, Corefile.toml. A first quarter of an hour:

    \b
      gtm check                                  is the file right, and does it do what it is said to do?
      gtm serve                                  answer queries
      gtm explain www.example.com --from 192.0.2.1
                                                 why does this client get that answer?
      gtm plugins                                what runs, in which order, and where it came from
      gtm geo update URL geodata/city.mmdb       get a newer database of places, safely
    """


for command in (serve, check, explain, plugins, geo):
    main.add_command(command)
