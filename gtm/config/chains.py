"""Zones: each entry of a chain to a plugin object, and the chain compiled."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from gtm.chain import chain as compiling
from gtm.chain.chain import HOOKS, Chain
from gtm.chain.plugin import Foreign, Options, Plugin, Setup
from gtm.config.discover import Found
from gtm.config.loaded import Origin
from gtm.config.maker import Maker
from gtm.config.report import Report
from gtm.config.schema import ZoneTable
from gtm.config.source import At
from gtm.config.tables import Entry
from gtm.config.wording import quote
from gtm.dns.name import Name


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone's chain, and what its plugins say that they can do.

    ``foreign`` is what they need to know, and where that is written. ``is_found`` tells that the class of each was found, so that all policies are known; ``is_whole`` that each could be
    made, so that all lines are.
    """

    chain: Chain
    policies: frozenset[str]
    lines: frozenset[str]
    origins: tuple[Origin, ...]
    files: frozenset[Path]
    data: Mapping[tuple[str, Path], float | None]
    foreign: tuple[tuple[At, Foreign], ...]
    is_found: bool
    is_whole: bool


@dataclass(frozen=True, slots=True)
class _Ready:
    """An entry of a chain: where, which plugin, and its options unless these have a fault."""

    at: At
    found: Found
    options: Options | None


@dataclass(slots=True)
class _Growing:
    """What is known of a zone after some of its chain's entries."""

    plugins: list[tuple[Plugin, Found]] = field(default_factory=list)
    policies: set[str] = field(default_factory=set)
    lines: set[str] = field(default_factory=set)
    files: set[Path] = field(default_factory=set)
    data: dict[tuple[str, Path], float | None] = field(default_factory=dict)
    owners: set[Name] = field(default_factory=set)
    foreign: list[tuple[At, Foreign]] = field(default_factory=list)
    is_found: bool = True
    is_whole: bool = True


class Chains:
    """Builds the chains of one load."""

    def __init__(self, maker: Maker, report: Report) -> None:
        """Take plugins from here."""
        self._maker = maker
        self._report = report

    def build(self, zone: Name, entry: Entry[ZoneTable], steered: frozenset[Name]) -> Zone:
        """Build what a zone writes; an entry with a fault is left out."""
        growing = _Growing()
        for ready in self._ready(entry):
            growing.is_found &= ready is not None
            growing.policies.update(ready.found.plugin.policies if ready else ())
            growing.is_whole &= ready is not None and self._add(ready, Setup(zone, steered=steered), growing)
        chain = compiling.build(zone, [plugin for plugin, _ in growing.plugins])
        self._doubt(entry, chain, growing)
        origins = (Origin(plugin.name, found.origin, _hooks(plugin, chain)) for plugin, found in growing.plugins)
        return Zone(
            chain=chain,
            policies=frozenset(growing.policies),
            lines=frozenset(growing.lines),
            origins=tuple(origins),
            files=frozenset(growing.files),
            data=growing.data,
            foreign=tuple(growing.foreign),
            is_found=growing.is_found,
            is_whole=growing.is_whole,
        )

    def check(self, entries: Iterable[Entry[ZoneTable]], built: Iterable[Entry[ZoneTable]]) -> None:
        """Check the chains of zones that were not built, for the name of each has a fault."""
        done = {entry.at for entry in built}
        for entry in entries:
            if entry.at not in done:
                list(self._ready(entry))

    def _doubt(self, entry: Entry[ZoneTable], chain: Chain, growing: _Growing) -> None:
        if not entry.table.chain:
            self._report.warn(entry.at, "the chain is empty, so every question is refused")
        elif growing.is_whole and not chain.fallback:
            self._report.warn(
                entry.at.to("chain"), "no plugin of the chain answers names that are not steered; they are refused"
            )

    def _ready(self, entry: Entry[ZoneTable]) -> Iterator[_Ready | None]:
        """Find the plugin of each entry and decode its options; None for one that has no plugin."""
        for position, element in enumerate(entry.table.chain):
            at = entry.at.to("chain", position)
            written = {"use": element} if isinstance(element, str) else element
            found = None if written is None else self._find(written, at)
            if found is None or written is None:
                yield None
                continue
            given = {key: value for key, value in written.items() if key != "use"}
            yield _Ready(at, found, self._maker.options(found, given, at))

    def _find(self, written: Mapping[str, Any], at: At) -> Found | None:
        use = written.get("use")
        if not isinstance(use, str):
            said = f"{quote(use)} is not a string" if "use" in written else '"use" is missing'
            self._report.fault(at.to("use") if "use" in written else at, f"{said}; it must be a plugin's name or file")
            return None
        return self._maker.find(use, at)

    def _add(self, ready: _Ready, setup: Setup, growing: _Growing) -> bool:
        """Make a plugin, and note what it can do; it is told of the names that those before it answer."""
        at, found, options = ready.at, ready.found, ready.options
        growing.files.update((found.file,) if found.file else ())
        setup = replace(setup, steered=setup.steered | growing.owners)
        plugin = None if options is None else self._maker.make(found, options, at, setup)
        if plugin is None:
            return False
        lines = self._maker.guarded(at, plugin.name, lambda: frozenset(plugin.lines()))
        files = self._maker.guarded(at, plugin.name, lambda: frozenset(map(Path, plugin.files())))
        data = self._maker.guarded(at, plugin.name, lambda: _dated(plugin))
        owners = self._maker.guarded(at, plugin.name, lambda: frozenset(plugin.owners()))
        foreign = self._maker.guarded(at, plugin.name, lambda: [(at, Foreign(*each)) for each in plugin.resolves()])
        if owners:
            self._order(at, plugin.name, growing)
        growing.lines.update(lines or ())
        growing.files.update(files or ())
        growing.data.update({(plugin.name, file): built for file, built in (data or {}).items()})
        growing.owners.update(owners or ())
        growing.foreign += foreign or ()
        growing.plugins.append((plugin, found))
        return None not in (lines, files, data, owners, foreign)

    def _order(self, at: At, name: str, growing: _Growing) -> None:
        """Warn of a plugin with names of its own behind one that may answer for the whole zone: it would never be asked."""
        before = [plugin.name for plugin, _ in growing.plugins if hasattr(plugin, "fallback") and not plugin.owners()]
        if before:
            self._report.warn(
                at, f"{quote(name)} stands behind {quote(before[0])}, which answers first; move it before"
            )


def _dated(plugin: Plugin) -> dict[Path, float | None]:
    return {Path(file): None if built is None else float(built) for file, built in plugin.data().items()}


def _hooks(plugin: Plugin, chain: Chain) -> tuple[str, ...]:
    return tuple(hook for hook in HOOKS if any(name == plugin.name for name, _ in getattr(chain, hook)))
