"""Networks that are never looked up."""

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtm_plugins.geo.reserved import IPV4, IPV6, public

DOCUMENTATION = [
    ip_network(text) for text in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20")
]
addresses = st.ip_addresses() | st.sampled_from([*IPV4, *IPV6]).flatmap(lambda text: st.ip_addresses(network=text))


PRIVATE = """
    10.1.2.3 127.0.0.1 169.254.1.1 172.31.0.1 192.168.0.1 100.64.0.1 224.0.0.1 255.255.255.255 0.0.0.0
    ::1 fe80::1 fc00::1 ff02::1 ::ffff:192.0.2.1 64:ff9b::1 100::1 2001::1
"""


@pytest.mark.parametrize("text", PRIVATE.split())
def test_what_is_not_global_is_not_looked_up(text: str) -> None:
    assert not public(ip_address(text)).value


@pytest.mark.parametrize(
    "text", ["8.8.8.8", "192.0.2.1", "203.0.113.1", "2001:db8::1", "2606:4700::1", "100.63.255.255"]
)
def test_what_is_global_or_documentation_is_looked_up(text: str) -> None:
    assert public(ip_address(text)).value


@given(addresses)
def test_the_list_agrees_with_the_standard_library(address) -> None:
    documented = any(address in network for network in DOCUMENTATION if network.version == address.version)
    if address.is_multicast or (address.is_private and not documented) or address.is_reserved:
        # later Pythons call a few anycast addresses within these blocks global, earlier ones do not
        assert not public(address).value
    if public(address).value:
        assert address.is_global or documented


@given(addresses, st.data())
def test_the_prefix_holds_for_every_address_within_it(address, data) -> None:
    known = public(address)
    other = data.draw(st.ip_addresses(network=ip_network((address, known.prefix), strict=False)))
    assert public(other).value == known.value


def test_the_prefix_is_no_longer_than_it_must_be() -> None:
    assert public(ip_address("8.8.8.8")).prefix == 7  # 10.0.0.0/8 is the nearest
    assert public(ip_address("10.1.2.3")).prefix == 8
    assert public(ip_address("192.0.2.1")).prefix == 23  # 192.0.0.0/24 is the nearest
