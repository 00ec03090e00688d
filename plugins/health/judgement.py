"""Who is available: addresses by mode and health, pools by their addresses."""

from collections.abc import Callable

from gtm import Address, Mode, Pool, meets


def address_refused(address: Address, healthy: Callable[[Address], bool]) -> str | None:
    """Say why an enabled address is not available (R-21 to R-23), or None when it is."""
    match address.mode:
        case Mode.UP:
            return None
        case Mode.DOWN:
            return "its mode is down"
        case Mode.AUTO:
            return None if healthy(address) else "it is down"


def pool_refused(pool: Pool, healthy: Callable[[Address], bool], *, count_disabled: bool) -> str | None:
    """Say why a pool is not available (R-30, R-31, R-35, R-36), or None when it is."""
    addresses = [member.item for member in pool.members if isinstance(member.item, Address)]
    enabled = [address for address in addresses if address.enabled]
    total = len(addresses if count_disabled else enabled)
    available = sum(address_refused(address, healthy) is None for address in enabled)
    if not addresses:
        return "it has no address"
    if meets(available, total, pool.healthy_when):
        return None
    wanted = f"{pool.healthy_when} %" if pool.healthy_when else "one"
    return f"{available} of {total} addresses are available, and {wanted} must be"
