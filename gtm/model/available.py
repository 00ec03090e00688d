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
    mode = sight.mode(address)
    return address_word(address, mode, mode is Mode.AUTO and sight.healthy(address))


def address_word(address: Address, mode: Mode, healthy: bool) -> str | None:
    """Say why an address is not available that is as healthy as this, or None when it is."""
    if mode is Mode.UP or (mode is Mode.AUTO and healthy):
        return None
    if mode is Mode.AUTO:
        return "it is down"
    return "its mode is down" if address.mode is Mode.DOWN else "it is forced down"


def available(pool: Pool, sight: Sight) -> list[Address]:
    """List the addresses of a pool that may serve, in order."""
    return [address for address in _addresses(pool) if is_available(address, sight)]


def is_available(item: Pool | Address, sight: Sight) -> bool:
    """Tell whether an address or a pool takes part and is not refused (R-20, R-33)."""
    if not sight.enabled(item):
        return False
    return (address_refused(item, sight) if isinstance(item, Address) else pool_refused(item, sight)) is None


def pool_refused(pool: Pool, sight: Sight) -> str | None:
    """Say why a pool that takes part is not available (R-30, R-35, R-36), or None when it is."""
    mode = sight.mode(pool)
    if mode is Mode.DOWN:
        return pool_word(pool, mode, 0, 0)
    return pool_word(pool, mode, len(available(pool, sight)), counted(pool, sight))


def counted(pool: Pool, sight: Sight) -> int:
    """Count the addresses that a pool's ``healthy_when`` is a percentage of (R-31)."""
    return sum(pool.count_disabled or sight.enabled(address) for address in _addresses(pool))


def pool_word(pool: Pool, mode: Mode, good: int, total: int) -> str | None:
    """Say why a pool is not available of whose addresses so many are, or None when it is.

    One that is forced up needs a single one, whatever its ``healthy_when``.
    """
    if not pool.members:
        return "it has no address"
    if mode is Mode.DOWN:
        return "it is forced down"
    percent = 0 if mode is Mode.UP else pool.healthy_when
    if meets(good, total, percent):
        return None
    return f"{good} of {total} addresses are available, and {f'{percent} %' if percent else 'one'} must be"


def group_health(good: int, total: int, percent: int = 0) -> Health:
    """Derive the health of a pool or an access domain of whose members so many are available (R-32, R-40)."""
    if not meets(good, total, percent):
        return Health.EXCEPTIONAL
    return Health.OK if good == total else Health.OK_ALERT


def _addresses(pool: Pool) -> list[Address]:
    return [member.item for member in pool.members if isinstance(member.item, Address)]
