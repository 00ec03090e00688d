"""Plugin ``zone``: answers from a master file for all names that are not steered."""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import ClassVar

from gtm import Ending, Facts, Options, Plugin, PluginFault, Question, Setup, hookimpl

from .advice import advise
from .contents import gather
from .entry import Entry
from .library import Library
from .lookup import find
from .reader import read
from .rules import check
from .tree import grow


class ZoneOptions(Options, frozen=True, kw_only=True):
    """Keys of the plugin's table; exactly one of ``file`` and ``records``."""

    file: str | None = None
    records: str | None = None
    include: bool = False


class ZonePlugin(Plugin):
    """Holds a zone in memory, its endings worked out, and never reads a fact."""

    name: ClassVar[str] = "zone"
    Options: ClassVar[type[Options]] = ZoneOptions

    def __init__(self, options: ZoneOptions, setup: Setup) -> None:
        """Read the zone; PluginFault when it can't be read, or breaks a rule that no zone may break."""
        super().__init__(options, setup)
        file = setup.folder / options.file if options.file is not None else None
        folder = file.parent if file else setup.folder
        self._library = Library(folder if options.include else None)
        entries = self._entries(options, setup, file, folder)
        contents = gather(setup.zone, entries, setup.steered, setup.warn)
        check(contents, file)
        for warning in advise(contents):
            setup.warn(warning)
        self._tree = grow(contents)

    def _entries(self, options: ZoneOptions, setup: Setup, file: Path | None, folder: Path) -> Iterator[Entry]:
        if (file is None) == (options.records is None):
            raise PluginFault("give either file, the path of a master file, or records, its text")
        text = options.records or "" if file is None else self._library.read(file)
        return read(text, setup.zone, self._library, file, folder, setup.warn)

    @hookimpl
    def fallback(self, question: Question, facts: Facts) -> Ending | None:  # noqa: ARG002  as the hook: called without detour
        """Say what the zone says; pass on a name outside it."""
        return find(self._tree, question)

    def files(self) -> Collection[Path]:
        """Name the master file, and the files that it includes."""
        return tuple(self._library.files)
