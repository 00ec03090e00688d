"""The ending Alias: whatever the target comes down to, under the name that was asked."""

from collections import Counter
from dataclasses import replace

import dns.edns
import dns.message
import pytest

from gtm import (
    Alias,
    NoData,
    NoName,
    Record,
    Records,
    Referral,
    Refused,
    codes,
    hookimpl,
)
from gtm import name as names
from gtm.chain.facts import RESOLVED
from gtm.health.table import State
from gtm.model.resolved import Resolved, subject
from tests.chain.making import (
    NOON,
    ORG,
    PEER,
    SOA,
    ZONE,
    All,
    Healthy,
    Nearby,
    Org,
    Static,
    Stranger,
    Weighted,
    alias,
    domain,
    engine,
    host,
    pool,
    query,
)
from tests.engine.reading import read, subnet, values

LB = names.parse("lb.example.net")
APEX = "example.com"
NS = Record(ZONE, codes.NS, 60, names.parse("ns.example.net"))


class Aliases(Stranger):
    """Answers addresses at the apex with an alias, and owns the name."""

    name = "aliases"

    def __init__(self, target, ttl=300, at=APEX):
        self._ending, self._at = Alias(names.parse(target), ttl), names.parse(at)

    @hookimpl
    def fallback(self, question):
        return self._ending if question.name == self._at and question.qtype in (codes.A, codes.AAAA) else None

    def owners(self):
        return (self._at,)


def apex(target, *domains, static=None, before=(), ttl=300, others=()):
    return engine([*before, All(), Aliases(target, ttl), Static(static)], *domains, others=others)


def knowing(server, target=LB, rtype=codes.A, *addresses, ttl=60):
    server.learn(replace(server.state, resolved={subject(target, rtype): Resolved(tuple(addresses), ttl)}))
    return server


def ask(server, text=APEX, rtype="A", **more):
    return server.answer(query(text, rtype, **more), PEER, NOON)


def answered(server, text=APEX, rtype="A"):
    return [(str(r.name), r.ttl, [str(d) for d in r]) for r in read(ask(server, text, rtype)).answer]


def test_an_alias_at_the_apex_is_answered_with_what_its_target_is_steered_to():
    server = apex("www.example.com", domain("www.example.com", pool("p", "192.0.2.1", "192.0.2.2")))
    assert answered(server) == [("example.com.", 30, ["192.0.2.1", "192.0.2.2"])]
    assert answered(server) == [("example.com.", 30, ["192.0.2.2", "192.0.2.1"])]
    assert answered(server, "www.example.com")[0][2] == ["192.0.2.1", "192.0.2.2"]


@pytest.mark.parametrize(("alias_ttl", "ttl"), [(300, 30), (30, 30), (5, 5), (0, 0)])
def test_the_smallest_ttl_on_the_way_is_the_answers(alias_ttl, ttl):
    server = apex("www.example.com", domain("www.example.com", pool("p", "192.0.2.1")), ttl=alias_ttl)
    assert answered(server) == [("example.com.", ttl, ["192.0.2.1"])]


def test_cnames_within_our_zones_are_followed_and_not_shown():
    static = {
        ("a.example.com", codes.A): alias("a.example.com", "b.example.com", ttl=40),
        ("b.example.com", codes.A): host("b.example.com", ttl=90),
    }
    assert answered(apex("a.example.com", static=static)) == [("example.com.", 40, ["192.0.2.1"])]


def test_a_target_in_another_zone_of_ours_is_walked_there():
    org = [All(), Org()]
    server = apex("www.example.org", domain("www.example.org", pool("p", "192.0.2.1")), others=[(ORG, org)])
    assert answered(server) == [("example.com.", 30, ["192.0.2.1"])]


