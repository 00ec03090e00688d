"""rescue: the last resort (R-80 to R-86)."""

from dataclasses import replace

import pytest

from gtm import Mode, NoData, Record, Records, codes
from gtm import name as names
from gtm.chain.facts import Clients, Facts
from gtm.health.table import State
from gtm_plugins.rescue import Rescue
from tests.chain.making import NOON, SOMEBODY, address, domain, pool
from tests.plugins.policies import made, tiers

A, B, C = (pool(name, f"192.0.2.{number}") for number, name in enumerate("abc", 1))
LINED = domain("www.example.com", (A, ("telecom",)), (B, ("default",)), (C, ("default",)), policy="nearest")
TWO = domain("www.example.com", pool("p", "192.0.2.1", "192.0.2.2"), pool("q", "192.0.2.3"), ttl=20)


def rescued(group, *, last=(), **words):
    state = State(
        words={key.replace("_", ":", 1): word for key, word in words.items()},
        last={group.key: tuple(f"address:{value}" for value in last)} if last else {},
    )
    return made(Rescue).rescue(group, Facts(SOMEBODY, state, Clients(8), NOON))


def values(ending):
    assert isinstance(ending, Records)
    return [".".join(map(str, record.rdata)) for record in ending.answer]


def test_the_pool_with_the_smallest_number_comes_first():
    assert tiers(rescued(replace(LINED, policy="sequence"))) == [["a"], ["b"], ["c"]]


def test_under_nearest_the_default_line_comes_first():
    assert tiers(rescued(LINED)) == [["b"], ["c"], ["a"]]


def test_without_a_default_line_the_smallest_number_comes_first_under_nearest_too():
    bare = domain("www.example.com", (A, ("telecom",)), (B, ()), policy="nearest")
    assert tiers(rescued(bare)) == [["a"], ["b"]]


def test_a_pool_gives_all_of_its_addresses_whatever_its_policy():
    ranking = rescued(pool("p", "192.0.2.1", "192.0.2.2", policy="sequence"))
    assert tiers(ranking) == [["192.0.2.1", "192.0.2.2"]]
    assert ranking.tiers[0].give == "all"


def test_disabled_ones_and_those_taken_out_by_hand_stay_out():
    off, out = address("192.0.2.1", enabled=False), address("192.0.2.2", mode=Mode.DOWN)
    assert tiers(rescued(pool("p", off, out, "192.0.2.3"))) == [["192.0.2.3"]]
    dead, disabled = pool("dead", off, out), replace(A, enabled=False)
    assert tiers(rescued(domain("www.example.com", dead, disabled, pool("empty"), B))) == [["b"]]


@pytest.mark.parametrize("word", ["drain", "down"])
def test_whom_an_operator_took_out_stays_out(word):
    assert tiers(rescued(LINED, pool_b=word)) == [["c"], ["a"]]
    assert tiers(rescued(LINED, **{"address_192.0.2.2": word})) == [["c"], ["a"]]
    assert tiers(rescued(TWO.members[0].item, **{"address_192.0.2.1": word})) == [["192.0.2.2"]]


def test_an_override_outweighs_the_mode_that_stands_in_the_corefile():
    out = pool("p", address("192.0.2.1", mode=Mode.DOWN))
    assert tiers(rescued(out, **{"address_192.0.2.1": "up"})) == [["192.0.2.1"]]


def test_it_passes_when_nothing_is_left():
    assert rescued(domain("www.example.com", pool("empty"), replace(A, enabled=False))) is None


def test_those_that_were_available_last_are_given_in_their_order_with_the_ttl_of_the_access_domain():
    told = rescued(replace(TWO, when_all_down="last"), last=["192.0.2.3", "192.0.2.1"])
    assert values(told) == ["192.0.2.3", "192.0.2.1"]
    assert {(record.owner, record.rtype, record.ttl) for record in told.answer} == {(TWO.name, codes.A, 20)}


@pytest.mark.parametrize(
    ("words", "wanted"),
    [({"address_192.0.2.1": "drain"}, ["192.0.2.3"]), ({"pool_q": "down"}, ["192.0.2.1"])],
    ids=["an address drained", "a pool forced down"],
)
def test_of_those_that_were_available_last_whom_an_operator_took_out_stays_out(words, wanted):
    assert values(rescued(replace(TWO, when_all_down="last"), last=["192.0.2.3", "192.0.2.1"], **words)) == wanted


@pytest.mark.parametrize("last", [[], ["192.0.2.77"]], ids=["nobody known", "one that is gone"])
def test_where_none_are_left_of_those_that_were_available_last_all_are_given(last):
    assert tiers(rescued(replace(TWO, when_all_down="last"), last=last)) == [["p"], ["q"]]


def test_of_aliases_that_were_available_last_one_is_given():
    aliases = domain("www.example.com", pool("p", "a.example.net", "b.example.net"), when_all_down="last", ttl=20)
    told = rescued(aliases, last=["b.example.net", "a.example.net"])
    assert told == Records((Record(aliases.name, codes.CNAME, 20, names.parse("b.example.net")),))


def test_addresses_that_were_available_last_are_given_without_aliases_behind_them():
    mixed = domain("www.example.com", pool("p", "192.0.2.1"), pool("q", "a.example.net"), when_all_down="last")
    assert values(rescued(mixed, last=["192.0.2.1", "a.example.net"])) == ["192.0.2.1"]


def test_none_is_an_answer_without_addresses_and_zone_leaves_it_to_the_zone():
    assert rescued(replace(TWO, when_all_down="none")) == NoData()
    assert rescued(replace(TWO, when_all_down="zone")) is None


@pytest.mark.parametrize(
    ("qtype", "value", "rdata"),
    [
        (codes.A, "192.0.2.99", b"\xc0\0\2\x63"),
        (codes.AAAA, "::1", bytes(15) + b"\1"),
        (codes.CNAME, "sorry.example.net", names.parse("sorry.example.net")),
    ],
    ids=["A", "AAAA", "CNAME"],
)
def test_named_addresses_are_given_as_they_stand(qtype, value, rdata):
    group = replace(TWO, qtype=qtype, when_all_down=(value,))
    assert rescued(group, pool_p="drain", pool_q="drain") == Records((Record(TWO.name, qtype, 20, rdata),))
