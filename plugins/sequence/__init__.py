"""In order: the first that may serve takes all (R-53 to R-57, R-72)."""

from gtm import Facts, Group, Plugin, Ranking, hookimpl

from .order import in_order


class Sequence(Plugin):
    """Answers with the first member that may serve; one that took over keeps serving where the group is not preemptive."""

    name = "sequence"
    policies = ("sequence",)

    @hookimpl
    def rank(self, group: Group, facts: Facts) -> Ranking | None:
        """Give each member a tier of its own."""
        if group.policy != self.name:
            return None
        held = None if group.preemptive else facts.held(group)
        return in_order(group.members, held, hold=not group.preemptive)
