"""Alerts: who is told of what, each with the plugin that tells, and whether an access domain has its own (R-112)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

import msgspec

from gtm.config.decode import no_key
from gtm.config.discover import is_path
from gtm.config.domains import Placed
from gtm.config.loaded import Channel
from gtm.config.maker import Maker
from gtm.config.report import Report
from gtm.config.schema import AlertTable
from gtm.config.source import At
from gtm.config.tables import Entry, split
from gtm.config.wording import quote
from gtm.model.event import EVENTS, OF_SERVER

_HOOK: Final = "notify"
_SHARED: Final = AlertTable.__struct_encode_fields__


@dataclass(frozen=True, slots=True)
class Channels:
    """Every channel, and the keys of access domains that have their own, if only none."""

    channels: tuple[Channel, ...]
    alone: frozenset[str]


def build(entries: Sequence[Entry[AlertTable]], placed: Sequence[Placed], maker: Maker, report: Report) -> Channels:
    """Make the plugins of every ``[[alert]]``, and of the access domains' own."""
    reader = _Reader(maker, report)
    found = [channel for entry in entries for channel in reader.channels(entry, None)]
    alone = set()
    for one in placed:
        written = one.entry.table.alerts
        if written is None:
            continue
        alone.add(one.domain.key)
        for position, raw in enumerate(written):
            at = one.entry.at.to("alerts", position)
            entry = None if raw is None else split(raw, AlertTable, at, report)
            if entry is not None:
                found += reader.channels(entry, one.domain.key)
    return Channels(tuple(found), frozenset(alone))


class _Reader:
    def __init__(self, maker: Maker, report: Report) -> None:
        self._maker = maker
        self._report = report
        self._keys: dict[str, int] = {}
        self._labels: dict[str, int] = {}

    def channels(self, entry: Entry[AlertTable], domain: str | None) -> Iterator[Channel]:
        """Make what one table says: a channel for each plugin that it names."""
        events = frozenset(EVENTS if entry.table.events is None else entry.table.events)
        if not events:
            self._report.warn(entry.at.to("events"), "no events, so nobody is told of anything")
        for event in sorted({*OF_SERVER} & {*(entry.table.events or ())} if domain is not None else ()):
            said = f"{quote(event)} concerns no access domain; an [[alert]] may hear of it"
            self._report.warn(entry.at.to("events"), said)
        if not entry.rest:
            self._report.fault(entry.at, 'nobody is told; name a plugin that tells, such as webhook = "http://…"')
        for use, said in entry.rest.items():
            channel = self._channel(use, said, entry.at, events, domain)
            if channel is not None:
                yield channel

    def _channel(self, use: str, said: Any, at: At, events: frozenset[str], domain: str | None) -> Channel | None:
        place = at.to(use)
        if not is_path(use) and use not in self._maker.names:
            self._report.fault(place, no_key(use, [*_SHARED, *self._maker.able(_HOOK)]))
            return None
        found = self._maker.serving(_HOOK, use, place)
        if found is None:
            return None
        if isinstance(said, str) and found.plugin.short:
            said = {found.plugin.short: said}
        if not isinstance(said, dict):
            wish = "a text or a table of options" if found.plugin.short else "a table of options"
            what = "a text" if isinstance(said, str) else quote(said)  # it may be a URL with a password
            self._report.fault(place, f"{what} is not {wish}")
            return None
        options = self._maker.options(found, said, place)
        made = None if options is None else self._maker.hook(found, options, place, _HOOK)
        if made is None:
            return None
        plugin, (_, function) = made
        label = self._maker.guarded(place, plugin.name, plugin.label)
        if label is not None and not (isinstance(label, str) and label and label.isprintable()):
            self._report.fault(place, f"plugin {quote(plugin.name)}: its label is {quote(label)}, not a line of text")
            label = None
        if label is None:
            return None
        return Channel(self._key(domain, plugin.name, said), self._label(label), events, domain, function)

    def _label(self, label: str) -> str:
        """Tell channels apart that call themselves the same, by their order."""
        self._labels[label] = self._labels.get(label, 0) + 1
        return label if self._labels[label] == 1 else f"{label} #{self._labels[label]}"

    def _key(self, domain: str | None, plugin: str, said: dict[str, Any]) -> str:
        """Name a channel by what the Corefile says of it, so that what waits for it finds it again after a restart."""
        octets = msgspec.json.encode([domain, plugin, said], order="deterministic", enc_hook=str)
        key = f"{plugin}-{sha256(octets).hexdigest()[:12]}"
        self._keys[key] = self._keys.get(key, 0) + 1
        return key if self._keys[key] == 1 else f"{key}-{self._keys[key]}"
