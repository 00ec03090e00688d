"""Aliases: followed within our zones, from the zone's records and from domain addresses, and never for ever."""

import pytest

from gtm import NoData, NoName, Records, Referral, Refused, TooLong, codes
from gtm import name as names
from gtm.chain.walk import MAX_ALIASES
from gtm.chain.word import Static as StaticEnd
from gtm.model.question import Question
from tests.chain.making import (
    SOA,
    All,
    Static,
    alias,
    domain,
    drawn,
    engine,
    host,
    pool,
    query,
    service,
    walked,
)
from tests.engine.reading import read

ORG = names.parse("example.org")
A = codes.A
NS = host("ns.example.com").answer[0]


class Org(Static):
    """Another zone's records; all other names of it do not exist."""

    name = "org"


def two_zones(com, org, *domains):
    return service([All(), Static(com)], *domains, others=[(ORG, [All(), Org(org)])])


def owners(records):
    return [names.show(record.owner) for record in records]


def test_an_alias_is_followed_across_two_zones():
    served = two_zones(
        {("www.example.com", A): alias("www.example.com", "b.example.org")},
        {("b.example.org", A): host("b.example.org")},
    )
    _, outcome, _ = walked(served)
    assert owners(outcome.answer) == ["www.example.com", "b.example.org"]
    assert outcome.end == StaticEnd()


def test_an_alias_ends_in_an_access_domain_of_another_zone():
    served = two_zones(
        {("www.example.com", A): alias("www.example.com", "b.example.org")},
        {},
        domain("b.example.org", pool("p", "192.0.2.8")),
    )
    _, outcome, facts = walked(served)
    assert owners(outcome.answer) == ["www.example.com"]
    assert (drawn(outcome), names.show(outcome.question.name)) == ([["192.0.2.8"]], "b.example.org")
    assert facts.locate[0] == ORG


def test_an_alias_to_a_name_that_is_not_ours_is_where_we_stop():
    _, outcome, _ = walked(service([Static({("www.example.com", A): alias("www.example.com", "cdn.example.net")})]))
    assert (owners(outcome.answer), outcome.end) == (["www.example.com"], StaticEnd())


def test_an_alias_is_not_followed_where_the_zone_names_no_target():
    record = alias("www.example.com", "b.example.com").answer
    _, outcome, _ = walked(service([Static({("www.example.com", codes.CNAME): Records(record)})]), rtype="CNAME")
    assert (outcome.answer, outcome.end) == (record, StaticEnd())


