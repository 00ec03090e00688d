"""Addresses, those of a pool's own and those that several pools name: tables to model values."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, TypeVar

from gtm.chain.plugin import Networks
from gtm.config import parse
from gtm.config.checks import Checks, Wanted
from gtm.config.report import Report
from gtm.config.schema import AddressTable, PoolTable, SharedTable
from gtm.config.source import At
from gtm.config.tables import Entry, Tables, known
from gtm.config.wording import nearest, quote
from gtm.model.member import Address, Check, Mode
from gtm.model.within import within

T = TypeVar("T")

_OF_THE_ENTRY: Final = ("name", "checks", "mode", "enabled", "healthy_when", "probe")


@dataclass(frozen=True, slots=True)
class Written:
    """An address as a pool writes it, and its position from 1. A plain string has a table too, of its value alone."""

    at: At
    position: int
    table: AddressTable
    is_plain: bool


def written(entry: Entry[PoolTable]) -> Iterator[Written]:
    """List what a pool writes, without the elements that could not be decoded."""
    for position, element in enumerate(entry.table.addresses):
        at = entry.at.to("addresses", position)
        if isinstance(element, str):
            yield Written(at, position + 1, AddressTable(value=element), is_plain=True)
        elif element is not None:
            yield Written(at, position + 1, element, is_plain=False)


class Addresses:
    """Builds addresses. One that several pools name is a single value, with a single state."""

    def __init__(self, tables: Tables, checks: Checks, deny: Networks, report: Report) -> None:
        """Build the addresses that have a table of their own. What lies in ``deny`` is not probed."""
        self._deny = deny
        self._entries = tables.addresses
        self._checks = checks
        self._report = report
        inherited = self._inherited(tables)
        self.shared = {name: self._shared(name, entry, inherited[name]) for name, entry in self._entries.items()}

    def find(self, pool: str, wanted: Written, inherited: tuple[Wanted, ...]) -> Address | None:
        """Build what a pool writes, or take the entry that it names. ``inherited`` are the pool's own checks."""
        name = self._named(wanted)
        if wanted.table.address is not None:
            self._entry_only(wanted)
        if name is not None:
            return self.shared.get(name)
        value, at = wanted.table.value, wanted.at if wanted.is_plain else wanted.at.to("value")
        if value is None:
            if wanted.table.address is None:
                wish = 'an IP address or host name; or let "address" name an entry of [addresses]'
                self._report.fault(wanted.at, f'"value" is missing; it must be {wish}')
            return None
        if self._is_misspelt(value, at):
            return None
        return self._address(f"address:{pool}/", Entry(wanted.at, wanted.table), at, inherited)

    def _named(self, wanted: Written) -> str | None:
        """Give the entry that is meant: the one that ``address`` names, or a plain string that is no IP address."""
        name = wanted.table.value if wanted.is_plain else wanted.table.address
        if name is None or name not in self._entries or (wanted.is_plain and parse.is_literal(name)):
            return None
        return name

    def _entry_only(self, wanted: Written) -> None:
        name = wanted.table.address or ""
        if not known(self._entries, name, "an address", wanted.at.to("address"), self._report):
            return
        if wanted.table.value is not None:
            self._report.fault(
                wanted.at.to("value"), f'"address" names {quote(name)} already; leave one of the two out'
            )
        for key in _OF_THE_ENTRY:
            if getattr(wanted.table, key) is not None:
                self._report.fault(
                    wanted.at.to(key), f"{quote(key)} belongs to [addresses.{name}], for every pool alike"
                )

    def _is_misspelt(self, value: str, at: At) -> bool:
        """Tell whether a value without a dot was meant to name an entry."""
        meant = None if "." in value or parse.is_literal(value) else nearest(value, self._entries)
        if meant is None:
            return False
        hint = f"write address = {quote(meant)}" if value == meant else f"did you mean {quote(meant)}?"
        self._report.fault(at, f"{quote(value)} is neither an IP address nor a host name; {hint}")
        return True

    def _inherited(self, tables: Tables) -> defaultdict[str, dict[Wanted, None]]:
        """Collect for each entry the checks of the pools that name it."""
        found: defaultdict[str, dict[Wanted, None]] = defaultdict(dict)
        for pool in tables.pools.values():
            if pool is None or not pool.table.checks:
                continue
            probes = dict.fromkeys(self._checks.parse(pool.table.checks, pool.at.to("checks")))
            for wanted in written(pool):
                if (name := self._named(wanted)) is not None:
                    found[name] |= probes
        return found

    def _shared(self, name: str, entry: Entry[SharedTable] | None, inherited: dict[Wanted, None]) -> Address | None:
        if entry is None:
            return None
        return self._address(f"address:{name}", entry, entry.at.to("value"), tuple(inherited))

    def _address(
        self, key: str, entry: Entry[AddressTable] | Entry[SharedTable], value_at: At, inherited: tuple[Wanted, ...]
    ) -> Address | None:
        """Build an address. A key that ends in a slash is completed by the value."""
        at, table = entry.at, entry.table
        found = self._report.attempt(value_at, parse.endpoint, table.value) if table.value else None
        share = self._maybe(at.to("healthy_when"), parse.percentage, table.healthy_when)
        target = self._maybe(at.to("probe"), parse.target, table.probe)
        if found is None:
            return None
        kind, value = found
        probed, port = target or (value, None)
        checks = self._probed(entry, inherited, port)
        if checks and (network := within(probed, self._deny)) is not None:
            said = f"{quote(probed)} lies in {network}, in which nothing is probed ([server] probe_deny)"
            self._report.fault(
                at.to("probe") if target else value_at, f"{said}; leave its checks out, or probe another"
            )
        return Address(
            key=f"{key}{value}" if key.endswith("/") else key,
            value=value,
            kind=kind,
            name=table.name or "",
            enabled=table.enabled is not False,
            mode=Mode(table.mode or "auto"),
            healthy_when=share or 0,
            checks=tuple(Check(wanted.template, wanted.port, probed) for wanted in checks),
        )

    def _maybe(self, at: At, parse: Callable[[str], T], text: str | None) -> T | None:
        return None if text is None else self._report.attempt(at, parse, text)

    def _probed(
        self, entry: Entry[AddressTable] | Entry[SharedTable], inherited: tuple[Wanted, ...], port: int | None
    ) -> tuple[Wanted, ...]:
        """Read an address's checks, or take its pool's; a port of its own counts where a check says none."""
        written = entry.table.checks
        if written is not None:
            return self._checks.parse(written, entry.at.to("checks"), port)
        return tuple(
            want if want.is_own or not (port and want.port) else want._replace(port=port) for want in inherited
        )
