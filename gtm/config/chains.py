"""Zones: each entry of a chain to a plugin object, and the chain compiled."""

import os
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from gtm.chain import chain as compiling
from gtm.chain.chain import Chain
from gtm.chain.plugin import Networks, Plugin, PluginFault, Setup
from gtm.config import parse
from gtm.config.decode import decode
from gtm.config.discover import Found, NotFound, Plugins
from gtm.config.fault import Fault
from gtm.config.loaded import Origin
from gtm.config.report import Report
from gtm.config.schema import ZoneTable
from gtm.config.source import At
from gtm.config.tables import Entry
from gtm.config.wording import quote, raised
from gtm.dns import name
from gtm.dns.name import Name


@dataclass(slots=True)
class Zone:
    """What is known of a zone while it is loaded. ``lacks`` tells that a plugin of its chain could not be had."""

    at: At
    policies: set[str] = field(default_factory=set)
    lines: set[str] = field(default_factory=set)
    lacks: bool = False
    plugins: list[tuple[Plugin, str]] = field(default_factory=list)
    chain: Chain | None = None

    @property
    def origins(self) -> tuple[Origin, ...]:
        """Tell of each plugin where it came from and which hooks it has."""
        return tuple(Origin(plugin.name, origin, _hooks(plugin, self.chain)) for plugin, origin in self.plugins)
