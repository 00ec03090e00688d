"""Who is available: addresses by mode and health, pools by their addresses, access domains by their pools (R-20 to R-41)."""

from typing import Protocol

from gtm.model.health import Health, meets
from gtm.model.member import Address, Domain, Mode, Pool


class Sight(Protocol):
    """What must be known of the world: facts of a walk, or a state that somebody looks at."""

    def enabled(self, item: Domain | Pool | Address) -> bool:
        """Tell whether an item takes part at all: not disabled, and not drained."""
        ...

    def mode(self, item: Pool | Address) -> Mode:
        """Tell who decides: the operator or health."""
        ...

    def healthy(self, address: Address) -> bool:
        """Tell whether an address's checks let it serve."""
        ...


def address_refused(address: Address, sight: Sight) -> str | None:
    """Say why an address that takes part is not available (R-21 to R-23), or None when it is."""
    match sight.mode(address):
        case Mode.UP:
            return None
        case Mode.DOWN:
            return "its mode is down" if address.mode is Mode.DOWN else "it is forced down"
        case Mode.AUTO:
            return None if sight.healthy(address) else "it is down"


def available(pool: Pool, sight: Sight) -> list[Address]:
    """List the addresses of a pool that may serve, in order."""
    taking_part = (address for address in _addresses(pool) if sight.enabled(address))
    return [address for address in taking_part if address_refused(address, sight) is None]


def pool_refused(pool: Pool, sight: Sight, *, count_disabled: bool = True) -> str | None:
    """Say why a pool that takes part is not available (R-30, R-31, R-35, R-36), or None when it is."""
    addresses = _addresses(pool)
    if not addresses:
        return "it has no address"
    mode = sight.mode(pool)
    if mode is not Mode.AUTO:
        return None if mode is Mode.UP else "it is forced down"
    good = len(available(pool, sight))
    total = len(addresses if count_disabled else [address for address in addresses if sight.enabled(address)])
    if meets(good, total, pool.healthy_when):
        return None
    wanted = f"{pool.healthy_when} %" if pool.healthy_when else "one"
    return f"{good} of {total} addresses are available, and {wanted} must be"


def pool_health(pool: Pool, sight: Sight) -> Health:
    """Derive a pool's health (R-32): whether all of its addresses are available, enough, or too few."""
    if pool_refused(pool, sight) is not None:
        return Health.EXCEPTIONAL
    return Health.OK if len(available(pool, sight)) == len(pool.members) else Health.OK_ALERT


def domain_health(domain: Domain, sight: Sight) -> Health:
    """Derive an access domain's health (R-40): whether all of its pools are available, some, or none."""
    pools = [member.item for member in domain.members if isinstance(member.item, Pool)]
    good = sum(sight.enabled(pool) and pool_refused(pool, sight) is None for pool in pools)
    if not good:
        return Health.EXCEPTIONAL
    return Health.OK if good == len(pools) else Health.OK_ALERT


def _addresses(pool: Pool) -> list[Address]:
    return [member.item for member in pool.members if isinstance(member.item, Address)]
