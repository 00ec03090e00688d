"""A walk, told: the same answer as the server's, with its shares, its TTL, its scope, and everything that was read and said."""

import msgspec
import pytest

from gtm import (
    Alias,
    Client,
    Known,
    NoData,
    NoName,
    Place,
    Ranking,
    Records,
    Referral,
    Refusal,
    Share,
    Tier,
    codes,
    hookimpl,
)
from gtm import name as names
from gtm.chain.explain import explain
from gtm.chain.ways import MOST
from gtm.health.table import State
from gtm.model.question import Question
from gtm.model.resolved import Resolved
from tests.chain.making import (
    NOON,
    SOA,
    SOMEBODY,
    All,
    InTurn,
    Static,
    Stranger,
    alias,
    domain,
    host,
    pool,
    record,
    service,
)
from tests.chain.test_clock import Shift


class Weighted(Stranger):
    """One by weight where the policy says so."""

    name = "weighted"

    @hookimpl
    def rank(self, group):
        return (
            Ranking((Tier(tuple(Share(m, m.weight) for m in group.members), "one"),))
            if group.policy == "weighted"
            else None
        )


class Locates(Stranger):
    """Finds everybody in Germany, reads it, and asks after health."""

    name = "locates"

    @hookimpl
    def classify(self, place):
        return Place(country=Known("DE", 11))

    @hookimpl
    def rank(self, group, facts):
        facts.country  # noqa: B018  reading is enough

    @hookimpl
    def admit(self, member, facts):
        if member.key.startswith("address:") and not facts.healthy(member.item):
            return Refusal("down")
        return None


def told(*plugins, domains=(), text="www.example.com", rtype="A", client=SOMEBODY, world=None, others=()):
    return explain(service(plugins, *domains, others=others), Question.of(text, rtype), client, world or State(), NOON)


def ways(found):
    return [(way.records, way.share, way.rotates) for way in found.answers]


def test_a_rotation_is_one_answer_that_rotates():
    found = told(All(), domains=[domain("www.example.com", pool("p", "192.0.2.1", "192.0.2.2"))])
    assert ways(found) == [(("192.0.2.1", "192.0.2.2"), 1.0, True)]
    assert found.records == {"192.0.2.1", "192.0.2.2"}
    assert (found.rcode, found.ttl, found.ttl_from, found.zone) == (
        "NOERROR",
        30,
        "domain:www.example.com/A",
        "example.com",
    )
    assert ways(told(All(), domains=[domain("www.example.com", pool("p", "192.0.2.1"))])) == [
        (("192.0.2.1",), 1.0, False)
    ]


def test_shares_follow_the_weights_and_add_up():
    weighted = pool("w", ("192.0.2.1", 3), ("192.0.2.2", 1), ("192.0.2.3", 0), policy="weighted")
    found = told(Weighted(), All(), domains=[domain("www.example.com", weighted)])
    assert ways(found) == [(("192.0.2.1",), 0.75, False), (("192.0.2.2",), 0.25, False)]
    zero = pool("z", ("192.0.2.1", 0), ("192.0.2.2", 0), policy="weighted")
    assert [way.share for way in told(Weighted(), All(), domains=[domain("www.example.com", zero)]).answers] == [
        0.5,
        0.5,
    ]
    both = told(Weighted(), All(), domains=[domain("www.example.com", weighted, pool("p", "192.0.2.9"))])
    assert ways(both) == [(("192.0.2.1", "192.0.2.9"), 0.75, True), (("192.0.2.2", "192.0.2.9"), 0.25, True)]


def test_of_rotating_domain_addresses_each_is_an_answer_with_its_share():
    found = told(
        All(), domains=[domain("www.example.com", pool("c", "a.example.net", "b.example.net"), qtype=codes.CNAME)]
    )
    assert ways(found) == [(("a.example.net",), 0.5, True), (("b.example.net",), 0.5, True)]


def test_a_domain_address_is_told_as_what_it_leads_to():
    found = [domain("www.example.com", pool("c", "b.example.com")), domain("b.example.com", pool("p", "192.0.2.1"))]
    assert ways(told(All(), Static(), domains=found)) == [(("192.0.2.1",), 1.0, False)]
    assert ways(told(All(), Static(), domains=found[:1])) == [(("b.example.com",), 1.0, False)]


