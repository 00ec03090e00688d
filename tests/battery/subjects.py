"""What the laws are tried on: groups, members, choices, questions and facts of many kinds."""

from dataclasses import replace
from ipaddress import ip_address
from itertools import product

from gtm import Choice, Client, Known, Mode, Option, Pick, Place, codes
from gtm import name as names
from gtm.chain.facts import Clients, Facts
from gtm.chain.word import Leaf
from gtm.health.table import State
from gtm.model.question import Question
from tests.chain.making import NOON, address, domain, pool
from tests.chain.test_facts import OnOne

CLIENTS = [
    Client.of(text)
    for text in ("192.0.2.7", "203.0.113.0/24", "8.8.8.8", "223.6.0.99", "10.1.2.3", "0.0.0.0/0", "255.255.255.255")
]
CLIENTS += [Client.of(text) for text in ("2001:db8::1", "2400:3200::/32", "::/0", "::1", "2a00:1450:4000::1")]
CLIENTS += [Client(ip_address("0.0.0.0"), 0, "os_asia_hk")]
PLACES = [
    Place(),
    Place(country=Known("DE", 9), asn=Known(None, 12)),
    Place(
        Known("AS", 7),
        Known("CN", 7),
        Known("CN-BJ", 8),
        Known("Beijing", 8),
        Known(45102, 8),
        Known("X", 8),
        OnOne("office", 8),
    ),
]
WORLDS = [State(), State(frozenset({"address:192.0.2.1"}), {"pool:two": "address:192.0.2.2"})]
WORLDS += [State(frozenset({"address:192.0.2.1", "address:192.0.2.2", "address:192.0.2.3"}))]


def groups(policy):
    """Make groups of a policy: access domains and pools, large and empty, with lines and without, sticky and not."""
    one = pool("one", "192.0.2.1", policy=policy)
    two = pool("two", ("192.0.2.2", 0), ("192.0.2.3", 5), policy=policy, preemptive=False)
    empty, off = pool("empty", policy=policy), pool("off", "192.0.2.9", policy=policy, enabled=False)
    odd = pool(
        "odd",
        address("192.0.2.4", enabled=False),
        address("192.0.2.5", mode=Mode.DOWN),
        address("192.0.2.6", mode=Mode.UP),
        policy=policy,
    )
    names_ = pool("names", "cdn.example.net", "www.example.com", policy=policy)
    yield from (one, two, empty, off, odd, names_)
    lined = [(one, ("north", "office")), (two, ("default",)), (empty, ()), (off, ("south",))]
    for preemptive in (True, False):
        yield domain("www.example.com", one, two, off, policy=policy, preemptive=preemptive)
        yield domain("www.example.com", *lined, policy=policy, preemptive=preemptive)
    yield domain("www.example.com", *lined[:1], policy=policy)
    yield domain("www.example.com", policy=policy)
    yield replace(domain("www.example.com", names_, policy=policy), qtype=codes.CNAME)


def situations():
    """Make facts as they may stand: clients in several places, several worlds, day and night."""
    for place, world, now in product(PLACES, WORLDS, (NOON, NOON + 43_200)):
        yield lambda place=place, world=world, now=now: _facts(place, world, now)


def _facts(place, world, now):
    facts = Facts(CLIENTS[0], world, Clients(64), now)
    facts.locate = ("zone", lambda _client: place)
    return facts


def members():
    """List every member of every group once."""
    return list({member.key: member for group in groups("all") for member in group.members}.values())


def choices():
    """Make choices as ``expire`` sees them."""
    for ttl, rescued, complete in product((0, 1, 30, 86400), (False, True), (False, True)):
        found = domain("www.example.com", pool("one", "192.0.2.1"), ttl=ttl)
        (member,) = found.members
        (leaf,) = member.item.members
        below = Pick("pool:one", "all", False, (Option(leaf, 1, Leaf(leaf)),))
        yield Choice(found, Pick(found.key, "all", False, (Option(member, 1, below),)), rescued, complete)


ASKED = [
    "@",
    "www",
    "WWW",
    "ns1",
    "nowhere",
    "a.wild",
    "a.b.wild",
    "wild",
    "alias",
    "away",
    "sub",
    "x.sub",
    "ns.sub",
    "tree",
    "x.tree",
    "steered",
]
QUESTIONS = [
    Question(names.parse("example.com" if label == "@" else f"{label}.example.com"), qtype)
    for label in ASKED
    for qtype in (codes.A, codes.AAAA, codes.NS, codes.SOA, codes.CNAME, codes.MX, codes.DS, codes.ANY, 16, 65280)
]
STRANGERS = [Question.of(text) for text in (".", "com", "example.org", "notexample.com", "www.example.com.example.org")]
