"""Sets of networks against the plainest reference: try every network."""

from ipaddress import ip_address, ip_network

from hypothesis import given
from hypothesis import strategies as st

from gtm import Known
from gtm_plugins.lines.ranges import Ranges

# few leading and few trailing bits, so that networks nest and meet
V4 = st.tuples(st.integers(0, 63), st.sampled_from([0, 1, 2, 3, 5, 6, 31, 32])).map(
    lambda t: ip_network(((t[0] >> 3) << 29 | t[0] & 7, t[1]), strict=False)
)
V6 = st.tuples(st.integers(0, 63), st.sampled_from([0, 1, 3, 6, 127, 128])).map(
    lambda t: ip_network(((t[0] >> 3) << 125 | t[0] & 7, t[1]), strict=False)
)
SETS = st.lists(V4 | V6, max_size=10)


def reference(networks, address) -> int | None:
    holding = [network.prefixlen for network in networks if network.version == address.version and address in network]
    return max(holding, default=None)


def edges(networks, within):
    """Every address within a network at which anything could begin to differ."""
    yield from (within[0], within[-1])
    for network in networks:
        if network.version == within.version:
            around = int(network[0]) - 1, int(network[0]), int(network[-1]), int(network[-1]) + 1
            yield from (type(within[0])(n) for n in around if int(within[0]) <= n <= int(within[-1]))


@given(SETS, st.data())
def test_the_longest_network_is_found_and_the_prefix_is_the_shortest_that_holds(networks, data) -> None:
    family = data.draw(st.sampled_from([V4, V6]))
    address = data.draw(family)[0]
    known = Ranges(networks).find(address)
    assert known.value == reference(networks, address)
    within = ip_network((address, known.prefix), strict=False)
    assert {reference(networks, other) for other in edges(networks, within)} == {known.value}
    if known.prefix:
        wider = ip_network((address, known.prefix - 1), strict=False)
        assert len({reference(networks, other) for other in edges(networks, wider)}) > 1


def test_an_address_beside_a_network_rests_on_a_prefix_that_leaves_it_out() -> None:
    ranges = Ranges([ip_network("203.0.113.128/25")])
    assert ranges.find(ip_address("203.0.113.1")) == Known(None, 25)
    assert ranges.find(ip_address("203.0.112.1")) == Known(None, 24)
    assert ranges.find(ip_address("203.0.113.129")) == Known(25, 25)


def test_an_address_beside_a_nested_network_rests_on_a_prefix_that_leaves_it_out() -> None:
    ranges = Ranges([ip_network("10.0.0.0/8"), ip_network("10.1.0.0/16")])
    assert ranges.find(ip_address("10.0.0.1")) == Known(8, 16)
    assert ranges.find(ip_address("10.1.0.1")) == Known(16, 16)
    assert ranges.find(ip_address("10.128.0.1")) == Known(8, 9)


def test_two_halves_are_the_whole() -> None:
    ranges = Ranges([ip_network("203.0.113.0/25"), ip_network("203.0.113.128/25")])
    assert ranges.find(ip_address("203.0.113.1")) == Known(25, 24)


def test_no_network_of_a_family_rests_on_nothing() -> None:
    assert Ranges([ip_network("10.0.0.0/8")]).find(ip_address("2001:db8::1")) == Known(None, 0)
