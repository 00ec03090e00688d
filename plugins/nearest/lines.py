"""The order of members for a client on a line."""

from collections.abc import Iterable

from gtm import DEFAULT_LINE, Domain, Group, Member, Ranking, Tier


def lines_of(members: Iterable[Member]) -> frozenset[str]:
    """Collect the lines that members carry, the default line left out."""
    return frozenset(line for member in members for line in member.lines) - {DEFAULT_LINE}


def by_line(group: Group, line: str | None) -> Ranking:
    """Rank the members on a line (None: the client is on none of theirs), then the default line, then the rest.

    Nobody on either line is "mine, and empty" (R-65). The rest serves in access domains only (R-84; R-74 for pools).
    """
    members = sorted(group.members, key=lambda member: member.position)
    own = [member for member in members if line is not None and line in member.lines]
    default = [member for member in members if DEFAULT_LINE in member.lines and member not in own]
    rest: list[Member] = []
    if isinstance(group, Domain) and (own or default):
        rest = [member for member in members if member not in own and member not in default]
    return Ranking(tuple(Tier.of(member) for member in (*own, *default, *rest)))
