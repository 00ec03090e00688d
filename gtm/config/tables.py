"""All tables of a Corefile and of the files that it includes, decoded; what they refer to is not looked at here."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

from gtm.config import parse
from gtm.config.decode import decode
from gtm.config.report import Report
from gtm.config.schema import (
    AlertTable,
    Corefile,
    DomainTable,
    ExpectTable,
    LineTable,
    PoolTable,
    ServerTable,
    SharedTable,
    Table,
    TemplateTable,
    ZoneTable,
)
from gtm.config.source import At, Source
from gtm.config.wording import quote, unknown

T = TypeVar("T", bound=Table)

_TOP: Final = tuple(Corefile.__struct_fields__)


@dataclass(frozen=True, slots=True)
class Entry(Generic[T]):
    """A table and where it stands."""

    at: At
    table: T
    rest: Mapping[str, Any] = field(default_factory=dict)
    """Keys of this table that a plugin declares, not we."""


Named = Mapping[str, Entry[T] | None]
"""Tables by name; None for one whose faults left nothing of it. Its name is known all the same."""


@dataclass(frozen=True, slots=True)
class Tables:
    """A whole configuration as tables."""

    server: Entry[ServerTable]
    zones: Sequence[Entry[ZoneTable]]
    domains: Sequence[Entry[DomainTable]]
    alerts: Sequence[Entry[AlertTable]]
    expects: Sequence[Entry[ExpectTable]]
    templates: Named[TemplateTable]
    pools: Named[PoolTable]
    addresses: Named[SharedTable]
    lines: Named[LineTable]


def server(corefile: Source, report: Report) -> Entry[ServerTable]:
    """Decode ``[server]``, or what it is where nothing is said."""
    at = At(corefile, ("server",))
    table = decode(corefile.data.get("server", {}), ServerTable, at, report)
    return Entry(at, table or ServerTable())


def merge(sources: Sequence[Source], head: Entry[ServerTable], report: Report) -> Tables:
    """Decode every other table of the Corefile, which comes first, and of the files that it includes."""
    for source in sources:
        _strangers(source, report, is_included=source is not sources[0])
    return Tables(
        server=head,
        zones=_listed(sources, "zone", ZoneTable, report),
        domains=_listed(sources, "domain", DomainTable, report),
        alerts=_listed(sources, "alert", AlertTable, report),
        expects=_listed(sources, "expect", ExpectTable, report),
        templates=_named(sources, "templates", TemplateTable, report),
        pools=_named(sources, "pools", PoolTable, report),
        addresses=_named(sources, "addresses", SharedTable, report),
        lines=_named(sources, "lines", LineTable, report),
    )


def _strangers(source: Source, report: Report, *, is_included: bool) -> None:
    for key, value in source.data.items():
        at = At(source, (key,))
        if key == "server" and is_included:
            report.fault(at, "an included file can't have this table; it belongs in the Corefile")
        elif key not in _TOP:
            is_table = isinstance(value, dict | list)
            outside = f"{quote(key)} stands outside of every table; move it into one"
            report.fault(at, unknown(key, "a table of a Corefile", _TOP) if is_table else outside)


def _listed(sources: Sequence[Source], kind: str, wanted: type[T], report: Report) -> list[Entry[T]]:
    found = []
    for source in sources:
        tables = source.data.get(kind, [])
        if not _is_array_of_tables(tables):
            report.fault(At(source, (kind,)), f"this is an array of tables; write each as [[{kind}]]")
            continue
        for position, raw in enumerate(tables):
            at = At(source, (kind, position))
            entry = split(raw, wanted, at, report)
            if entry is not None:
                found.append(entry)
    return found


def _is_array_of_tables(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(table, dict) for table in value)


def _named(sources: Sequence[Source], kind: str, wanted: type[T], report: Report) -> Named[T]:
    found: dict[str, Entry[T] | None] = {}
    places: dict[str, At] = {}
    for source in sources:
        tables = source.data.get(kind, {})
        if not isinstance(tables, dict):
            report.fault(At(source, (kind,)), f"this is a table of tables; write each as [{kind}.NAME]")
            continue
        for name, raw in tables.items():
            at = At(source, (kind, name))
            if name in places:
                report.fault(at, f"{quote(name)} is defined twice; first at {places[name]}")
                continue
            places[name] = at
            report.attempt(at, parse.title, name)
            found[name] = split(raw, wanted, at, report)
    return found


def split(raw: Any, wanted: type[T], at: At, report: Report) -> Entry[T] | None:
    """Decode a table; where plugins declare keys of it as well, what is not ours is left to them."""
    rest: dict[str, Any] = {}
    if wanted in (TemplateTable, AlertTable) and isinstance(raw, dict):
        own = wanted.__struct_encode_fields__
        raw, rest = {key: raw[key] for key in raw if key in own}, {key: raw[key] for key in raw if key not in own}
    table = decode(raw, wanted, at, report)
    return None if table is None else Entry(at, table, rest)


def known(names: Collection[str], word: str, kind: str, at: At, report: Report) -> bool:
    """Tell whether a name is among those known; a fault with the nearest when it is not."""
    if word in names:
        return True
    report.unknown(at, word, kind, names)
    return False
