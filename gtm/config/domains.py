"""Access domains: tables to model values, with the laws between a domain and its pools (R-12, R-13, R-65)."""

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
    for entry in tables.domains:
        domain = builder.domain(entry)
        first = entry.at if domain is None else places.setdefault((domain.name, domain.qtype), entry.at)
        if first is not entry.at:
            said = f"{entry.table.name} {entry.table.type}"
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


class _Domains:
    def __init__(self, tables: Tables, pools: Mapping[str, Pool], report: Report) -> None:
        self._entries = tables.pools
        self._pools = pools
        self._report = report

    def domain(self, entry: Entry[DomainTable]) -> Domain | None:
        """Build an access domain; a pool with a fault is left out of it. None when its name or type has a fault."""
        at, table = entry.at, entry.table
        owner = self._report.attempt(at.to("name"), parse.domain_name, table.name) if table.name else None
        members = self._members(entry)
        self._doubts(entry, members)
        if table.type in _KINDS and len(members) == len(table.pools):
            self._laws(entry, members)
        if owner is None or table.type not in _KINDS:
            return None
        return Domain(
            name=owner,
            qtype=codes.type_number(table.type),
            members=members,
            ttl=table.ttl,
            policy=table.policy,
            preemptive=table.preemptive is not False,
            enabled=table.enabled,
            when_all_down=self._when_all_down(entry),
            keep_at_least=table.keep_at_least,
        )

    def _when_all_down(self, entry: Entry[DomainTable]) -> str | tuple[str, ...]:
        """Read what is answered when nobody may serve; addresses must be of the domain's kind."""
        said, mnemonic, at = entry.table.when_all_down, entry.table.type, entry.at.to("when_all_down")
        if isinstance(said, str):
            return said
        values: list[str] = []
        for position, text in enumerate(said):
            found = self._report.attempt(at.to(position), parse.endpoint, text)
            if found and codes.type_text(found[0].rtype) != mnemonic:
                kind = f"{quote(text)} is of kind {found[0].value}"
                self._report.fault(at.to(position), f"{kind}; an access domain of type {mnemonic} can't answer with it")
            elif found and found[1] in values:
                self._report.fault(at.to(position), f"{quote(text)} is named twice; leave one out")
            elif found:
                values.append(found[1])
        if not said:
            self._report.fault(at, 'no address; write "none" if nothing is to be answered')
        if mnemonic == "CNAME" and len(said) > 1:
            self._report.fault(at, "a CNAME has one target; leave one")
        return tuple(values)

    def _members(self, entry: Entry[DomainTable]) -> tuple[Member, ...]:
        found: list[Member] = []
        for position, element in enumerate(entry.table.pools):
            if element is None:
                continue
            at = entry.at.to("pools", position)
            wanted = Membership(pool=element) if isinstance(element, str) else element
            name_at = at if isinstance(element, str) else at.to("pool")
            if not known(self._entries, wanted.pool, "a pool", name_at, self._report):
                continue
            pool = self._pools.get(wanted.pool)
            if pool is not None and self._fits(pool, found, entry.table.type, name_at):
                found.append(Member(pool, position + 1, wanted.weight, wanted.lines))
        return tuple(found)

    def _fits(self, pool: Pool, members: Sequence[Member], mnemonic: str, at: At) -> bool:
        """Check a pool's kind against the type (R-12), and that it is named once."""
        kinds = _KINDS.get(mnemonic, _ANY_KIND)
        if pool.members and pool.kind not in kinds:
            wanted = " or ".join(kind.value for kind in kinds)
            said = f"{quote(pool.name)} is a pool of kind {pool.kind.value}"
            self._report.fault(at, f"{said}; an access domain of type {mnemonic} takes {wanted}")
            return False
        twin = next((member for member in members if member.item is pool), None)
        if twin is not None:
            where = f"is named already, as #{twin.position}"
            self._report.fault(at, f"{quote(pool.name)} {where}; name a pool once, with all of its lines")
        return twin is None

    def _doubts(self, entry: Entry[DomainTable], members: Sequence[Member]) -> None:
        doubt(entry, members, self._report)
        if entry.table.ttl < _SHORT_TTL:
            said = f"{entry.table.ttl} s is a short TTL; resolvers will ask again at almost every query"
            self._report.warn(entry.at.to("ttl"), said)
        if not _filled(members):
            reason = "only empty pools" if members else "no pool"
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
