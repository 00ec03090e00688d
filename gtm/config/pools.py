"""Pools: tables to model values, with the laws within a pool (R-14, R-30) and the doubts that every group shares.

A pool with IPv4 and IPv6 addresses becomes two, one of each kind: whatever is counted in a pool is counted within a kind.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from gtm.chain.plugin import Networks
from gtm.config import parse
from gtm.config.addresses import Addresses, written
from gtm.config.checks import Checks
from gtm.config.report import Report
from gtm.config.schema import NEAREST, SEQUENCE, DomainTable, PoolTable
from gtm.config.source import At
from gtm.config.tables import Entry, Tables
from gtm.config.wording import quote
from gtm.model.member import Address, Kind, Member, Pool
from gtm.model.place import DEFAULT_LINE


@dataclass(frozen=True, slots=True)
class Pools:
    """Every pool by name, a half of one by ``NAME/KIND``, and every address by key."""

    pools: Mapping[str, Pool]
    addresses: Mapping[str, Address]


def build(tables: Tables, ports: Mapping[str, int | None], deny: Networks, report: Report) -> Pools:
    """Build every pool that is not faulty as a whole, and the addresses that no pool names as well.

    ``ports`` are those of the templates that can be used; what lies in ``deny`` is not probed.
    """
    checks = Checks(tables.templates, ports, report)
    addresses = Addresses(tables, checks, deny, report)
    builder = _Pools(addresses, checks, report)
    built = (builder.pools(name, entry) for name, entry in tables.pools.items() if entry is not None)
    pools = {pool.name: pool for pool in chain.from_iterable(built)}
    found = {address.key: address for address in addresses.shared.values() if address is not None}
    items = (member.item for pool in pools.values() for member in pool.members)
    return Pools(pools, found | {item.key: item for item in items if isinstance(item, Address)})


class _Pools:
    def __init__(self, addresses: Addresses, checks: Checks, report: Report) -> None:
        self._addresses = addresses
        self._checks = checks
        self._report = report

    def pools(self, name: str, entry: Entry[PoolTable]) -> Iterator[Pool]:
        """Build a pool, or its halves; an address with a fault is left out."""
        members = self._members(name, entry)
        kinds = list(dict.fromkeys(_kinds(members))) or [Kind.IPV4]
        for kind in kinds:
            own = (member for member in members if isinstance(member.item, Address) and member.item.kind is kind)
            half = tuple(replace(member, position=position) for position, member in enumerate(own, 1))
            is_half = len(kinds) > 1
            pool = self._pool(f"{name}/{kind.value}" if is_half else name, kind, half if is_half else members, entry)
            doubt(entry, pool.members, self._report)
            if len(members) == len(entry.table.addresses):
                self._doubts(pool, entry)
            yield pool

    def _pool(self, name: str, kind: Kind, members: tuple[Member, ...], entry: Entry[PoolTable]) -> Pool:
        table = entry.table
        share = self._report.attempt(entry.at.to("healthy_when"), parse.percentage, table.healthy_when)
        return Pool(
            name=name,
            kind=kind,
            members=members,
            policy=table.policy,
            preemptive=table.preemptive is not False,
            enabled=table.enabled,
            healthy_when=share or 0,
            count_disabled=table.count_disabled,
            keep_at_least=table.keep_at_least,
        )

    def _doubts(self, pool: Pool, entry: Entry[PoolTable]) -> None:
        if not pool.members:
            self._report.warn(entry.at, "the pool has no addresses and is never chosen")
        elif pool.policy == NEAREST and not has_default(pool.members):
            which = "addresses" if pool.name == pool.title else f"{pool.kind.value} addresses"
            said = f"none of its {which} is on the line {quote(DEFAULT_LINE)}; clients elsewhere get none"
            self._report.warn(entry.at, said)

    def _members(self, name: str, entry: Entry[PoolTable]) -> tuple[Member, ...]:
        probes = self._checks.parse(entry.table.checks, entry.at.to("checks")) if entry.table.checks else ()
        members: list[Member] = []
        for wanted in written(entry):
            address = self._addresses.find(name, wanted, probes)
            if address is not None and self._fits(address, members, wanted.at):
                members.append(Member(address, wanted.position, wanted.table.weight, wanted.table.lines))
        return tuple(members)

    def _fits(self, address: Address, members: Sequence[Member], at: At) -> bool:
        """Check an address against those before it: host names by themselves, each endpoint once (R-14)."""
        kind = next(_kinds(members), address.kind)
        if kind is not address.kind and Kind.DOMAIN in (kind, address.kind):
            kinds = f"{quote(address.value)} is of kind {address.kind.value} in a pool of kind {kind.value}"
            self._report.fault(at, f"{kinds}; a pool has either IP addresses or host names")
            return False
        twin = next((member for member in members if _value(member) == address.value), None)
        if twin is not None:
            self._report.fault(
                at, f"{quote(address.value)} is in this pool already, as #{twin.position}; leave one out"
            )
        return twin is None


def _kinds(members: Sequence[Member]) -> Iterator[Kind]:
    return (member.item.kind for member in members if isinstance(member.item, Address))


def _value(member: Member) -> str:
    return member.item.value if isinstance(member.item, Address) else ""


def has_default(members: Sequence[Member]) -> bool:
    """Tell whether anybody is on the default line."""
    return any(DEFAULT_LINE in member.lines for member in members)


def doubt(entry: Entry[PoolTable] | Entry[DomainTable], members: Sequence[Member], report: Report) -> None:
    """Warn of what a group of either level may say and hardly means."""
    table = entry.table
    if table.preemptive is not None and table.policy != SEQUENCE:
        report.warn(
            entry.at.to("preemptive"),
            f"only the policy {quote(SEQUENCE)} reads it, and this one is {quote(table.policy)}",
        )
    if members and table.keep_at_least > len(members):
        said = f"{table.keep_at_least} are to be kept of {len(members)}, so none can be taken out"
        report.warn(entry.at.to("keep_at_least"), said)
    if members and not any(member.weight for member in members):
        report.warn(entry.at, "every weight is 0, so all count alike; give at least one a weight of 1 to 65535")
