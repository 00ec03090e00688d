"""Finding plugins: by entry point, or in a file within the folder that ``plugin_dir`` names.

Only the Corefile and what it includes name code, and a file outside of that folder is never run.
"""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Final

import msgspec

from gtm.chain.plugin import Plugin
from gtm.config.wording import listed, quote, quote_path, raised, unknown

GROUP: Final = "gtm.plugins"


class NotFound(ValueError):
    """A plugin can't be had; the message says why."""


@dataclass(frozen=True, slots=True)
class Found:
    """A plugin's class, and where it came from: ``gtm-dns 0.1.0 (gtm_plugins.geo)``, or a file."""

    plugin: type[Plugin]
    origin: str
    file: Path | None = None


class Plugins:
    """The plugins of one load. A file is run once in a load, and anew in the next."""

    def __init__(self, folder: Path | None) -> None:
        """Load files from within ``folder`` only; None forbids them all."""
        self._folder = folder
        self._files: dict[Path, Found | str] = {}
        self._loaded: dict[str, Found] = {}

    def find(self, use: str, beside: Path) -> Found:
        """Give the plugin of this name or path; NotFound says what is wrong with it.

        A path is relative to the plugin folder, or to ``beside``, the folder of the file that names it.
        """
        if not is_path(use):
            return self._loaded.get(use) or self._loaded.setdefault(use, self._installed(use))
        file = self._within(use, beside)
        if file not in self._files:
            try:
                self._files[file] = _from_file(file, use)
            except NotFound as fault:
                self._files[file] = str(fault)
        found = self._files[file]
        if isinstance(found, str):
            raise NotFound(found)
        return found

    @cached_property
    def installed(self) -> Mapping[str, list[EntryPoint]]:
        """Every entry point of the group, by name."""
        found: dict[str, list[EntryPoint]] = {}
        for point in entry_points(group=GROUP):
            if all(point.value != other.value for other in found.setdefault(point.name, [])):
                found[point.name].append(point)
        return found

    def _installed(self, use: str) -> Found:
        points = self.installed.get(use)
        if not points:
            raise NotFound(unknown(use, "a plugin", self.installed))
        if len(points) > 1:
            both = listed([_distribution(point) for point in points])
            raise NotFound(f"{quote(use)} is a plugin of several packages, {both}; remove all but one")
        point = points[0]
        try:
            plugin = point.load()
        except (Exception, SystemExit) as fault:
            raise NotFound(f"plugin {quote(use)} does not load: {raised(fault)}") from fault
        if not _is_plugin(plugin):
            raise NotFound(f"plugin {quote(use)}: {point.value} is not a class that derives from gtm.Plugin")
        _check(plugin, use)
        if plugin.name != use:
            raise NotFound(f"plugin {quote(use)} calls itself {quote(plugin.name)}; both names must be the same")
        return Found(plugin, f"{_distribution(point)} ({point.module})")

    def _within(self, use: str, beside: Path) -> Path:
        if self._folder is None:
            raise NotFound(f"{quote(use)} is a file, and no folder is allowed; name one as plugin_dir in [server]")
        if Path(use).is_absolute() or "\0" in use:
            raise NotFound(f"{quote(use)} is no relative path; a plugin's file is within plugin_dir")
        folder = os.path.realpath(self._folder)
        found = [Path(os.path.realpath(base / use)) for base in (self._folder, beside)]
        within = [file for file in found if file.is_relative_to(folder)]
        if not within:
            raise NotFound(f"{quote(use)} lies outside of plugin_dir, {quote_path(self._folder)}; move the file there")
        file = next((file for file in within if os.path.isfile(file)), None)  # noqa: PTH113  no name is too long for it
        if file is None:
            raise NotFound(f"there is no file {quote(use)} in plugin_dir, {quote_path(self._folder)}")
        return file


def is_path(use: str) -> bool:
    """Tell a file from a plugin's name."""
    return "/" in use or os.sep in use or use.endswith(".py")


def _distribution(point: EntryPoint) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist else point.value


def _is_plugin(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Plugin)


def _from_file(file: Path, use: str) -> Found:
    module = _run(file, use)
    own = [value for value in vars(module).values() if _is_plugin(value) and value.__module__ == module.__name__]
    plugins = list(dict.fromkeys(own))
    if len(plugins) != 1:
        what = f"defines {len(plugins)} plugins" if plugins else "defines no plugin"
        raise NotFound(f"{quote(use)} {what}; it must define one class that derives from gtm.Plugin")
    _check(plugins[0], use)
    return Found(plugins[0], str(file), file)


def _run(file: Path, use: str) -> ModuleType:
    """Run a file as a module of its own. Its compiled form is not kept: a file may change twice within a second."""
    module = ModuleType(f"gtm.plugin_dir:{file}")
    module.__file__ = str(file)
    before = sys.modules.get(module.__name__)
    sys.modules[module.__name__] = module  # where type hints are looked up
    try:
        exec(compile(file.read_bytes(), str(file), "exec"), vars(module))  # noqa: S102  what plugin_dir is for
    except (Exception, SystemExit) as fault:
        del sys.modules[module.__name__]
        if before is not None:
            sys.modules[module.__name__] = before
        raise NotFound(f"{quote(use)} does not load: {raised(fault)}") from fault
    return module


def _check(plugin: type[Plugin], use: str) -> None:
    """Check what a class must say of itself."""
    name = getattr(plugin, "name", None)
    if not isinstance(name, str) or not name:
        raise NotFound(f'{quote(use)}: class {plugin.__name__} has no name; give it one, such as name = "mine"')
    if not isinstance(plugin.Options, type) or not issubclass(plugin.Options, msgspec.Struct):
        raise NotFound(f"{quote(use)}: the Options of class {plugin.__name__} do not derive from gtm.Options")
    if not isinstance(plugin.policies, tuple) or not all(isinstance(policy, str) for policy in plugin.policies):
        raise NotFound(f"{quote(use)}: the policies of class {plugin.__name__} are not a tuple of texts")
    wrong = _misfit(plugin)
    if wrong is not None:
        raise NotFound(f"{quote(use)}: {wrong[0]} of class {plugin.__name__} is {wrong[1]}")


def _misfit(plugin: type[Plugin]) -> tuple[str, str] | None:
    """Find what a class says of its probes and its options that can't be: the word, and what is wrong with it."""
    port, at_once, short = plugin.port, plugin.at_once, plugin.short
    if port is not None and (type(port) is not int or not 0 <= port <= 65535):
        return "port", f"{quote(port)}, neither None nor a whole number from 0 to 65535"
    if type(at_once) is not int or at_once < 1:
        return "at_once", f"{quote(at_once)}, not a whole number of 1 or more"
    if short and short not in plugin.Options.__struct_encode_fields__:
        return "short", f"{quote(short)}, not one of its options"
    return None
