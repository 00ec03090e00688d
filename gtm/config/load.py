"""Corefile.toml to a frozen tree, or every fault in it at once.

The order: read the files, decode the tables, build pools and access domains, then the chains, then check what each says
of the others. A file that could not be parsed ends it after the tables, for half of the names would be missing.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from gtm.chain.chain import Service, steered_names
from gtm.chain.plugin import Networks
from gtm.config import include, parse, tables, unserved
from gtm.config.chains import Chains, Zone
from gtm.config.discover import Plugins
from gtm.config.domains import Placed, domains
from gtm.config.expects import Expects
from gtm.config.fault import Fault, Faults
from gtm.config.laws import Laws
from gtm.config.loaded import Loaded, Server
from gtm.config.pools import pools
from gtm.config.report import Report
from gtm.config.schema import LineTable, ServerTable, ZoneTable
from gtm.config.source import read
from gtm.config.tables import Entry, Named, Tables
from gtm.config.wording import quote
from gtm.dns import name
from gtm.dns.name import Name
from gtm.model.member import Address, Pool
from gtm.model.place import DEFAULT_LINE


def load(path: Path) -> Loaded:
    """Load a Corefile; Faults, with all that is wrong, when it can't be served."""
    corefile = read(path)
    own = frozenset((_absolute(path),))
    if isinstance(corefile, Fault):
        raise Faults((corefile,), own)
    report = Report()
    head = tables.server(corefile, report)
    sources, tried = include.included(head, report)
    files = own | frozenset(map(_absolute, tried))
    is_torn = report.count > 0 and len(sources) < len(tried)
    merged = tables.merge((corefile, *sources), head, report)
    if is_torn:
        raise Faults(report.faults, files)
    loaded = _Load(merged, report).run(files)
    if report.faults:
        raise Faults(report.faults, loaded.files)
    return loaded
