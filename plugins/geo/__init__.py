"""``geo``: where a client is, from MaxMind databases."""

from collections.abc import Collection
from pathlib import Path
from typing import ClassVar

from gtm import Client, Options, Place, Plugin, Setup, hookimpl

from .database import Database, load
from .lookup import locate


class GeoOptions(Options, frozen=True):
    """Keys of the plugin's table."""

    databases: list[str]


class Geo(Plugin):
    """Fills in continent, country, subdivision, city, AS and its holder from any number of databases."""

    name: ClassVar[str] = "geo"
    Options: ClassVar[type[Options]] = GeoOptions

    def __init__(self, options: GeoOptions, setup: Setup) -> None:
        """Read the databases into memory, once for all chains; PluginFault when one of them can't serve."""
        self._paths = tuple(setup.folder / text for text in options.databases)
        self._databases = tuple(self._shared(path, setup) for path in self._paths)

    @staticmethod
    def _shared(path: Path, setup: Setup) -> Database:
        return setup.once(("geo", path), lambda: load(path))

    @hookimpl
    def classify(self, client: Client, place: Place) -> Place | None:
        """Look the client's first address up; pass when there is no database at all."""
        return locate(self._databases, client.address, place) if self._databases else None

    def files(self) -> Collection[Path]:
        """List the databases."""
        return self._paths
