"""Access domains: tables to model values, with the laws between a domain and its pools (R-12, R-13, R-65).

A table of two types becomes two access domains, each of which takes from a pool of both kinds what is of its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from gtm.config import parse
from gtm.config.pools import doubt, has_default
from gtm.config.report import Report
from gtm.config.schema import NEAREST, ROUND_ROBIN, DomainTable, Membership
from gtm.config.source import At
from gtm.config.tables import Entry, Tables, known
from gtm.config.wording import listed, quote
from gtm.dns import codes, name
from gtm.dns.name import Name
from gtm.model.member import Domain, Kind, Member, Pool
from gtm.model.place import DEFAULT_LINE

_SHORT_TTL: Final = 5
_KINDS: Final = {
    "A": (Kind.IPV4, Kind.DOMAIN),
    "AAAA": (Kind.IPV6, Kind.DOMAIN),
    "CNAME": (Kind.DOMAIN,),
}
_ANY_KIND: Final = tuple(Kind)


@dataclass(frozen=True, slots=True)
class Placed:
    """An access domain, the zone that it lies in, and where it is written."""

    domain: Domain
    zone: Name
    entry: Entry[DomainTable]


def zone_of(wanted: Name, zones: Mapping[Name, object]) -> Name | None:
    """Find the zone that a name lies in: the longest that matches."""
    return next((zone for zone in name.ancestry(wanted) if zone in zones), None)


def build(
    tables: Tables, pools: Mapping[str, Pool], zones: Mapping[Name, object], report: Report
) -> tuple[list[Placed], list[Entry[DomainTable]]]:
    """Build every access domain: those that lie in a zone, and the tables of those that could not be placed."""
    builder = _Domains(tables, pools, report)
    placed: list[Placed] = []
    strays: list[Entry[DomainTable]] = []
    places: dict[tuple[Name, int], At] = {}
    for entry, mnemonic in ((each, one) for each in tables.domains for one in _types(each, report)):
        domain = builder.domain(entry, mnemonic)
        first = entry.at if domain is None else places.setdefault((domain.name, domain.qtype), entry.at)
        if first is not entry.at:
            said = f"{entry.table.name} {mnemonic}"
            report.fault(entry.at, f"{quote(said)} is defined twice; first at {first}")
        zone = None if domain is None else zone_of(domain.name, zones)
        if domain is None or zone is None or first is not entry.at:
            strays.append(entry)
        else:
            placed.append(Placed(domain, zone, entry))
        if domain is not None and zone is None and (zones or not tables.zones) and not report.is_torn:
            where = (
                f"none of the zones; known: {listed([*map(name.show, zones)])}"
                if zones
                else "no zone; write a [[zone]]"
            )
            report.fault(entry.at.to("name"), f"{quote(entry.table.name)} lies in {where}")
    return placed, strays


def _types(entry: Entry[DomainTable], report: Report) -> tuple[str, ...]:
    """List the types of a table; one with a fault is empty."""
    types = entry.table.type
    if isinstance(types, str):
        return (types,)
    if len(set(types)) < len(types):
        report.fault(entry.at.to("type"), f"{quote(types[0])} is named twice; leave one out")
    return tuple(dict.fromkeys(types))


def _is_dual(entry: Entry[DomainTable]) -> bool:
    return not isinstance(entry.table.type, str) and len(entry.table.type) > 1


class _Domains:
    def __init__(self, tables: Tables, pools: Mapping[str, Pool], report: Report) -> None:
        self._entries = tables.pools
        self._pools = pools
        self._report = report

    def domain(self, entry: Entry[DomainTable], mnemonic: str) -> Domain | None:
        """Build an access domain of this type; a pool with a fault is left out of it. None when its name or type has a fault."""
        at, table = entry.at, entry.table
        owner = self._report.attempt(at.to("name"), parse.domain_name, table.name) if table.name else None
        before = self._report.count
        members = self._members(entry, mnemonic)
        self._doubts(entry, mnemonic, members)
        if mnemonic in _KINDS and self._report.count == before and None not in table.pools:
            self._laws(entry, members)
        if owner is None or mnemonic not in _KINDS:
            return None
        return Domain(
            name=owner,
            qtype=codes.type_number(mnemonic),
            members=members,
            ttl=table.ttl,
            policy=table.policy,
            preemptive=table.preemptive is not False,
            enabled=table.enabled,
            when_all_down=self._when_all_down(entry, mnemonic),
            keep_at_least=table.keep_at_least,
        )

    def _when_all_down(self, entry: Entry[DomainTable], mnemonic: str) -> str | tuple[str, ...]:
        """Read what is answered when nobody may serve; addresses must be of the domain's kind."""
        said, at = entry.table.when_all_down, entry.at.to("when_all_down")
        if isinstance(said, str):
            return said
        values: list[str] = []
        for position, text in enumerate(said):
            found = self._report.attempt(at.to(position), parse.endpoint, text)
            if found and found[0] is not Kind.DOMAIN and found[0] not in _KINDS[mnemonic] and _is_dual(entry):
                continue  # it is for the other type
            if found and codes.type_text(found[0].rtype) != mnemonic:
                kind = f"{quote(text)} is of kind {found[0].value}"
                self._report.fault(at.to(position), f"{kind}; an access domain of type {mnemonic} can't answer with it")
            elif found and found[1] in values:
                self._report.fault(at.to(position), f"{quote(text)} is named twice; leave one out")
            elif found:
                values.append(found[1])
        if not said or (not values and _is_dual(entry)):
            which = "no address" if not said else f"no address for type {mnemonic}"
            self._report.fault(at, f'{which}; write "none" if nothing is to be answered')
        if mnemonic == "CNAME" and len(said) > 1:
            self._report.fault(at, "a CNAME has one target; leave one")
        return tuple(values)

    def _members(self, entry: Entry[DomainTable], mnemonic: str) -> tuple[Member, ...]:
        found: list[Member] = []
        for position, element in enumerate(entry.table.pools):
            if element is None:
                continue
            at = entry.at.to("pools", position)
            wanted = Membership(pool=element) if isinstance(element, str) else element
            name_at = at if isinstance(element, str) else at.to("pool")
            if not known(self._entries, wanted.pool, "a pool", name_at, self._report):
                continue
            pool = self._pool(wanted.pool, mnemonic, name_at, is_dual=_is_dual(entry))
            if pool is not None and self._is_new(pool, found, name_at):
                found.append(Member(pool, position + 1, wanted.weight, wanted.lines))
        return tuple(found)

    def _pool(self, title: str, mnemonic: str, at: At, *, is_dual: bool) -> Pool | None:
        """Find a pool, or the half of one, whose kind fits the type (R-12)."""
        kinds = _KINDS.get(mnemonic, _ANY_KIND)
        named = (self._pools.get(each) for each in (title, *(f"{title}/{kind.value}" for kind in Kind)))
        halves = [pool for pool in named if pool is not None]
        fitting = next((pool for pool in halves if pool.kind in kinds or not pool.members), None)
        if fitting is None and halves:
            has = " and ".join(pool.kind.value for pool in halves)
            if is_dual and halves[0].kind is not Kind.DOMAIN:
                self._report.warn(at, f"{quote(title)} has {has} addresses only; type {mnemonic} does without it")
            else:
                wanted = " or ".join(kind.value for kind in kinds)
                said = f"{quote(title)} is a pool of kind {has}"
                self._report.fault(at, f"{said}; an access domain of type {mnemonic} takes {wanted}")
        return fitting

    def _is_new(self, pool: Pool, members: Sequence[Member], at: At) -> bool:
        """Check that a pool is named once."""
        twin = next((member for member in members if member.item is pool), None)
        if twin is not None:
            where = f"is named already, as #{twin.position}"
            self._report.fault(at, f"{quote(pool.title)} {where}; name a pool once, with all of its lines")
        return twin is None

    def _doubts(self, entry: Entry[DomainTable], mnemonic: str, members: Sequence[Member]) -> None:
        doubt(entry, members, self._report)
        if entry.table.ttl < _SHORT_TTL:
            said = f"{entry.table.ttl} s is a short TTL; resolvers will ask again at almost every query"
            self._report.warn(entry.at.to("ttl"), said)
        if not _filled(members):
            reason = "only empty pools" if members else "no pool"
            reason += f" for type {mnemonic}" if _is_dual(entry) else ""
            self._report.warn(entry.at, f"the access domain has {reason}; its zone answers")

    def _laws(self, entry: Entry[DomainTable], members: Sequence[Member]) -> None:
        """Check what the policy asks of all pools together; each of them is sound by itself."""
        at, table = entry.at, entry.table
        kinds = sorted({pool.kind.value for pool in _filled(members)})
        if table.policy == ROUND_ROBIN and len(kinds) > 1:
            said = f"the policy {quote(ROUND_ROBIN)} can't serve pools of kind {' and '.join(kinds)} together"
            self._report.fault(at.to("policy"), f"{said}; choose another, or pools of one kind")
        if table.policy == NEAREST and members and not has_default(members) and not table.without_default:
            wish = "put one on it, or say without_default = true if other clients are to get no answer"
            self._report.fault(at.to("pools"), f"no pool is on the line {quote(DEFAULT_LINE)}; {wish}")


def _filled(members: Sequence[Member]) -> list[Pool]:
    return [member.item for member in members if isinstance(member.item, Pool) and member.item.members]
