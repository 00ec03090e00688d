"""The law of the scope, end to end: whoever lies within the scope of an answer gets the same answer, and the same scope."""

import csv
from ipaddress import ip_address, ip_network
from pathlib import Path
from random import Random

import dns.edns
import dns.message
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gtm.config.load import load
from gtm.engine import Engine

ROOT = Path(__file__).parent.parent.parent
COREFILE = """
[[zone]]
name = "example.com"
chain = [{{ use = "geo", databases = ["{demo}"] }}, "lines", "nearest", "sequence"]

[lines.office]
networks = ["203.0.113.128/25", "198.51.100.64/26", "2001:db8:c0:1::/64"]

{pools}
[[domain]]
name = "www.example.com"
type = "A"
policy = "nearest"
pools = [{members}]
"""
LINES = ["office", "telecom", "cn_unicom_shanghai", "internal", "os_asia_hk", "oversea", "os_euro_de", "default"]


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    pools = "".join(f'[pools.p{n}]\npolicy = "sequence"\naddresses = ["192.0.2.{n}"]\n' for n in range(len(LINES)))
    members = ", ".join(f'{{ pool = "p{n}", lines = ["{line}"] }}' for n, line in enumerate(LINES))
    path = tmp_path_factory.mktemp("scope") / "Corefile.toml"
    path.write_text(COREFILE.format(demo=ROOT / "geodata/demo.mmdb", pools=pools, members=members))
    return Engine(load(path).service, Random(1))


def ask(engine, address):
    query = dns.message.make_query(
        "www.example.com", "A", use_edns=0, options=[dns.edns.ECSOption(str(address), address.max_prefixlen)]
    )
    reply = dns.message.from_wire(engine.answer(query.to_wire(), "127.0.0.1", 0))
    return reply.answer[0][0].to_text(), reply.options[0].scopelen


def known():
    with (ROOT / "geodata/demo.csv").open() as table:
        return [ip_network(row["network"]) for row in csv.DictReader(line for line in table if line[0] != "#")]


@st.composite
def addresses(draw):
    """Draw addresses in the networks that are known, just beside them, and anywhere."""
    network = draw(st.sampled_from([*known(), ip_network("203.0.113.128/25"), ip_network("198.51.100.64/26")]))
    bits = network.max_prefixlen
    base = int(network.network_address) | draw(st.integers(0, int(network.hostmask)))
    flipped = draw(st.one_of(st.none(), st.integers(0, bits - 1)))
    return type(network.network_address)(base if flipped is None else base ^ 1 << flipped)


@settings(max_examples=400)
@given(address=addresses(), chance=st.randoms(use_true_random=False))
def test_whoever_lies_within_the_scope_gets_the_same_answer_and_scope(engine, address, chance):
    answer, scope = ask(engine, address)
    free = address.max_prefixlen - scope
    for _ in range(4):
        neighbour = type(address)(int(address) >> free << free | (chance.getrandbits(free) if free else 0))
        assert ask(engine, neighbour) == (answer, scope)


def test_beside_the_operators_networks_the_scope_does_not_reach_into_them(engine):
    assert ask(engine, ip_address("203.0.113.200")) == ("192.0.2.0", 25)
    assert ask(engine, ip_address("203.0.113.7")) == ("192.0.2.1", 25)
    assert ask(engine, ip_address("198.51.100.1")) == ("192.0.2.6", 26)
