"""What policies say: who may serve, in which order and in which shares; and who may not, and why."""

import msgspec

from gtm.model.member import MAX_WEIGHT, Give, Member


class Share(msgspec.Struct, frozen=True):
    """A member and its weight within a tier, 0 to 65535."""

    member: Member
    weight: int = 1

    def __post_init__(self) -> None:
        if isinstance(self.weight, bool) or not isinstance(self.weight, int) or not 0 <= self.weight <= MAX_WEIGHT:
            raise ValueError(f"weight {self.weight!r} is not a whole number within 0 to {MAX_WEIGHT}")


class Tier(msgspec.Struct, frozen=True):
    """Members of equal rank: all of them in rotation, or one of them in proportion to its weight.

    Where every weight is 0 all count alike. ``at_random`` draws each time anew instead of through exact cycles.
    """

    shares: tuple[Share, ...]
    give: Give = "all"
    at_random: bool = False

    @classmethod
    def of(cls, *members: Member, give: Give = "all") -> "Tier":
        """Make a tier in which everybody counts alike."""
        return cls(tuple(Share(member) for member in members), give)


class Ranking(msgspec.Struct, frozen=True):
    """Tiers, best first; the walk takes the first in which anyone is admitted. No tier at all means "mine, and empty".

    ``hold`` asks the server to remember the member that is chosen, and to show it as ``facts.held`` from then on (R-57).
    """

    tiers: tuple[Tier, ...] = ()
    hold: bool = False


class Refusal(msgspec.Struct, frozen=True):
    """A member may not serve now; the reason is for people."""

    reason: str