@pytest.mark.parametrize(
    ("end", "wanted", "count"),
    [
        (NoName(SOA), StaticEnd(codes.NXDOMAIN, authority=(SOA,)), 1),
        (NoData(SOA), StaticEnd(authority=(SOA,)), 1),
        (Refused(), StaticEnd(), 1),
        (Referral((SOA,), (NS,)), StaticEnd(authority=(SOA,), additional=(NS,)), 1),
        (TooLong((NS,)), StaticEnd(codes.YXDOMAIN), 2),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_code_describes_the_last_name(end, wanted, count):
    served = service(
        [Static({("www.example.com", A): alias("www.example.com", "b.example.com"), ("b.example.com", A): end})]
    )
    _, outcome, _ = walked(served)
    assert (outcome.end, len(outcome.answer)) == (wanted, count)


def chained(count, last):
    hops = {
        (f"n{number}.example.com", A): alias(f"n{number}.example.com", f"n{number + 1}.example.com")
        for number in range(count)
    }
    return service([Static({**hops, (f"n{count}.example.com", A): last})])


def test_sixteen_aliases_are_followed_and_no_more():
    _, outcome, _ = walked(chained(MAX_ALIASES, host("n16.example.com")), "n0.example.com")
    assert len(outcome.answer) == MAX_ALIASES + 1
    _, outcome, _ = walked(chained(MAX_ALIASES + 20, NoData()), "n0.example.com")
    assert len(outcome.answer) == MAX_ALIASES + 1
    assert outcome.end == StaticEnd()


@pytest.mark.parametrize("length", [1, 2, 3, 10])
def test_a_loop_ends_with_each_alias_once(length):
    hops = {
        (f"n{number}.example.com", A): alias(f"n{number}.example.com", f"n{(number + 1) % length}.example.com")
        for number in range(length)
    }
    _, outcome, _ = walked(service([Static(hops)]), "n0.example.com")
    assert len(outcome.answer) == length


def answered(plugins, *domains, rtype="A", text="www.example.com", **more):
    return read(engine(plugins, *domains, **more).answer(query(text, rtype), "192.0.2.9", 0))


def test_a_domain_address_is_followed_to_an_access_domain_of_ours():
    found = [domain("www.example.com", pool("c", "b.example.com")), domain("b.example.com", pool("p", "192.0.2.8"))]
    message = answered([All(), Static()], *found)
    assert [(str(r.name), str(r[0])) for r in message.answer] == [
        ("www.example.com.", "b.example.com."),
        ("b.example.com.", "192.0.2.8"),
    ]


def test_a_domain_address_is_followed_to_records_of_ours():
    found = domain("www.example.com", pool("c", "b.example.com"))
    message = answered([All(), Static({("b.example.com", A): host("b.example.com")})], found)
    assert [str(r[0]) for r in message.answer] == ["b.example.com.", "192.0.2.1"]


@pytest.mark.parametrize(("rtype", "target"), [("CNAME", "b.example.com"), ("A", "cdn.example.net")])
def test_a_domain_address_stands_alone_where_there_is_nothing_to_follow(rtype, target):
    found = [
        domain("www.example.com", pool("c", target), qtype=codes.CNAME),
        domain("b.example.com", pool("p", "192.0.2.8")),
    ]
    message = answered([All(), Static()], *found, rtype=rtype)
    assert [str(r[0]) for r in message.answer] == [f"{target}."]


def test_access_domains_that_lead_to_each_other_end():
    found = [
        domain("www.example.com", pool("c", "b.example.com")),
        domain("b.example.com", pool("d", "www.example.com")),
    ]
    walk, outcome, _ = walked(service([All(), Static()], *found))
    assert walk._aliases < MAX_ALIASES
    assert drawn(outcome) == [["b.example.com"]]


def test_access_domains_that_lead_to_each_other_are_answered_with_each_alias_once():
    found = [
        domain("www.example.com", pool("c", "b.example.com")),
        domain("b.example.com", pool("d", "www.example.com")),
    ]
    server = engine([All(), Static()], *found)
    count = int.from_bytes(server.answer(query("www.example.com"), "192.0.2.9", 0)[6:8])
    assert count <= 2


def test_of_domain_addresses_one_is_given_the_next_each_time():
    found = domain("www.example.com", pool("c", "a.example.net", "b.example.net", "c.example.net"))
    server = engine([All()], found)
    given = [str(read(server.answer(query("www.example.com"), "192.0.2.9", 0)).answer[0][0]) for _ in range(4)]
    assert given == ["a.example.net.", "c.example.net.", "b.example.net.", "a.example.net."]


def test_of_domain_addresses_that_lead_to_drawn_answers_one_is_given_the_next_each_time():
    found = [
        domain("www.example.com", pool("c", "b.example.com", "cdn.example.net")),
        domain("b.example.com", pool("p", "192.0.2.1", "192.0.2.2")),
    ]
    server = engine([All(), Static()], *found)
    given = [
        [str(d) for r in read(server.answer(query("www.example.com"), "192.0.2.9", 0)).answer for d in r]
        for _ in range(4)
    ]
    assert given[0][0] == given[2][0] == "b.example.com."
    assert given[1] == given[3] == ["cdn.example.net."]
    assert {tuple(given[0][1:]), tuple(given[2][1:])} == {("192.0.2.1", "192.0.2.2"), ("192.0.2.2", "192.0.2.1")}


def test_a_domain_address_whose_target_does_not_exist_is_left_for_the_resolver_to_ask():
    found = domain("www.example.com", pool("c", "nope.example.com"))
    server = engine([All(), Static()], found)
    message = read(server.answer(query("www.example.com"), "192.0.2.9", 0))
    assert [[str(data) for data in rrset] for rrset in message.answer] == [["nope.example.com."]]
    assert message.authority == []


@pytest.mark.parametrize(
    ("text", "rtype", "zone"),
    [
        pytest.param("sub.example.com", "DS", "example.com", id="the DS of a child is its parent's"),
        pytest.param("sub.example.com", "A", "sub.example.com", id="all else is the child's"),
        pytest.param("x.sub.example.com", "DS", "sub.example.com", id="so is the DS of a name in it"),
        pytest.param("example.com", "DS", "example.com", id="a parent that is not ours has none here"),
    ],
)
def test_a_ds_record_stands_above_its_zone_where_both_are_ours(text, rtype, zone):
    served = service([Static()], others=[(names.parse("sub.example.com"), [Static()])])
    question = Question.of(text, rtype)
    assert served.chain(question.name, question.qtype).zone == names.parse(zone)


def test_a_record_that_led_to_a_name_too_long_is_given_once():
    dname = host("example.com").answer[0]
    cname = alias("www.example.com", "long.example.com").answer[0]
    served = engine(
        [
            Static(
                {
                    ("www.example.com", A): Records((dname, cname), cname.rdata),
                    ("long.example.com", A): TooLong((dname,)),
                }
            )
        ]
    )
    message = read(served.answer(query("www.example.com"), "192.0.2.1", 0), rcode=codes.YXDOMAIN)
    assert len(message.answer) == 2
