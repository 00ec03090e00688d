"""Facts: every read is recorded, once, with its value, who read it and what it rests on."""

from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtm import Client, Known, NoLines, Place
from gtm.chain.facts import HEALTHY, HELD, NOWHERE, Clients, Facts
from gtm.health.table import State
from tests.chain.making import NOON, SOMEBODY, address, domain, pool


@dataclass(frozen=True, slots=True)
class OnOne:
    """Lines of a client that is on one line only."""

    line: str
    prefix: int

    def best(self, among: Collection[str]) -> Known[str | None]:
        return Known(self.line if self.line in among else None, self.prefix)


BERLIN = Place(
    Known("EU", 8), Known("DE", 10), Known("DE-BE", 12), Known("Berlin", 14), Known(64500, 16), Known("Example AS", 18), OnOne("north", 20)
)  # fmt: skip


def reading(place=BERLIN, client=SOMEBODY, world=None, clients=None):
    facts = Facts(client, world or State(), clients or Clients(64), NOON)
    facts.locate = ("zone", lambda _client: place)
    facts.reader = "somebody"
    return facts


@pytest.mark.parametrize(
    ("accessor", "value", "prefix"),
    [
        ("continent", "EU", 8),
        ("country", "DE", 10),
        ("subdivision", "DE-BE", 12),
        ("city", "Berlin", 14),
        ("asn", 64500, 16),
        ("organization", "Example AS", 18),
    ],
)
def test_a_fact_of_the_place_is_read_and_recorded(accessor, value, prefix):
    facts = reading()
    assert getattr(facts, accessor) == value
    facts.reader = "somebody else"
    assert getattr(facts, accessor) == value
    ((fact, read),) = facts.reads.items()
    assert (read.value, read.by, read.prefix, read.world) == (value, "somebody", prefix, None)
    assert read.client is fact


@pytest.mark.parametrize("accessor", ["continent", "country", "subdivision", "city", "asn", "organization"])
def test_a_miss_is_a_value_and_rests_on_a_prefix_too(accessor):
    facts = reading(Place(**{accessor: Known(None, 21)}))
    assert getattr(facts, accessor) is None
    (read,) = facts.reads.values()
    assert (read.value, read.prefix) == (None, 21)


@pytest.mark.parametrize(("among", "line"), [(["north", "south"], "north"), (["south"], None), ([], None)])
def test_the_line_is_one_of_those_asked_for_or_none(among, line):
    facts = reading()
    assert facts.line(among) == line
    (read,) = facts.reads.values()
    assert (read.value, read.prefix) == (line, 20)
    assert read.name == f"line among {', '.join(sorted(among))}"


def test_the_same_lines_in_another_order_are_the_same_fact():
    facts = reading()
    facts.line(["a", "north"])
    facts.line(("north", "a", "a"))
    assert len(facts.reads) == 1
    facts.line(["north"])
    assert len(facts.reads) == 2


@pytest.mark.parametrize(
    ("client", "wanted", "prefix"),
    [
        ("203.0.113.99", "203.0.113.0/24", 24),
        ("203.0.0.0/16", "203.0.0.0/16", 16),
        ("2001:db8:1:2ff::1", "2001:db8:1:200::/56", 56),
        ("2001:db8::/32", "2001:db8::/32", 32),
    ],
)
def test_the_clients_network_is_no_finer_than_asked_for_or_known(client, wanted, prefix):
    facts = reading(client=Client.of(client))
    assert facts.client_network() == ip_network(wanted)
    assert facts.client_network(24, 56) == ip_network(wanted)
    (read,) = facts.reads.values()
    assert read.prefix == prefix


@given(st.ip_addresses(), st.integers(0, 32), st.integers(0, 128), st.data())
def test_a_network_has_the_client_in_it_and_the_prefix_it_rests_on(found, v4, v6, data):
    client = Client(found, data.draw(st.integers(0, found.max_prefixlen)))
    facts = reading(client=client)
    network = facts.client_network(v4, v6)
    assert client.address in network
    assert network.prefixlen == min(client.prefix, v4 if found.version == 4 else v6)


def test_health_and_the_held_member_are_facts_of_the_world():
    item, group = address("192.0.2.1"), pool("hk")
    facts = reading(world=State(frozenset({item.key}), {group.key: "address:192.0.2.9"}))
    assert facts.healthy(item) is False
    assert facts.healthy(item) is False
    assert facts.healthy(address("192.0.2.2")) is True
    assert facts.held(group) == "address:192.0.2.9"
    assert facts.held(domain("www.example.com")) is None
    assert [read.world for read in facts.reads.values()] == [
        (HEALTHY, "address:192.0.2.1"),
        (HEALTHY, "address:192.0.2.2"),
        (HELD, "pool:hk"),
        (HELD, "domain:www.example.com/A"),
    ]
    assert all(read.client is None and read.prefix == 0 for read in facts.reads.values())


def test_a_client_is_classified_once_however_many_facts_are_read():
    calls = []
    clients = Clients(64)
    for _ in range(3):
        facts = Facts(SOMEBODY, State(), clients, NOON)
        facts.locate = ("zone", lambda client: calls.append(client) or BERLIN)
        assert (facts.country, facts.asn, facts.line(["north"])) == ("DE", 64500, "north")
    assert calls == [SOMEBODY]


def test_chains_classify_each_for_themselves():
    clients = Clients(64)
    facts = reading(clients=clients)
    assert facts.country == "DE"
    facts.locate = ("other zone", lambda _client: Place(country=Known("FR", 9)))
    assert facts.country == "FR"
    assert [read.value for read in facts.reads.values()] == ["DE", "FR"]


def test_outside_a_chain_nothing_is_known_of_anybody():
    facts = Facts(SOMEBODY, State(), Clients(1), NOON)
    assert facts.locate is NOWHERE
    assert facts.country is None
    assert facts.line(["north"]) is NoLines().best(["north"]).value is None


def test_what_is_kept_of_clients_is_bounded():
    clients = Clients(50)
    for number in range(2_000):
        facts = reading(client=Client.of(f"198.51.{number // 256}.{number % 256}"), clients=clients)
        facts.client_network(32, 128)
        facts.line([f"line{number}"])
    assert len(clients.known) <= 100
    assert len(clients._places) <= 100
    assert len(clients._facts) <= 100
