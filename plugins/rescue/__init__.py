"""The last resort: when nobody may serve, clients still get an answer (R-80 to R-86)."""

from gtm import Domain, Group, Plugin, Ranking, Tier, hookimpl

from .resort import serving, to_pools


class Rescue(Plugin):
    """Answers with all addresses of one pool, whatever their health, when every pool is unavailable."""

    name = "rescue"

    @hookimpl
    def rescue(self, group: Group) -> Ranking | None:
        """Name the pool in an access domain, and all of its addresses in the pool."""
        if isinstance(group, Domain):
            pools = to_pools(group)
            return Ranking(tuple(Tier.of(pool) for pool in pools)) if pools else None
        return Ranking((Tier.of(*serving(group)),))
