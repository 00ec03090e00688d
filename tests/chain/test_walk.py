"""The walk: what each hook's word leads to."""

from dataclasses import replace

import pytest

from gtm import (
    MAX_TTL,
    NoData,
    NoName,
    Ranking,
    Record,
    Records,
    Referral,
    Refusal,
    Refused,
    Tier,
    TooLong,
    codes,
    hookimpl,
)
from gtm import name as names
from gtm.chain.ends import REFUSED
from gtm.chain.word import Static as StaticEnd
from gtm.chain.word import Steered
from gtm.health.table import State
from tests.chain.making import (
    SOA,
    ZONE,
    All,
    InTurn,
    Static,
    Stranger,
    address,
    domain,
    drawn,
    host,
    pool,
    service,
    walked,
)

HK = pool("hk", "192.0.2.1", "192.0.2.2")
SG = pool("sg", "192.0.2.3")
NOBODY = StaticEnd(ede=(0, "no pool fits this client"))


class Keeps(Stranger):
    """Refuses members by key."""

    name = "keeps"

    def __init__(self, *out):
        self._out = out

    @hookimpl
    def admit(self, member):
        return Refusal("kept out") if member.key in self._out else None


class Says(Stranger):
    """Gives one word at one hook."""

    name = "says"

    def __init__(self, **words):
        self._words = words

    @hookimpl
    def rank(self, group):
        return self._words.get("rank")

    @hookimpl
    def rescue(self, group):
        word = self._words.get("rescue")
        return word(group) if callable(word) else word

    @hookimpl
    def expire(self, ttl):
        return self._words.get("expire")

    @hookimpl
    def fallback(self):
        return self._words.get("fallback")


def ended(*plugins, domains=(), **more):
    walk, outcome, _ = walked(service(plugins, *domains), **more)
    assert walk.errors == []
    return outcome


def test_all_of_a_group_is_all_of_its_members():
    outcome = ended(All(), domains=[domain("www.example.com", HK, SG)])
    assert drawn(outcome) == [["192.0.2.1", "192.0.2.2"], ["192.0.2.3"]]
    assert (outcome.end.ttl, outcome.end.ttl_from) == (30, "domain:www.example.com/A")
    assert (outcome.end.choice.rescued, outcome.end.choice.complete) == (False, True)


@pytest.mark.parametrize(
    ("out", "wanted", "complete"),
    [
        ((), [["192.0.2.1"]], True),
        (("address:192.0.2.1",), [["192.0.2.2"]], False),
        (("address:192.0.2.1", "address:192.0.2.2"), [["192.0.2.3"]], False),
        (("pool:hk",), [["192.0.2.3"]], False),
    ],
)
def test_the_first_tier_in_which_anyone_is_admitted_is_taken(out, wanted, complete):
    outcome = ended(InTurn(), Keeps(*out), domains=[domain("www.example.com", HK, SG)])
    assert drawn(outcome) == wanted
    assert outcome.end.choice.complete is complete


def test_everyone_in_the_chain_is_asked_and_one_refusal_is_enough():
    steps = []
    _, outcome, _ = walked(service([All(), Keeps("pool:hk"), Keeps()], domain("www.example.com", HK, SG)), steps=steps)
    assert drawn(outcome) == [["192.0.2.3"]]
    said = [(step.plugin, step.word) for step in steps if step.hook == "admit" and step.member == "pool:hk"]
    assert said == [("keeps", "refused"), ("keeps", "pass")]


def test_a_disabled_member_never_takes_part():
    outcome = ended(All(), domains=[domain("www.example.com", pool("off", "192.0.2.9", enabled=False), SG)])
    assert drawn(outcome) == [["192.0.2.3"]]
    off = pool("p", address("192.0.2.9", enabled=False), "192.0.2.8")
    assert drawn(ended(All(), domains=[domain("www.example.com", off)])) == [["192.0.2.8"]]


def test_the_first_policy_that_answers_is_taken():
    plugins = [Says(rank=None), InTurn(), All()]
    assert drawn(ended(*plugins, domains=[domain("www.example.com", HK)])) == [["192.0.2.1"]]


def test_mine_and_empty_is_no_data_with_the_zones_soa():
    outcome = ended(Says(rank=Ranking()), All(), Static(), domains=[domain("www.example.com", HK)])
    (soa,) = outcome.end.authority
    assert (outcome.end.rcode, soa.owner, soa.rtype, soa.ttl) == (codes.NOERROR, ZONE, codes.SOA, 60)


