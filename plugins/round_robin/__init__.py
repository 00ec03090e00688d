"""Everybody in turn (R-52, R-71)."""

from gtm import Group, Plugin, Ranking, Tier, hookimpl


class RoundRobin(Plugin):
    """Answers with every member that may serve, the order rotated right by one for each query."""

    name = "round_robin"
    policies = ("round_robin",)

    @hookimpl
    def rank(self, group: Group) -> Ranking | None:
        """Put all members into one tier."""
        return Ranking((Tier.of(*group.members),)) if group.policy == self.name else None
