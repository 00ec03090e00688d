"""Corefile.toml to a frozen tree, or every fault in it at once.

The order: read the files, decode the tables, build pools and access domains, then the chains, then check what each says
of the others. A file that could not be parsed ends it after the tables, for half of the names would be missing.
"""

import gc
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import chain, groupby
from operator import attrgetter
from pathlib import Path

from gtm.chain.chain import Service, steered_names
from gtm.chain.plugin import Setup
from gtm.config import channels, domains, foreign, include, pools, probes, settings, tables
from gtm.config.chains import Chains, Zone
from gtm.config.discover import Plugins
from gtm.config.domains import Placed
from gtm.config.expects import Expects
from gtm.config.fault import Fault, Faults
from gtm.config.laws import Laws
from gtm.config.loaded import Loaded
from gtm.config.maker import Maker
from gtm.config.report import Report
from gtm.config.source import read
from gtm.config.tables import Tables
from gtm.dns.name import Name


def load(path: Path, lacking: frozenset[Path] | None = None) -> Loaded:
    """Load a Corefile; Faults, with all that is wrong, when it can't be served.

    ``lacking`` are the data files that the configuration which runs does without; no other may be missing. None at a start:
    any may be.
    """
    with _no_collector():
        return _load(path, lacking)


@contextmanager
def _no_collector() -> Iterator[None]:
    """Hold the garbage collector: next to nothing here becomes garbage, and it would walk the growing tree again and again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _load(path: Path, lacking: frozenset[Path] | None) -> Loaded:
    corefile = read(path)
    own = frozenset((_absolute(path),))
    if isinstance(corefile, Fault):
        raise Faults((corefile,), own)
    report = Report(path)
    head = tables.server(corefile, report)
    sources, tried = include.included(head, report)
    report.is_torn = len(sources) < len(tried)
    merged = tables.merge((corefile, *sources), head, report)
    loaded = _build(merged, own | frozenset(map(_absolute, tried)), lacking, report)
    if report.faults:
        raise Faults(report.faults, loaded.files)
    return loaded


def _build(merged: Tables, files: frozenset[Path], lacking: frozenset[Path] | None, report: Report) -> Loaded:
    server = settings.server(merged.server, report)
    lines = settings.networks(merged.lines, report)
    maker = Maker(Plugins(server.plugin_dir), Setup(lines=lines, commands=server.command_dir, lacking=lacking), report)
    ready = probes.build(merged.templates, maker, report)
    built = pools.build(merged, ready.ports, server.probe_deny, report)
    entries = settings.zones(merged.zones, report)
    placed, strays = domains.build(merged, built.pools, entries, report)
    chains = Chains(maker, report)
    steered = _steered(placed)
    zones = {zone: chains.build(zone, entry, steered.get(zone, frozenset())) for zone, entry in entries.items()}
    chains.check(merged.zones, entries.values())
    laws = Laws(zones, merged.lines, report)
    laws.placed(placed)
    laws.strays(strays)
    laws.pools(merged.pools, placed)
    expects = Expects(merged, built.pools.values(), zones, report).read()
    named = [zone.files for zone in zones.values()]
    told = channels.build(merged.alerts, placed, maker, report)
    service = _service(zones, placed)
    return Loaded(
        server=server,
        service=service,
        expects=expects,
        pools=built.pools,
        addresses=built.addresses,
        probes=ready.ready,
        channels=told.channels,
        alone=told.alone,
        warnings=report.warnings,
        files=files.union(map(_absolute, chain(settings.files(merged.server), maker.files, *named))),
        origins={zone: found.origins for zone, found in zones.items()},
        data={key: built for zone in zones.values() for key, built in zone.data.items()},
        foreign=foreign.gather(chain.from_iterable(zone.foreign for zone in zones.values()), service, report),
    )


def _service(zones: Mapping[Name, Zone], placed: Iterable[Placed]) -> Service:
    chains = {name: zone.chain for name, zone in zones.items()}
    return Service(chains, {(found.domain.name, found.domain.qtype): found.domain for found in placed})


def _steered(placed: Iterable[Placed]) -> Mapping[Name, frozenset[Name]]:
    """Give for each zone the names at which something is scheduled."""
    ordered = sorted(placed, key=attrgetter("zone"))
    grouped = groupby(ordered, attrgetter("zone"))
    return {zone: steered_names([one.domain for one in ours]) for zone, ours in grouped}


def _absolute(path: Path) -> Path:
    """Make a path absolute and leave links in it: what they point to may be exchanged."""
    return Path(os.path.abspath(path))  # noqa: PTH100  Path.resolve would follow links
