"""A whole configuration: zone, aliases and access domains together, asked for what names hosts."""

from random import Random

import dns.message
import dns.rdatatype
import pytest

from gtm import Client, Question
from gtm.chain.explain import explain
from gtm.config.load import load
from gtm.engine import Engine
from gtm.health.table import State
from gtm.model.resolved import Resolved
from tests.chain.making import NOON, query
from tests.engine.reading import read, values

PEER = "198.51.100.1"
COREFILE = """
[[zone]]
name = "example.com"
[[zone.chain]]
use = "round_robin"
[[zone.chain]]
use = "rescue"
[[zone.chain]]
use = "alias"
names = { "@" = "www.example.com", "old" = "lb.example.net" }
[[zone.chain]]
use = "zone"
records = '''
$TTL 600
@          SOA    ns host 1 3600 600 86400 60
@          NS     ns
@          MX     10 mail
@          MX     20 www
@          HTTPS  1 . alpn=h2 ipv4hint=203.0.113.1
ns         A      192.0.2.53
mail       A      192.0.2.25
www        HTTPS  1 . alpn=h2,h3 ipv4hint=203.0.113.1 ipv6hint=2001:db8:f::1
_sip._tcp  SRV    1 1 5060 www
_sip._tcp  SRV    2 1 5060 mail
*.wild     HTTPS  1 www ipv4hint=203.0.113.1
'''

[pools.p]
addresses = ["192.0.2.1", "192.0.2.2"]

[[domain]]
name = "www.example.com"
type = "A"
ttl = 30
pools = ["p"]
"""
STATE = State(resolved={"lb.example.net/A": Resolved((b"\xc6\x33\x64\x09",), 50)})


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    path = tmp_path_factory.mktemp("services") / "Corefile.toml"
    path.write_text(COREFILE, encoding="utf-8")
    return load(path).service


@pytest.fixture
def server(service):
    found = Engine(service, Random(7))
    found.learn(STATE)
    return found


def ask(server, text, rtype, **more):
    return server.answer(query(text, rtype, edns=True, **more), PEER, NOON)


def also(wire):
    reply = read(wire)
    return {(str(found.name), found.ttl): {str(data) for data in found} for found in reply.additional}


@pytest.mark.parametrize("text", ["example.com", "_sip._tcp.example.com"])
def test_steered_hosts_go_along_beside_those_that_the_zone_knows(server, text):
    wire = ask(server, text, "MX" if text == "example.com" else "SRV")
    assert also(wire) == {
        ("mail.example.com.", 600): {"192.0.2.25"},
        ("www.example.com.", 30): {"192.0.2.1", "192.0.2.2"},
    }


@pytest.mark.parametrize("text", ["www.example.com", "example.com", "a.wild.example.com"])
def test_hints_say_what_a_query_for_addresses_would_be_answered(server, text):
    (record,) = read(ask(server, text, "HTTPS")).answer
    (data,) = record
    asked = "www.example.com" if "wild" in text else text
    assert (set(data.params), record.ttl) == ({1, 4} - ({1} if "wild" in text else set()), 30)
    assert set(data.params[4].addresses) == set(values(ask(server, asked, "A")))


def test_aliases_are_answered_at_the_apex_and_from_what_was_looked_up(server):
    assert set(values(ask(server, "example.com", "A"))) == {"192.0.2.1", "192.0.2.2"}
    assert values(ask(server, "old.example.com", "A")) == ["198.51.100.9"]
    for text, rtype in (("example.com", "AAAA"), ("old.example.com", "TXT")):
        assert [str(found.name) for found in read(ask(server, text, rtype)).authority] == ["example.com."]


@pytest.mark.parametrize(
    ("text", "rtype"),
    [
        ("www.example.com", "HTTPS"),
        ("example.com", "HTTPS"),
        ("example.com", "MX"),
        ("_sip._tcp.example.com", "SRV"),
        ("old.example.com", "A"),
        ("a.wild.example.com", "HTTPS"),
    ],
)
def test_explain_tells_every_record_that_is_answered_and_no_other(server, service, text, rtype):
    told = explain(service, Question.of(text, rtype), Client.of(PEER), STATE, NOON)
    answers, additional = set(), set()
    for _ in range(4):
        reply = dns.message.from_wire(ask(server, text, rtype))
        answers |= {frozenset(_parts(str(data)) for found in reply.answer for data in found)}
        additional |= {
            (str(found.name)[:-1], dns.rdatatype.to_text(found.rdtype), str(d))
            for found in reply.additional
            for d in found
        }
    assert answers == {frozenset(map(_parts, way.records)) for way in told.answers}
    assert additional == {
        (each.host, each.type, value) for each in told.additional for way in each.answers for value in way.records
    }


def _parts(text):
    """Take the order out of a hint."""
    return tuple(tuple(sorted(part.strip('"').split(","))) for part in text.replace("=", " ").split())