def test_a_domain_address_on_the_way_is_flattened_as_well():
    found = [
        domain("www.example.com", pool("c", "b.example.com", "s.example.com", "lb.example.net"), ttl=50),
        domain("b.example.com", pool("p", "192.0.2.8"), ttl=20),
    ]
    server = apex("www.example.com", *found, static={("s.example.com", codes.A): host("s.example.com")})
    ((owner, ttl, addresses),) = answered(server)
    assert (owner, ttl, set(addresses)) == ("example.com.", 20, {"192.0.2.8", "192.0.2.1"})
    ((_, _, addresses),) = answered(knowing(server, LB, codes.A, bytes([198, 51, 100, 9])))
    assert set(addresses) == {"192.0.2.8", "192.0.2.1", "198.51.100.9"}


def test_weighted_shares_hold_under_an_alias():
    weighted = pool("p", ("192.0.2.1", 3), ("192.0.2.2", 1))
    server = apex("www.example.com", domain("www.example.com", weighted), before=[Weighted()])
    counts = Counter(values(ask(server))[0] for _ in range(400))
    assert abs(counts["192.0.2.1"] - 300) <= 2
    assert sum(counts.values()) == 400


def test_an_alias_follows_the_client_and_its_scope_is_that_of_the_target():
    found = domain("www.example.com", (pool("de", "192.0.2.1"), ("DE",)), (pool("fr", "192.0.2.2"), ("FR",)))
    server = apex("www.example.com", found, before=[Nearby()])
    for network, wanted in (("192.0.2.0/24", "192.0.2.1"), ("198.51.100.0/24", "192.0.2.2")):
        wire = ask(server, subnet=network)
        assert (values(wire), subnet(read(wire)).scopelen) == ([wanted], 8)


def test_an_alias_changes_when_the_health_of_its_target_does():
    found = domain("www.example.com", pool("p", "192.0.2.1", "192.0.2.2"))
    server = apex("www.example.com", found, before=[Healthy()])
    assert len(values(ask(server))) == 2
    server.learn(State(frozenset({"address:192.0.2.1"})))
    assert values(ask(server)) == ["192.0.2.2"]


def test_the_addresses_of_a_foreign_target_rotate_with_the_smaller_ttl():
    server = knowing(apex("lb.example.net", ttl=90), LB, codes.A, b"\xc0\0\2\1", b"\xc0\0\2\2", b"\xc0\0\2\3", ttl=45)
    firsts = []
    for _ in range(6):
        ((owner, ttl, addresses),) = answered(server)
        assert (owner, ttl, len(addresses)) == ("example.com.", 45, 3)
        firsts.append(addresses[0][-1])
    assert firsts == ["1", "3", "2"] * 2


def test_a_foreign_target_of_ipv6_is_answered_as_aaaa_and_is_a_question_of_its_own():
    address = bytes.fromhex("20010db8000000000000000000000001")
    server = knowing(apex("lb.example.net"), LB, codes.AAAA, address)
    assert answered(server, rtype="AAAA") == [("example.com.", 60, ["2001:db8::1"])]
    read(ask(server), rcode=codes.SERVFAIL, flags=0x8100)


@pytest.mark.parametrize("target", ["lb.example.net", "c.example.com", "x.sub.example.com"])
def test_a_target_that_nobody_knows_yet_is_servfail_with_a_reason_and_never_a_denial(target):
    static = {
        ("c.example.com", codes.A): alias("c.example.com", "lb.example.net"),
        ("x.sub.example.com", codes.A): Referral((replace(NS, owner=names.parse("sub.example.com")),)),
    }
    server = apex(target, static=static)
    message = dns.message.from_wire(ask(server, edns=True))
    assert (message.rcode(), message.answer, message.authority) == (codes.SERVFAIL, [], [])
    assert [(e.code, e.text) for e in message.options] == [
        (dns.edns.EDECode.NETWORK_ERROR, "the target is not known yet")
    ]
    foreign = names.parse("x.sub.example.com") if target.startswith("x.") else LB
    assert values(ask(knowing(server, foreign, codes.A, b"\xc0\0\2\1"))) == ["192.0.2.1"]


@pytest.mark.parametrize(
    "end", [NoName(SOA), NoData(SOA), alias("t.example.com", "nope.example.com")], ids=["no name", "no data", "cname"]
)
def test_a_target_without_addresses_is_no_data_with_the_soa_of_the_aliass_zone(end):
    message = read(ask(apex("t.example.com", static={("t.example.com", codes.A): end})))
    assert (message.answer, [(str(r.name), r.ttl) for r in message.authority]) == ([], [("example.com.", 60)])