def test_more_answers_than_are_listed_are_left_out():
    pools = [pool(f"w{n}", *(f"192.0.2.{n}" for n in range(1, 5)), policy="weighted") for n in range(6)]
    assert len(told(Weighted(), All(), domains=[domain("www.example.com", *pools)]).answers) == MOST


@pytest.mark.parametrize(
    ("ending", "rcode", "answers", "aliases", "ttl"),
    [
        (host("www.example.com", ttl=77), "NOERROR", [("192.0.2.1",)], (), 77),
        (NoName(SOA), "NXDOMAIN", [], (), 300),
        (NoData(), "NOERROR", [], (), None),
        (None, "REFUSED", [], (), None),
        (Referral((SOA,)), "NOERROR", [], (), 300),
        (alias("www.example.com", "cdn.example.net"), "NOERROR", [("cdn.example.net",)], ("cdn.example.net",), 60),
        (Records(()), "NOERROR", [], (), None),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_static_end_is_told_with_its_code_records_and_ttl(ending, rcode, answers, aliases, ttl):
    found = told(Static({("www.example.com", codes.A): ending}) if ending else All())
    assert (found.rcode, [way.records for way in found.answers], found.aliases) == (rcode, answers, aliases)
    assert (found.ttl, found.ttl_from) == (ttl, "zone" if ttl else None)


def test_a_name_in_no_zone_is_told_as_refused():
    found = told(All(), text="www.example.org")
    assert (found.zone, found.rcode, found.answers) == (None, "REFUSED", ())


def test_facts_are_told_with_value_reader_and_prefix_and_make_the_scope():
    found = told(
        Locates(),
        All(),
        domains=[domain("www.example.com", pool("p", "192.0.2.1", "192.0.2.2"))],
        world=State(frozenset({"address:192.0.2.1"})),
    )
    assert [(fact.name, fact.value, fact.read_by, fact.prefix) for fact in found.facts] == [
        ("country", "DE", "locates", 11),
        ("health of address:192.0.2.1", False, "locates", 0),
        ("health of address:192.0.2.2", True, "locates", 0),
    ]
    assert (found.ecs_scope, ways(found)) == (11, [(("192.0.2.2",), 1.0, False)])
    steps = {(step.hook, step.plugin, step.member, step.word, step.reason) for step in found.steps}
    assert ("classify", "locates", "", "place", "country DE /11") in steps
    assert ("admit", "locates", "address:192.0.2.1", "refused", "down") in steps


def test_a_value_that_json_has_no_word_for_is_told_as_text():
    class Networks(Stranger):
        @hookimpl
        def rank(self, facts):
            facts.client_network()

    found = told(Networks(), All(), domains=[domain("www.example.com", pool("p", "192.0.2.1"))])
    assert found.facts[0].value == "192.0.2.0/24"
    assert msgspec.json.decode(msgspec.json.encode(found))["facts"][0]["value"] == "192.0.2.0/24"


def test_a_clock_that_cuts_the_ttl_is_what_the_ttl_is_from():
    found = told(Shift(NOON + 12.5), domains=[domain("www.example.com", pool("p", "192.0.2.1"), ttl=30)])
    assert (found.ttl, found.ttl_from) == (11, "clock: shift")
    found = told(Shift(NOON + 100), domains=[domain("www.example.com", pool("p", "192.0.2.1"), ttl=30)])
    assert (found.ttl, found.ttl_from) == (30, "domain:www.example.com/A")


def test_clients_are_told_by_network_or_by_line():
    assert told(All(), client=Client.of("203.0.113.0/24")).client == "203.0.113.0/24"
    assert told(All(), client=Client(SOMEBODY.address, 32, "north")).client == "line north"


def test_faults_and_empty_classifications_are_steps_as_well():
    class Angry(Stranger):
        name = "angry"

        @hookimpl
        def classify(self):
            raise ValueError("no")

        @hookimpl
        def fallback(self):
            return 17

    class Silent(Stranger):
        name = "silent"

        @hookimpl
        def classify(self):
            return None

    found = told(Angry(), Silent(), Locates(), InTurn(), domains=[domain("www.example.com", pool("p", "192.0.2.1"))])
    words = [(step.hook, step.plugin, step.word) for step in found.steps]
    assert ("classify", "angry", "error") in words
    assert ("classify", "silent", "pass") in words
    found = told(Angry())
    assert [(step.hook, step.word) for step in found.steps] == [("fallback", "error")]
    assert found.rcode == "SERVFAIL"


def test_rankings_and_endings_are_told_in_words():
    weighted = pool("w", ("192.0.2.1", 3), ("192.0.2.2", 1), policy="weighted")
    found = told(Weighted(), InTurn(), domains=[domain("www.example.com", weighted, preemptive=False)])
    reasons = {(step.group, step.word): step.reason for step in found.steps if step.hook == "rank"}
    assert reasons["pool:w", "ranking"] == "one of address:192.0.2.1 x3, address:192.0.2.2 x1"
    assert reasons["domain:www.example.com/A", "ranking"] == "pool:w (holds)"
    many = told(All(), domains=[domain("www.example.com", pool("p", "192.0.2.1", "192.0.2.2"))])
    assert "all of address:192.0.2.1, address:192.0.2.2" in {step.reason for step in many.steps}
    assert [step.word for step in told(Static()).steps] == ["NoName"]


def test_a_reason_is_told_as_the_client_is_told_it():
    assert told(All(), text="www.example.org").reason == "not authoritative"
    assert told(Static({("www.example.com", codes.A): NoData(remark="not yet")})).reason == "not yet"
    assert told(Static()).reason is None


MX = record("example.com", "MX", "10 www.example.com.")
DUAL = [
    domain("www.example.com", pool("w", ("192.0.2.1", 3), ("192.0.2.2", 1), policy="weighted"), ttl=20),
    domain("www.example.com", pool("six", "2001:db8::1", "2001:db8::2"), qtype=codes.AAAA),
]


def test_hosts_that_go_along_are_told_beside_the_answer_with_their_shares():
    ns = record("ns.example.com", "A", "192.0.2.53")
    found = told(
        Weighted(), All(), Static({("example.com", 15): Records((MX,), None, (ns,))}),
        domains=DUAL, text="example.com", rtype="MX",
    )  # fmt: skip
    assert ways(found) == [(("10 www.example.com.",), 1.0, False)]
    assert [
        (each.host, each.type, [(w.records, w.share, w.rotates) for w in each.answers]) for each in found.additional
    ] == [
        ("ns.example.com", "A", [(("192.0.2.53",), 1.0, False)]),
        ("www.example.com", "A", [(("192.0.2.1",), 0.75, False), (("192.0.2.2",), 0.25, False)]),
        ("www.example.com", "AAAA", [(("2001:db8::1", "2001:db8::2"), 1.0, True)]),
    ]
    assert (found.ttl, found.ttl_from) == (3600, "zone")
    assert ("rank", "domain:www.example.com/A") in {(step.hook, step.group) for step in found.steps}


def test_an_answer_with_steered_hints_is_told_once_for_each_combination_of_them():
    https = record("www.example.com", "HTTPS", "1 . ipv4hint=203.0.113.1 ipv6hint=2001:db8:f::1")
    other = record("www.example.com", "HTTPS", "2 cdn.example.net. port=8443")
    found = told(
        Weighted(), All(), Static({("www.example.com", 65): Records((https, other))}), domains=DUAL, rtype="HTTPS"
    )
    six, second = 'ipv6hint="2001:db8::1,2001:db8::2"', '2 cdn.example.net. port="8443"'
    assert ways(found) == [
        ((f'1 . ipv4hint="192.0.2.1" {six}', second), 0.75, True),
        ((f'1 . ipv4hint="192.0.2.2" {six}', second), 0.25, True),
    ]
    assert (found.ttl, found.ttl_from) == (20, "domain:www.example.com/A")


class Aliased(Stranger):
    """Answers the apex with an alias."""

    name = "aliased"

    @hookimpl
    def fallback(self, question):
        return Alias(names.parse("lb.example.net"), 60) if question.qtype == codes.A else None


def test_an_alias_is_told_with_what_it_came_down_to_and_what_is_not_known():
    world = State(resolved={"lb.example.net/A": Resolved((b"\xc0\0\2\1", b"\xc0\0\2\2"), 40)})
    found = told(Aliased(), text="example.com", world=world)
    assert ways(found) == [(("192.0.2.1", "192.0.2.2"), 1.0, True)]
    assert (found.ttl, found.ttl_from) == (40, "lb.example.net")
    assert ("fallback", "Alias", "lb.example.net") in {(step.hook, step.word, step.reason) for step in found.steps}
    unknown = told(Aliased(), text="example.com")
    assert (unknown.rcode, unknown.reason) == ("SERVFAIL", "the target is not known yet")
    assert [fact.name for fact in unknown.facts] == ["addresses of lb.example.net/A"]
