"""Whether an address lies in one of some networks: those that are not probed, those that are not limited, those that speak for others."""

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address

Network = IPv4Network | IPv6Network


def within(address: str, networks: Iterable[Network]) -> Network | None:
    """Give the first network that an address lies in, or None; an IPv4 address within an IPv6 one counts as itself.

    A host name lies in none: the addresses that it leads to may.
    """
    try:
        found = ip_address(address)
    except ValueError:
        return None
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return next((network for network in networks if found.version == network.version and found in network), None)
