"""Networks that no database is asked about: what stands there is chance, and no client of the Internet comes from there.

IPv4: the entries of the IANA special-purpose registry that are not globally reachable, multicast and class E. IPv6: all
that lies outside global unicast (2000::/3), and the block of IETF protocol assignments. Documentation networks
(RFC 5737, RFC 3849, RFC 9637) are asked about, so that examples can be shown with them.
"""

from ipaddress import IPv4Address, IPv6Address, ip_network
from typing import Final

from gtm import Known

IPV4: Final = (
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "224.0.0.0/4",
    "240.0.0.0/4",
)
IPV6: Final = ("::/3", "2001::/23", "4000::/2", "8000::/1")


def _numbers(texts: tuple[str, ...]) -> tuple[tuple[int, int], ...]:
    networks = map(ip_network, texts)
    return tuple((int(network.network_address), network.prefixlen) for network in networks)


_IPV4: Final = _numbers(IPV4)
_IPV6: Final = _numbers(IPV6)


def public(address: IPv4Address | IPv6Address) -> Known[bool]:
    """Tell whether databases are asked about an address, and within how many leading bits that stays the same."""
    value, bits, border = int(address), address.max_prefixlen, 0
    for network, length in _IPV4 if address.version == 4 else _IPV6:
        shared = bits - (value ^ network).bit_length()
        if shared >= length:
            return Known(value=False, prefix=length)
        border = max(border, shared + 1)
    return Known(value=True, prefix=border)