@pytest.mark.parametrize("fallback", [None, Refused(), Records(()), NoName()])
def test_mine_and_empty_is_no_data_without_a_soa_where_the_zone_has_none(fallback):
    outcome = ended(Says(rank=Ranking(), fallback=fallback), domains=[domain("www.example.com", HK)])
    assert (outcome.end, outcome.answer) == (NOBODY, ())


class EmptyPools(Stranger):
    """Ranks access domains, and finds nobody for the client in the pools named."""

    name = "empty_pools"

    def __init__(self, *empty):
        self._empty = empty

    @hookimpl
    def rank(self, group):
        return Ranking() if group.key in self._empty else Ranking(tuple(Tier.of(member) for member in group.members))


def test_a_pool_that_has_nobody_for_the_client_ends_the_search():
    outcome = ended(EmptyPools("pool:hk"), Static(), domains=[domain("www.example.com", HK, SG)])
    assert outcome.end.authority[0].rtype == codes.SOA


def test_while_somebody_outside_the_tiers_may_serve_it_is_no_data_and_not_the_rescue():
    found = domain("www.example.com", HK, SG)
    ranking = Ranking((Tier.of(found.members[0]),))

    class First(Stranger):
        @hookimpl
        def rank(self, group):
            return ranking if group is found else Ranking((Tier.of(*group.members),))

    rescue = Says(rescue=lambda group: Ranking((Tier.of(*group.members),)))
    assert ended(First(), Keeps("pool:hk"), rescue, domains=[found]).end == NOBODY
    outcome = ended(First(), Keeps("pool:hk", "pool:sg"), rescue, domains=[found])
    assert outcome.end.choice.rescued


def test_when_everyone_is_refused_the_rescue_answers_without_asking_admit():
    rescue = Says(rescue=lambda group: Ranking((Tier.of(group.members[0]),)))
    outcome = ended(All(), Keeps("pool:hk"), rescue, domains=[domain("www.example.com", HK)])
    assert drawn(outcome) == [["192.0.2.1"]]
    assert (outcome.end.choice.rescued, outcome.end.choice.complete) == (True, False)


def test_the_rescue_leaves_disabled_members_out_and_goes_on_to_the_next_tier():
    off, empty = pool("off", "192.0.2.9", enabled=False), pool("empty", address("192.0.2.8", enabled=False))
    rescue = Says(rescue=lambda group: Ranking(tuple(Tier.of(member) for member in group.members)))
    found = [domain("www.example.com", off, empty, HK)]
    assert drawn(ended(All(), Keeps("pool:hk"), rescue, domains=found)) == [["192.0.2.1"]]


@pytest.mark.parametrize("word", [None, Ranking()])
def test_when_the_rescue_has_nobody_either_the_zone_answers(word):
    static = Static({("www.example.com", codes.A): host("www.example.com")})
    outcome = ended(All(), Keeps("pool:hk"), Says(rescue=word), static, domains=[domain("www.example.com", HK)])
    assert outcome.answer[0].rdata == b"\xc0\0\2\1"


def test_a_rescue_may_be_an_ending():
    outcome = ended(All(), Keeps("pool:hk"), Says(rescue=NoData(SOA)), domains=[domain("www.example.com", HK)])
    assert outcome.end.authority == (SOA,)


def test_an_ending_in_place_of_a_pools_rescue_leaves_the_pool_out():
    def rescue(group):
        return NoData() if group is HK else Ranking((Tier.of(*group.members),))

    found = [domain("www.example.com", HK, SG)]
    assert drawn(ended(All(), Keeps("pool:hk", "pool:sg"), Says(rescue=rescue), domains=found)) == [["192.0.2.3"]]


@pytest.mark.parametrize(
    ("words", "ttl"),
    [([None], 30), ([10], 10), ([10, 20], 10), ([20, 10], 10), ([MAX_TTL], 30), ([0], 0), ([None, 30], 30)],
)
def test_the_smallest_ttl_wins_and_nobody_raises_it(words, ttl):
    outcome = ended(All(), *(Says(expire=word) for word in words), domains=[domain("www.example.com", HK)])
    assert outcome.end.ttl == ttl
    assert outcome.end.ttl_from == ("says" if ttl in words else "domain:www.example.com/A")


def test_expire_is_told_the_ttl_so_far():
    told = []

    class Tells(Stranger):
        @hookimpl
        def expire(self, choice, ttl, facts):
            told.append((choice.domain.ttl, ttl))

    ended(All(), Tells(), Says(expire=5), Tells(), domains=[domain("www.example.com", HK)])
    assert told == [(30, 30), (30, 5)]


