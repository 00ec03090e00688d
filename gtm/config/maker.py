"""Making plugins: the class that a word names, its options, the object, and whatever a stranger's code raises on the way."""

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import replace
from inspect import iscoroutinefunction
from pathlib import Path
from typing import Any, TypeVar

from gtm.chain import chain as compiling
from gtm.chain.chain import Hook
from gtm.chain.plugin import Options, Plugin, PluginFault, Setup
from gtm.config.decode import decode, no_key
from gtm.config.discover import Found, NotFound, Plugins
from gtm.config.fault import Fault
from gtm.config.report import Report
from gtm.config.source import At
from gtm.config.wording import listed, quote, raised
from gtm.dns.name import ROOT

T = TypeVar("T")


class Maker:
    """Makes the plugins of one load. What they build ``once`` is shared by all of them."""

    def __init__(self, plugins: Plugins, base: Setup, report: Report) -> None:
        """Find plugins here, and tell each of them what all are told."""
        self._plugins = plugins
        self._base = base
        self._report = report
        self.files: set[Path] = set()

    def find(self, use: object, at: At) -> Found | None:
        """Find the plugin that a word names; a fault at the place when there is none."""
        if not isinstance(use, str):
            self._report.fault(at, f"{quote(use)} is not a string; it must be a plugin's name or file")
            return None
        try:
            found = self._plugins.find(use, at.source.file.parent)
        except NotFound as fault:
            self._report.fault(at, str(fault))
            return None
        self.files.update((found.file,) if found.file else ())
        return found

    def serving(self, hook: str, use: object, at: At) -> Found | None:
        """Find the plugin that a word names, and see that it has a hook."""
        found = self.find(use, at)
        if found is None or hasattr(found.plugin, hook):
            return found
        self._report.fault(
            at, f"plugin {quote(found.plugin.name)} has no {hook} hook; known: {listed(self.able(hook))}"
        )
        return None

    def able(self, hook: str) -> list[str]:
        """List the installed plugins that have a hook: for saying what would be right."""
        able: list[str] = []
        for name in self._plugins.installed:
            with suppress(NotFound):
                able += [name] if hasattr(self._plugins.find(name, Path()).plugin, hook) else []
        return able

    @property
    def names(self) -> Collection[str]:
        """The plugins that are installed."""
        return self._plugins.installed

    def options(self, found: Found, given: Mapping[str, Any], at: At, also: Collection[str] = ()) -> Options | None:
        """Decode a plugin's options; None when there is a fault in them. ``also`` are keys that the table has besides."""
        before = self._report.count
        fields = found.plugin.Options.__struct_encode_fields__
        for key in given.keys() - set(fields) if also else ():
            self._report.fault(at.to(key), no_key(key, [*fields, *also]))
        known = {key: value for key, value in given.items() if not also or key in fields}
        options = decode(known, found.plugin.Options, at, self._report)
        return options if self._report.count == before else None

    def make(self, found: Found, options: Options, at: At, setup: Setup | None = None) -> Plugin | None:
        """Make a plugin for a place, and see that its hooks are as they should be."""
        own = replace(
            setup or self._base,
            folder=at.source.file.parent,
            lines=self._base.lines,
            commands=self._base.commands,
            shared=self._base.shared,
            lacking=self._base.lacking,
            warn=lambda message: self._report.warn(at, message),
        )
        plugin = self.guarded(at, found.plugin.name, lambda: found.plugin(options, own))
        if plugin is None or self.guarded(at, plugin.name, lambda: compiling.build(own.zone, [plugin])) is None:
            return None
        return plugin

    def hook(self, found: Found, options: Options, at: At, hook: str) -> tuple[Plugin, Hook] | None:
        """Make a plugin for one hook of it, which may wait."""
        plugin = self.make(found, options, at)
        if plugin is None:
            return None
        hooks: tuple[Hook, ...] = getattr(compiling.build(ROOT, [plugin]), hook)
        if not hooks or not iscoroutinefunction(getattr(plugin, hook)):
            wrong = "is not async" if hooks else "is not marked with @hookimpl"
            self._report.fault(at, f"plugin {quote(plugin.name)}: {hook} {wrong}")
            return None
        files = self.guarded(at, plugin.name, lambda: frozenset(map(Path, plugin.files())))
        self.files |= files or frozenset()
        return plugin, hooks[0]

    def guarded(self, at: At, plugin: str, call: Callable[[], T]) -> T | None:
        """Call a plugin's code; whatever it raises becomes a fault at its entry, or in the file that it blames."""
        try:
            return call()
        except PluginFault as fault:
            message = " ".join(str(fault).split())
            if fault.file is None:
                self._report.fault(at, message)
            else:
                self._report.add(Fault(fault.file, fault.line, at.table, at.key, message))
        except (Exception, SystemExit) as fault:  # noqa: BLE001  a stranger's code may raise anything
            self._report.fault(at, f"plugin {quote(plugin)} raised {raised(fault)}")
        return None
