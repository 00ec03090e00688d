"""The last resort: when nobody may serve, clients still get an answer (R-80 to R-86)."""

from collections.abc import Iterable
from ipaddress import ip_address

from gtm import Domain, Ending, Facts, Group, NoData, Plugin, Ranking, Record, Records, Tier, codes, hookimpl, name

from .resort import lasting, serving, to_pools


class Rescue(Plugin):
    """Answers as an access domain's ``when_all_down`` says, when every pool of it is unavailable."""

    name = "rescue"

    @hookimpl
    def rescue(self, group: Group, facts: Facts) -> Ranking | Ending | None:
        """Name the pool in an access domain, and all of its addresses in the pool; or end the query as is asked for."""
        if not isinstance(group, Domain):
            return Ranking((Tier.of(*serving(group, facts)),))
        wanted = group.when_all_down
        if wanted == "zone":
            return None
        if wanted == "none":
            return NoData()
        if isinstance(wanted, tuple):
            return _records(group, ((group.qtype, _rdata(value, group.qtype)) for value in wanted))
        if wanted == "last" and (last := lasting(group, facts)):
            return _records(group, ((address.kind.rtype, address.rdata) for address in last))
        pools = to_pools(group, facts)
        return Ranking(tuple(Tier.of(pool) for pool in pools)) if pools else None


def _records(domain: Domain, found: Iterable[tuple[int, bytes]]) -> Records:
    return Records(tuple(Record(domain.name, rtype, domain.ttl, rdata) for rtype, rdata in found))


def _rdata(value: str, rtype: int) -> bytes:
    return name.parse(value) if rtype == codes.CNAME else ip_address(value).packed