NS = Record(ZONE, codes.NS, 60, names.parse("ns.example.com"))
GLUE = Record(names.parse("ns.example.com"), codes.A, 60, bytes(4))


@pytest.mark.parametrize(
    ("word", "answer", "end"),
    [
        (NoData(SOA), (), StaticEnd(authority=(SOA,))),
        (NoData(), (), StaticEnd()),
        (NoData(remark="as you like it"), (), StaticEnd(ede=(0, "as you like it"))),
        (NoName(SOA), (), StaticEnd(codes.NXDOMAIN, authority=(SOA,))),
        (NoName(), (), StaticEnd(codes.NXDOMAIN)),
        (Refused(), (), REFUSED),
        (None, (), REFUSED),
        (Records((GLUE,), None, (NS,)), (GLUE,), StaticEnd(optional=(NS,))),
        (Referral((NS,), (GLUE,), (SOA,)), (), StaticEnd(0, False, (NS,), (GLUE,), (SOA,))),
        (TooLong((NS,)), (NS,), StaticEnd(codes.YXDOMAIN)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_each_ending_of_the_zone_becomes_its_message(word, answer, end):
    outcome = ended(Says(fallback=word), text="other.example.com")
    assert (outcome.answer, outcome.end) == (answer, end)


@pytest.mark.parametrize(
    ("text", "rtype", "steered"),
    [
        ("www.example.com", "A", True),
        ("www.example.com", "ANY", True),
        ("www.example.com", "AAAA", False),
        ("www.example.com", "TXT", False),
        ("sub.www.example.com", "A", False),
    ],
)
def test_an_access_domain_covers_its_own_name_and_type_and_any(text, rtype, steered):
    outcome = ended(All(), Static(), domains=[domain("www.example.com", HK)], text=text, rtype=rtype)
    assert isinstance(outcome.end, Steered) is steered


@pytest.mark.parametrize("rtype", ["A", "AAAA", "TXT", "CNAME", "ANY"])
def test_a_cname_domain_covers_every_type_without_a_domain_of_its_own(rtype):
    alias = domain("www.example.com", pool("cdn", "cdn.example.net"), qtype=codes.CNAME)
    assert drawn(ended(All(), domains=[alias], rtype=rtype)) == [["cdn.example.net"]]
    both = [alias, domain("www.example.com", HK)]
    wanted = [["192.0.2.1", "192.0.2.2"]] if rtype in ("A", "ANY") else [["cdn.example.net"]]
    assert drawn(ended(All(), domains=both, rtype=rtype)) == wanted


@pytest.mark.parametrize("text", ["www.example.com", "b.example.com"])
def test_no_name_becomes_no_data_where_an_access_domain_makes_the_name_exist(text):
    found = [domain("www.example.com", HK), domain("a.b.example.com", HK)]
    assert ended(All(), Static(), domains=found, text=text, rtype="TXT").end == StaticEnd(authority=(SOA,))
    assert ended(All(), Says(), domains=found, text=text, rtype="TXT").end == StaticEnd()
    assert ended(All(), Static(), domains=found, text="c.example.com").end.rcode == codes.NXDOMAIN


@pytest.mark.parametrize("change", [{"enabled": False}, {"members": ()}])
def test_an_access_domain_that_schedules_nothing_is_not_there(change):
    found = replace(domain("www.example.com", HK), **change)
    assert ended(All(), Static(), domains=[found]).end.rcode == codes.NXDOMAIN


def test_a_sticky_group_asks_to_hold_whom_it_chose():
    found = domain("www.example.com", HK, SG, preemptive=False)
    walk, _, facts = walked(service([InTurn(), Keeps("pool:hk")], found), world=State())
    assert walk.holds == {"domain:www.example.com/A": "pool:sg"}
    assert all(read.by == "" for read in facts.reads.values())


def test_a_choice_is_complete_unless_somebody_enabled_was_refused():
    off = pool("p", address("192.0.2.1", enabled=False), "192.0.2.2")
    refuses = replace(off, members=(replace(off.members[0], item=address("192.0.2.1")), off.members[1]))
    for group, complete in ((off, True), (refuses, False)):
        _, outcome, _ = walked(service([Keeps("address:192.0.2.1"), All()], domain("www.example.com", group)))
        assert outcome.end.choice.complete is complete
