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


@dataclass(frozen=True, slots=True)
class Placed:
    """An access domain, the zone that it lies in, and where it is written."""

    domain: Domain
    zone: Name
    entry: Entry[DomainTable]


def zone_of(wanted: Name, zones: Mapping[Name, object]) -> Name | None:
    """Find the zone that a name lies in: the longest that matches."""
    return next((zone for zone in name.ancestry(wanted) if zone in zones), None)


def domains(tables: Tables, pools: Mapping[str, Pool], zones: Mapping[Name, object], report: Report) -> list[Placed]:
    """Build every access domain that lies in a zone."""
    builder = _Domains(tables, pools, report)
    found: list[Placed] = []
    places: dict[tuple[Name, int], At] = {}
    for entry in tables.domains:
        at, table = entry.at, entry.table
        owner = report.attempt(at.to("name"), parse.domain_name, table.name)
        if owner is None:
            builder.members(entry)
            continue
        domain = builder.domain(owner, entry)
        first = places.setdefault((domain.name, domain.qtype), at)
        zone = zone_of(owner, zones)
        if first is not at:
            report.fault(at, f"{quote(f'{name.show(owner)} {table.type}')} is defined twice; first at {first}")
        elif zone is not None:
            found.append(Placed(domain, zone, entry))
        elif zones and not report.is_torn:
            shown = listed([name.show(other) for other in zones])
            report.fault(at.to("name"), f"{quote(table.name)} lies in none of the zones; known: {shown}")
        elif not tables.zones and not report.is_torn:
            report.fault(at.to("name"), f"{quote(table.name)} lies in no zone: there is no [[zone]]")
    return found


class _Domains:
    def __init__(self, tables: Tables, pools: Mapping[str, Pool], report: Report) -> None:
        self._entries = tables.pools
        self._pools = pools
        self._report = report

    def domain(self, owner: Name, entry: Entry[DomainTable]) -> Domain:
        """Build an access domain; a pool with a fault is left out of it."""
        table = entry.table
        members = self.members(entry)
        if len(members) == len(table.pools):
            self._laws(entry, members)
        if table.ttl < _SHORT_TTL:
            self._report.warn(entry.at.to("ttl"), f"{table.ttl} is short for a TTL; resolvers ask again every time")
        return Domain(
            name=owner,
            qtype=codes.type_number(table.type),
            members=members,
            ttl=table.ttl,
            policy=table.policy,
            preemptive=table.preemptive is not False,
            enabled=table.enabled,
        )

    def members(self, entry: Entry[DomainTable]) -> tuple[Member, ...]:
        """Find the pools that a domain names."""
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
        kinds = _KINDS[mnemonic]
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

    def _laws(self, entry: Entry[DomainTable], members: Sequence[Member]) -> None:
        at, table = entry.at, entry.table
        doubt(entry, members, self._report)
        filled = [member.item for member in members if isinstance(member.item, Pool) and member.item.members]
        if not filled:
            reason = "only empty pools" if members else "no pool"
            self._report.warn(at, f"the access domain has {reason}; its zone answers")
            return
        if table.policy == ROUND_ROBIN and len({pool.kind for pool in filled}) > 1:
            kinds = " and ".join(sorted({pool.kind.value for pool in filled}))
            said = f"pools of kind {kinds} together exclude the policy {quote(ROUND_ROBIN)}"
            self._report.fault(at.to("policy"), f"{said}; choose another, or pools of one kind")
        if table.policy == NEAREST and not has_default(members) and not table.without_default:
            wish = f"put one on it, or say without_default = true if other clients are to get no answer"
            self._report.fault(at.to("pools"), f"no pool is on the line {quote(DEFAULT_LINE)}; {wish}")
