"""Who serves when nobody may."""

from gtm import DEFAULT_LINE, Address, Domain, Member, Mode, Pool


def serving(pool: Pool) -> tuple[Member, ...]:
    """List the addresses that the rescue may give: enabled, and not taken out by hand (R-83)."""
    return tuple(
        member
        for member in pool.members
        if isinstance(member.item, Address) and member.item.enabled and member.item.mode is not Mode.DOWN
    )


def to_pools(domain: Domain) -> list[Member]:
    """Order the pools that have something to give: by number (R-80), the default line first under ``nearest`` (R-81)."""
    able = [m for m in domain.members if isinstance(m.item, Pool) and m.item.enabled and serving(m.item)]
    nearest = domain.policy == "nearest"
    return sorted(able, key=lambda member: (nearest and DEFAULT_LINE not in member.lines, member.position))
