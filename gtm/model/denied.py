"""Whether an address may be probed: where nothing is, whatever the Corefile or a redirect names."""

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address

Network = IPv4Network | IPv6Network


def denied(address: str, networks: Iterable[Network]) -> Network | None:
    """Give the network that forbids an address, or None; an IPv4 address within an IPv6 one counts as itself.

    A host name is not forbidden: the addresses that it leads to may be.
    """
    try:
        found = ip_address(address)
    except ValueError:
        return None
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return next((network for network in networks if found.version == network.version and found in network), None)
