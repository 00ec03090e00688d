"""The order of a sequence."""

from collections.abc import Iterable

from gtm import Member, Ranking, Tier


def in_order(members: Iterable[Member], held: str | None, *, hold: bool) -> Ranking:
    """Rank by position, the held member (by its key) before all others (R-53, R-55, R-56)."""
    ordered = sorted(members, key=lambda member: (member.key != held, member.position))
    return Ranking(tuple(Tier.of(member) for member in ordered), hold=hold)