def test_a_foreign_target_without_addresses_is_no_data():
    message = read(ask(knowing(apex("lb.example.net"), LB, codes.A)))
    assert (message.answer, [str(r.name) for r in message.authority]) == ([], ["example.com."])


def test_where_the_policy_finds_nobody_for_the_client_an_alias_is_no_data():
    found = domain("www.example.com", (pool("jp", "192.0.2.1"), ("JP",)))
    message = read(ask(apex("www.example.com", found, before=[Nearby()])))
    assert (message.answer, [str(r.name) for r in message.authority]) == ([], ["example.com."])


@pytest.mark.parametrize(
    ("target", "static"),
    [
        ("example.com", {}),
        ("a.example.com", {"a.example.com": alias("a.example.com", "example.com")}),
        ("a.example.com", {"a.example.com": alias("a.example.com", "a.example.com")}),
        ("a.example.com", {"a.example.com": Refused()}),
        (
            "a.example.com",
            {
                "a.example.com": alias("a.example.com", "b.example.com"),
                "b.example.com": alias("b.example.com", "a.example.com"),
            },
        ),
        (
            "n0.example.com",
            {f"n{n}.example.com": alias(f"n{n}.example.com", f"n{n + 1}.example.com") for n in range(20)},
        ),
    ],
    ids=["itself", "back to it", "a circle of one", "refused", "a circle of two", "too long a way"],
)
def test_an_alias_that_leads_nowhere_is_servfail(target, static):
    server = apex(target, static={(text, codes.A): ending for text, ending in static.items()})
    wire = ask(server, edns=True)
    assert dns.message.from_wire(wire).rcode() == codes.SERVFAIL
    assert dns.message.from_wire(wire).options[0].text == "the alias leads nowhere"


def test_two_aliases_that_lead_to_each_other_end():
    server = engine([Aliases("b.example.com"), Aliases("example.com", at="b.example.com"), Static()])
    for text in (APEX, "b.example.com"):
        read(ask(server, text), rcode=codes.SERVFAIL, flags=0x8100)


def test_an_alias_behind_a_cname_of_ours_keeps_the_cname():
    static = {("www.example.com", codes.A): alias("www.example.com", APEX)}
    server = apex("b.example.com", domain("b.example.com", pool("p", "192.0.2.1")), static=static)
    assert [(owner, data) for owner, _, data in answered(server, "www.example.com")] == [
        ("www.example.com.", ["example.com."]),
        ("example.com.", ["192.0.2.1"]),
    ]


def test_an_alias_given_for_another_type_is_no_data():
    class Always(Stranger):
        @hookimpl
        def fallback(self, question):
            return Records((SOA,)) if question.qtype == codes.SOA else Alias(LB, 60)

    for rtype in ("TXT", "ANY"):
        message = read(ask(engine([Always()]), rtype=rtype))
        assert (message.answer, len(message.authority)) == ([], 1)


def test_a_name_that_a_plugin_owns_exists_whatever_the_zone_says():
    server = engine([Aliases("lb.example.net", at="a.b.example.com"), Static()])
    for text in ("a.b.example.com", "b.example.com"):
        assert read(ask(server, text, "TXT")).authority[0].name == dns.name.from_text("example.com.")
    read(ask(server, "c.example.com", "TXT"), rcode=codes.NXDOMAIN)


def test_the_state_key_of_a_foreign_target_is_what_the_fact_reads():
    server = knowing(apex("lb.example.net"), LB, codes.A, b"\xc0\0\2\1")
    assert server.state.value((RESOLVED, "lb.example.net/A")) == Resolved((b"\xc0\0\2\1",), 60)
    assert values(ask(server)) == ["192.0.2.1"]
    knowing(server, LB, codes.A, b"\xc0\0\2\2")
    assert values(ask(server)) == ["192.0.2.2"]
