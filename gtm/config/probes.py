"""Templates: each with the plugin that its protocol names, ready to probe."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from gtm.config import parse
from gtm.config.checks import NO_PORT
from gtm.config.discover import Found, is_path
from gtm.config.loaded import Probe
from gtm.config.maker import Maker
from gtm.config.report import Report
from gtm.config.schema import TemplateTable
from gtm.config.tables import Entry, Named
from gtm.config.wording import listed, quote, unknown
from gtm.model.member import Kind
from gtm.model.template import Template

_HOOK: Final = "probe"
_SHARED: Final = frozenset(TemplateTable.__struct_encode_fields__)
_DNS: Final = 53


@dataclass(frozen=True, slots=True)
class Probes:
    """Every template that can be probed by name, and the port of each: 0 for none, None where a check must say it, ``NO_PORT`` where it must not."""

    ready: Mapping[str, Probe]
    ports: Mapping[str, int | None]


def build(entries: Named[TemplateTable], maker: Maker, report: Report) -> Probes:
    """Make the plugin of each template."""
    ready: dict[str, Probe] = {}
    ports: dict[str, int | None] = {}
    for name, entry in entries.items():
        found = None if entry is None else _found(entry, maker, report)
        if entry is None or found is None:
            continue
        port = entry.table.port
        usual = found.plugin.port if found.plugin.has_port else NO_PORT
        ports[name] = usual if port is None else port
        probe = _probe(name, entry, found, maker, report)
        if probe is not None:
            ready[name] = probe
    return Probes(ready, ports)


def _found(entry: Entry[TemplateTable], maker: Maker, report: Report) -> Found | None:
    protocol, at = entry.table.protocol, entry.at.to("protocol")
    if not protocol:
        return None
    if not is_path(protocol) and protocol not in maker.names:
        report.fault(at, unknown(protocol, "a protocol", maker.able(_HOOK)))
        return None
    found = maker.serving(_HOOK, protocol, at)
    if found is not None and (twice := _SHARED.intersection(found.plugin.Options.__struct_encode_fields__)):
        report.fault(at, f"plugin {quote(found.plugin.name)} has options that every template has: {listed(twice)}")
        return None
    return found


def _probe(name: str, entry: Entry[TemplateTable], found: Found, maker: Maker, report: Report) -> Probe | None:
    table, at = entry.table, entry.at
    resolver = None
    if table.resolver is not None:
        resolver = report.attempt(at.to("resolver"), parse.server, table.resolver, _DNS)
    if table.port is not None and not found.plugin.has_port:
        report.fault(at.to("port"), f"{quote(table.protocol)} has no ports; leave it out")
    options = maker.options(found, entry.rest, at, _SHARED)
    made = None if options is None else maker.hook(found, options, at, _HOOK)
    if made is None:
        return None
    plugin, (_, function) = made
    if table.confirm is not None and table.confirm >= table.interval:
        report.warn(at.to("confirm"), f"{table.confirm:g} s is no sooner than the interval, {table.interval:g} s")
    template = Template(
        name=name,
        protocol=table.protocol,
        interval=table.interval,
        timeout=table.timeout,
        fall=table.fall,
        rise=table.rise,
        confirm=table.confirm,
        failure_rate=table.failure_rate,
        family=Kind(table.family),
        resolver=resolver,
        hold=table.hold,
    )
    return Probe(template, plugin.name, function, plugin.at_once)
