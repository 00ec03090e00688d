"""Who is well enough to serve (R-20 to R-36)."""

from gtm import Address, Facts, Member, Options, Plugin, Refusal, Setup, address_refused, hookimpl, pool_refused


class HealthOptions(Options, frozen=True):
    """How to judge pools."""

    count_disabled: bool = True


class HealthFilter(Plugin):
    """Keeps out addresses that are down, and pools with too few addresses that are up."""

    name = "health"
    Options = HealthOptions

    def __init__(self, options: HealthOptions, setup: Setup) -> None:
        """Take the way to judge."""
        super().__init__(options, setup)
        self._count_disabled = options.count_disabled

    @hookimpl
    def admit(self, member: Member, facts: Facts) -> Refusal | None:
        """Judge an address by its mode and health, a pool by its addresses."""
        if isinstance(member.item, Address):
            reason = address_refused(member.item, facts)
        else:
            reason = pool_refused(member.item, facts, count_disabled=self._count_disabled)
        return Refusal(reason) if reason else None
