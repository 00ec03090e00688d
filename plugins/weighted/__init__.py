"""By weight: one member for each query, in proportion (R-58, R-73)."""

from typing import Literal

from gtm import Group, Options, Plugin, Ranking, Setup, Share, Tier, hookimpl


class WeightedOptions(Options, frozen=True):
    """How to draw."""

    draw: Literal["cycle", "random"] = "cycle"


class Weighted(Plugin):
    """Answers with one member at a time, each as often as its weight says among those that may serve."""

    name = "weighted"
    policies = ("weighted",)
    Options = WeightedOptions

    def __init__(self, options: WeightedOptions, setup: Setup) -> None:
        """Take the way to draw."""
        super().__init__(options, setup)
        self._at_random = options.draw == "random"

    @hookimpl
    def rank(self, group: Group) -> Ranking | None:
        """Put all members into one tier, each with its weight."""
        if group.policy != self.name:
            return None
        shares = tuple(Share(member, member.weight) for member in group.members)
        return Ranking((Tier(shares, give="one", at_random=self._at_random),))
