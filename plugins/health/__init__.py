"""Who is well enough to serve (R-20 to R-36)."""

from gtm import Address, Facts, Member, Plugin, Refusal, address_refused, hookimpl, pool_refused


class HealthFilter(Plugin):
    """Keeps out addresses that are down, and pools with too few addresses that are up."""

    name = "health"

    @hookimpl
    def admit(self, member: Member, facts: Facts) -> Refusal | None:
        """Judge an address by its mode and health, a pool by its addresses."""
        item = member.item
        reason = address_refused(item, facts) if isinstance(item, Address) else pool_refused(item, facts)
        return Refusal(reason) if reason else None
