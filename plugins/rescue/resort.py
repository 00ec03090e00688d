"""Who serves when nobody may."""

from collections.abc import Iterator

from gtm import DEFAULT_LINE, Address, Domain, Facts, Kind, Member, Mode, Pool


def serving(pool: Pool, facts: Facts) -> tuple[Member, ...]:
    """List the addresses that the rescue may give: those that take part, and are not taken out by hand (R-83)."""
    return tuple(member for member in pool.members if isinstance(member.item, Address) and _may(member.item, facts))


def to_pools(domain: Domain, facts: Facts) -> list[Member]:
    """Order the pools that have something to give: by number (R-80), the default line first under ``nearest`` (R-81)."""
    able = [m for m in domain.members if isinstance(m.item, Pool) and _may(m.item, facts) and serving(m.item, facts)]
    nearest = domain.policy == "nearest"
    return sorted(able, key=lambda member: (nearest and DEFAULT_LINE not in member.lines, member.position))


def lasting(domain: Domain, facts: Facts) -> tuple[Address, ...]:
    """List the addresses that were available last, as far as they may still be given; of aliases one alone (R-15)."""
    last = facts.last(domain)
    able = {address.key: address for address in _addresses(domain, facts)}
    found = [able[key] for key in last if key in able]
    if found and found[0].kind is Kind.DOMAIN:
        return (found[0],)
    return tuple(address for address in found if address.kind is not Kind.DOMAIN)


def _addresses(domain: Domain, facts: Facts) -> Iterator[Address]:
    for pool in to_pools(domain, facts):
        assert isinstance(pool.item, Pool)
        yield from (member.item for member in serving(pool.item, facts) if isinstance(member.item, Address))


def _may(item: Pool | Address, facts: Facts) -> bool:
    return facts.enabled(item) and facts.mode(item) is not Mode.DOWN
