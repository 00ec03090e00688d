"""``geo``: where a client is, from MaxMind databases."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import ClassVar, Literal

from gtm import Client, Options, Place, Plugin, PluginFault, Setup, hookimpl

from .database import Database, load
from .lookup import locate


class GeoOptions(Options, frozen=True):
    """Keys of the plugin's table."""

    databases: list[str]
    tells: tuple[Literal["country", "asn"], ...] = ("country",)


class Geo(Plugin):
    """Fills in continent, country, subdivision, city, AS and its holder from any number of databases."""

    name: ClassVar[str] = "geo"
    Options: ClassVar[type[Options]] = GeoOptions

    def __init__(self, options: GeoOptions, setup: Setup) -> None:
        """Read the databases into memory, once for all chains; PluginFault when what is there can't serve."""
        self._paths = tuple(setup.folder / text for text in options.databases)
        found = {path: self._shared(path, setup) for path in self._paths}
        self._data = {path: one.built if one else None for path, one in found.items() if not one or one.ages}
        self._databases = tuple(one for path in self._paths if (one := found[path]))
        known = {word for one in self._databases for word in one.tells}
        if all(found.values()) and found and (lacking := [word for word in options.tells if word not in known]):
            kinds = ", ".join(f'"{one.kind}"' for one in self._databases)
            raise PluginFault(
                f"no database tells {' or '.join(lacking)} (tells); the types are {kinds}", self._paths[0]
            )

    @staticmethod
    def _shared(path: Path, setup: Setup) -> Database | None:
        return setup.once(("geo", path), lambda: load(path) if _is_there(path, setup) else None)

    @hookimpl
    def classify(self, client: Client, place: Place) -> Place | None:
        """Look the client's first address up; pass when there is no database at all."""
        return locate(self._databases, client.address, place) if self._databases else None

    def files(self) -> Collection[Path]:
        """List the databases."""
        return self._paths

    def data(self) -> Mapping[Path, float | None]:
        """Tell when each was built."""
        return self._data


def _is_there(path: Path, setup: Setup) -> bool:
    try:
        path.stat()
    except FileNotFoundError:
        setup.missing(path, f'database "{path}" is missing, so nothing is known from it; it is read when it is there')
        return False
    except OSError:
        return True  # loading it says why it can't be read
    return True
