"""Catalogue 3.2, below threshold: what is answered when one address of forty is left."""

from random import Random

import dns.message
import pytest

from gtm.config.load import load
from gtm.engine import Engine
from gtm.health.table import State

COREFILE = """
[[zone]]
name = "example.com"
chain = ["health", "sequence", "round_robin", "rescue"]

[pools.many]
healthy_when = "{least}"
addresses = [{addresses}]

[pools.other]
addresses = ["192.0.2.99"]

[[domain]]
name = "www.example.com"
type = "A"
policy = "sequence"
pools = [{pools}]
"""
MANY = [f"192.0.2.{place}" for place in range(1, 41)]


@pytest.mark.parametrize(
    ("least", "pools", "answer"),
    [
        pytest.param("any", ["many", "other"], ["192.0.2.7"], id="one is enough"),
        pytest.param("30%", ["many", "other"], ["192.0.2.99"], id="too few: the next pool"),
        pytest.param("30%", ["many"], MANY, id="too few and no other pool: all of them"),
    ],
)
def test_one_of_forty_is_left(tmp_path, least, pools, answer):
    path = tmp_path / "Corefile.toml"
    names = ", ".join(f'"{name}"' for name in pools)
    addresses = ", ".join(f'"{value}"' for value in MANY)
    path.write_text(COREFILE.format(least=least, pools=names, addresses=addresses))
    loaded = load(path)
    engine = Engine(loaded.service, Random(1))
    down = {key for key, item in loaded.addresses.items() if item.value in MANY and item.value != "192.0.2.7"}
    engine.learn(State(down=frozenset(down)))
    query = dns.message.make_query("www.example.com", "A", use_edns=0, payload=1232)
    reply = dns.message.from_wire(engine.answer(query.to_wire(), "192.0.2.200", 0.0))
    assert sorted(str(record) for rrset in reply.answer for record in rrset) == sorted(answer)
