"""Clients and places."""

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtm import Client, Known, NoLines, Place


@pytest.mark.parametrize(
    ("text", "address", "prefix"),
    [
        ("192.0.2.1", "192.0.2.1", 32),
        ("192.0.2.77/24", "192.0.2.0", 24),
        ("0.0.0.0/0", "0.0.0.0", 0),
        ("2001:db8::1", "2001:db8::1", 128),
        ("2001:db8::1/32", "2001:db8::", 32),
        ("::ffff:192.0.2.1", "192.0.2.1", 32),
        ("fe80::1%eth0", "fe80::1", 128),
    ],
)
def test_a_client_is_read_from_text(text, address, prefix):
    client = Client.of(text)
    assert (client.address, client.prefix) == (ip_address(address), prefix)


@pytest.mark.parametrize("text", ["", "somewhere", "192.0.2.1/33", "192.0.2.256", "/24"])
def test_a_text_that_is_no_client_is_refused(text):
    with pytest.raises(ValueError, match=r".+"):
        Client.of(text)


@pytest.mark.parametrize(("address", "prefix"), [("192.0.2.1", 33), ("192.0.2.1", -1), ("::", 129)])
def test_a_prefix_out_of_range_is_refused(address, prefix):
    with pytest.raises(ValueError, match=f"prefix length {prefix} is not within 0 to"):
        Client(ip_address(address), prefix)


@given(st.ip_addresses(), st.ip_addresses(), st.data())
def test_the_key_tells_clients_apart_as_equality_does(one, other, data):
    clients = [Client(a, data.draw(st.integers(0, a.max_prefixlen))) for a in (one, other)]
    clients += [Client(c.address, c.prefix, data.draw(st.none() | st.just("office"))) for c in clients]
    for left in clients:
        for right in clients:
            assert (left.key == right.key) == (left == right)


def test_a_place_of_which_nothing_is_known_rests_on_nothing():
    place = Place()
    for part in (place.continent, place.country, place.subdivision, place.city, place.asn, place.organization):
        assert part == Known(None, 0)
    assert NoLines().best({"a", "b"}) == place.lines.best(()) == Known(None, 0)
