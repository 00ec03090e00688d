"""``lines``: which lines a client is on, by the catalogue and the operator's own networks."""

from collections.abc import Collection
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import ClassVar

from gtm import DEFAULT_LINE, Client, Lines, Options, Place, Plugin, PluginFault, Setup, hookimpl

from .catalogue import Catalogue, build
from .entry import parse
from .membership import Membership, Simulated


class LinesOptions(Options, frozen=True):
    """Keys of the plugin's table."""

    catalogue: str | None = None


class LinesPlugin(Plugin):
    """Puts clients on lines (R-60, R-61); it comes after what finds country and AS."""

    name: ClassVar[str] = "lines"
    Options: ClassVar[type[Options]] = LinesOptions

    def __init__(self, options: LinesOptions, setup: Setup) -> None:
        """Read the catalogue, once for all chains, and add the operator's lines; PluginFault when either is wrong."""
        self._file = setup.folder / options.catalogue if options.catalogue is not None else None
        shared: Catalogue = setup.once(("lines", self._file), lambda: _load(self._file))
        self._catalogue = shared.with_custom(setup.lines)

    @hookimpl
    def classify(self, client: Client, place: Place) -> Place:
        """Supply the client's lines."""
        return replace(place, lines=self._lines(client, place))

    def _lines(self, client: Client, place: Place) -> Lines:
        if client.line is None:
            return Membership(self._catalogue, client.address, place)
        line = self._catalogue.lines.get(client.line)
        return Simulated(line.ancestry if line else ())

    def lines(self) -> Collection[str]:
        """List the catalogue's lines, the operator's, and ``default``."""
        return {*self._catalogue.lines, DEFAULT_LINE}

    def files(self) -> Collection[Path]:
        """Name the operator's catalogue; the one that comes with the server changes with the server."""
        return (self._file,) if self._file else ()


def _load(file: Path | None) -> Catalogue:
    source = file if file is not None else files("gtm_geodata") / "lines.toml"
    try:
        text = source.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PluginFault(f'the catalogue "{source}" can\'t be read: {error}', file) from error
    try:
        return build(parse(text, file))
    except PluginFault as fault:
        raise PluginFault(str(fault), fault.file or file, fault.line) from fault
