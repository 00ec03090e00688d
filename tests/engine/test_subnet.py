"""The client subnet (RFC 7871): what was sent is echoed, and the scope is the longest prefix that the answer rests on."""

import struct
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtm import Client, Known, Place, Ranking, Tier, codes, hookimpl
from tests.chain.making import All, Static, Stranger, domain, engine, host, pool, query
from tests.engine.reading import read, subnet


class Somewhere(Stranger):
    """Knows a country by the first bits of an address, a city by more, and who was asked about."""

    name = "somewhere"

    def __init__(self):
        self.asked = []

    @hookimpl
    def classify(self, client):
        self.asked.append(client)
        return Place(country=Known("DE", 11), city=Known("Berlin", 27), asn=Known(None, client.address.max_prefixlen))


class Reads(Stranger):
    """Reads the facts that it was made with."""

    name = "reads"

    def __init__(self, *facts):
        self._facts = facts

    @hookimpl
    def rank(self, group, facts):
        for fact in self._facts:
            getattr(facts, fact)
        return Ranking((Tier.of(*group.members),))


WWW = domain("www.example.com", pool("p", "192.0.2.1"))
STATIC = Static({("static.example.com", codes.A): host("static.example.com")})


def serving(*facts):
    somewhere = Somewhere()
    return engine([somewhere, Reads(*facts), All(), STATIC], WWW), somewhere


def echoed(server, network, text="www.example.com", peer="198.51.100.7"):
    return subnet(read(server.answer(query(text, subnet=network), peer, 0)))


@pytest.mark.parametrize(
    ("facts", "scope"),
    [(("country",), 11), (("city",), 27), (("country", "city"), 27), (("city", "country"), 27), ((), 0)],
)
def test_the_scope_is_the_longest_prefix_that_was_read_on_a_walk_and_on_a_hit(facts, scope):
    server, _ = serving(*facts)
    for network in ("203.0.113.0/24", "203.0.113.0/24", "198.18.0.0/15", "203.0.113.7/32"):
        option = echoed(server, network)
        assert (f"{option.address}/{option.srclen}", option.scopelen) == (network, scope)
    assert server.walks == 1


def test_where_no_client_fact_was_read_the_scope_is_0():
    server, somewhere = serving("country")
    for text in ("static.example.com",) * 2:
        assert echoed(server, "203.0.113.0/24", text).scopelen == 0
    assert somewhere.asked == []


@pytest.mark.parametrize("network", ["0.0.0.0/0", "::/0"])
def test_a_prefix_of_0_means_the_peer_and_a_scope_of_0(network):
    server, somewhere = serving("country")
    for _ in range(2):
        option = echoed(server, network)
        assert (option.srclen, option.scopelen, option.address) == (0, 0, network.removesuffix("/0"))
    assert somewhere.asked == [Client.of("198.51.100.7")]


def test_the_client_is_the_subnet_where_there_is_one_and_the_peer_where_there_is_none():
    server, somewhere = serving("country")
    echoed(server, "203.0.113.0/24")
    server.answer(query("www.example.com"), "198.51.100.8", 0)
    server.answer(query("www.example.com", edns=True), "2001:db8::1", 0)
    echoed(server, "2001:db8:1::/48")
    assert somewhere.asked == [
        Client.of(text) for text in ("203.0.113.0/24", "198.51.100.8", "2001:db8::1", "2001:db8:1::/48")
    ]


def test_there_is_no_echo_where_nothing_was_sent():
    server, _ = serving("city")
    for _ in range(2):
        message = read(server.answer(query("www.example.com", edns=True), "198.51.100.7", 0))
        assert (message.edns, message.options) == (0, ())


def test_a_scope_is_never_longer_than_the_address():
    server, _ = serving("asn")
    for _ in range(2):
        assert echoed(server, "203.0.113.0/24").scopelen == 32
        assert echoed(server, "2001:db8::/32").scopelen == 128


@given(st.ip_addresses(), st.data())
def test_every_network_comes_back_as_it_was_sent(address, data):
    prefix = data.draw(st.integers(1, address.max_prefixlen))
    network = ip_network((address, prefix), strict=False)
    server, somewhere = serving("country")
    for _ in range(2):
        option = echoed(server, str(network))
        assert (ip_network(f"{option.address}/{option.srclen}"), option.scopelen) == (network, 11)
    assert somewhere.asked == [Client(network.network_address, prefix)]


@pytest.mark.parametrize(
    "option",
    [
        pytest.param(struct.pack("!HHHBB", 8, 4, 3, 0, 0), id="family 3"),
        pytest.param(struct.pack("!HHHBB", 8, 7, 1, 24, 1) + b"\xc0\0\2", id="scope in a query"),
        pytest.param(struct.pack("!HHHBB", 8, 7, 1, 23, 0) + b"\xc0\0\1", id="a bit too many"),
        pytest.param(struct.pack("!HHHBB", 8, 8, 1, 24, 0) + b"\xc0\0\2\0", id="an octet too many"),
    ],
)
def test_a_malformed_subnet_is_a_format_error_each_time(option):
    server, _ = serving("country")
    packet = query("www.example.com", edns=True)
    packet = packet[:-2] + len(option).to_bytes(2) + option
    for _ in range(2):
        assert server.answer(packet, "198.51.100.7", 0)[:4] == packet[:2] + b"\x81\x01"


def test_a_malformed_subnet_is_refused_though_the_plan_stands_ready():
    server, _ = serving("country")
    good = query("www.example.com", subnet="203.0.113.0/24")
    server.answer(good, "198.51.100.7", 0)
    bad = bytearray(good)
    bad[-4] = 1
    assert server.answer(bytes(bad), "198.51.100.7", 0)[3] & 15 == codes.FORMERR
