"""What a Corefile may ask for and this version does not do. It is said at every load, so that nobody relies on it."""

from collections.abc import Iterator
from itertools import chain

from gtm.config.addresses import written
from gtm.config.report import Report
from gtm.config.source import At
from gtm.config.tables import Tables


def warn(tables: Tables, report: Report) -> None:
    """Warn of each such thing once."""
    head = tables.server
    if head.table.workers > 1:
        report.warn(head.at.to("workers"), "this version answers from one process")
    if head.table.admin is not None:
        report.warn(head.at.to("admin"), "this version has no admin door")
    if (probing := next(_probing(tables), None)) is not None:
        report.warn(probing, "this version does not probe: an address is up unless its mode says down")
    if tables.alerts:
        report.warn(tables.alerts[0].at, "alerts are not sent by this version")


def _probing(tables: Tables) -> Iterator[At]:
    """Find the places that want probes: a start that waits for them, and checks."""
    head = tables.server
    if head.table.start in ("probe", "last"):
        yield head.at.to("start")
    for entry in chain(tables.pools.values(), tables.addresses.values()):
        if entry is not None and entry.table.checks:
            yield entry.at.to("checks")
    for pool in filter(None, tables.pools.values()):
        yield from (wanted.at.to("checks") for wanted in written(pool) if wanted.table.checks)
