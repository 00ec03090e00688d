"""Splicing: what is drawn is what was chosen, in octets that dnspython reads."""

from collections import Counter
from random import Random

import pytest

from gtm import Ranking, Records, Share, Tier, codes, hookimpl
from gtm.chain.draw import Draws
from gtm.chain.splice import FAILED, prepare
from gtm.chain.word import Outcome
from gtm.chain.word import Static as StaticEnd
from gtm.dns.transport import TCP
from gtm.model.question import Question
from tests.chain.making import All, Static, Stranger, alias, domain, engine, host, pool, query, service, walked
from tests.engine.reading import read, values


class Weighted(Stranger):
    """Gives one by weight where the policy says so."""

    name = "weighted"

    def __init__(self, *, at_random=False):
        self._at_random = at_random

    @hookimpl
    def rank(self, group):
        if group.policy != "weighted":
            return None
        return Ranking((Tier(tuple(Share(m, m.weight) for m in group.members), "one", self._at_random),))


def many(server, count, text="www.example.com"):
    return [values(server.answer(query(text), "198.51.100.1", 0)) for _ in range(count)]


def test_all_of_a_pool_rotate_right_by_one():
    server = engine([All()], domain("www.example.com", pool("p", "192.0.2.1", "192.0.2.2", "192.0.2.3")))
    assert ["".join(value[-1] for value in answer) for answer in many(server, 4)] == ["123", "312", "231", "123"]


def test_blocks_of_pools_rotate_and_each_block_rotates_within():
    found = domain("www.example.com", pool("a", "192.0.2.1", "192.0.2.2"), pool("b", "192.0.2.3", "192.0.2.4"))
    server = engine([All()], found)
    answers = ["".join(value[-1] for value in answer) for answer in many(server, 4)]
    for answer in answers:
        assert {frozenset(answer[:2]), frozenset(answer[2:])} == {frozenset("12"), frozenset("34")}
    assert len({answer[0] for answer in answers}) > 1


def test_more_members_than_are_laid_out_still_rotate():
    items = [f"192.0.2.{number}" for number in range(1, 71)]
    server = engine([All()], domain("www.example.com", pool("p", *items)))
    packet = query("www.example.com", size=4096)
    one, two = (values(server.answer(packet, "198.51.100.1", 0, TCP)) for _ in range(2))
    assert (one, two) == (items, [items[-1], *items[:-1]])


@pytest.mark.parametrize("at_random", [False, True])
def test_one_by_weight_is_one_record_in_its_share(at_random):
    found = domain(
        "www.example.com", pool("p", ("192.0.2.1", 3), ("192.0.2.2", 1), ("192.0.2.3", 0), policy="weighted")
    )
    answers = many(engine([Weighted(at_random=at_random), All()], found), 4000)
    assert {len(answer) for answer in answers} == {1}
    counts = Counter(answer[0] for answer in answers)
    assert "192.0.2.3" not in counts
    assert abs(counts["192.0.2.1"] - 3000) <= (150 if at_random else 2)


def test_a_weighted_pool_within_a_rotation_of_pools_gives_one_a_block():
    weighted = pool("w", ("192.0.2.1", 1), ("192.0.2.2", 1), policy="weighted")
    answers = many(engine([Weighted(), All()], domain("www.example.com", weighted, pool("b", "192.0.2.3"))), 200)
    assert all(len(answer) == 2 and "192.0.2.3" in answer for answer in answers)
    assert sum("192.0.2.1" in answer for answer in answers) in range(98, 103)


def test_aliases_before_the_answer_and_the_case_of_the_question_are_kept():
    records = alias("www.example.com", "deep.sub.example.com")
    static = Static({("www.example.com", codes.A): records})
    server = engine([All(), static], domain("deep.sub.example.com", pool("p", "192.0.2.1", "192.0.2.2")))
    for text in ("www.example.com", "WwW.eXaMpLe.CoM"):
        message = read(server.answer(query(text), "198.51.100.1", 0))
        owners = [str(rrset.name) for rrset in message.answer]
        assert [owner.lower() for owner in owners] == ["www.example.com.", "deep.sub.example.com."]
        assert str(message.question[0].name) == text + "."


def test_ipv6_addresses_are_answered_as_aaaa():
    server = engine([All()], domain("www.example.com", pool("p", "2001:db8::1"), qtype=codes.AAAA))
    assert values(server.answer(query("www.example.com", "AAAA"), "198.51.100.1", 0)) == ["2001:db8::1"]


def test_ttls_are_cut_to_the_most_that_a_clock_allows():
    question = Question.of("www.example.com")
    outcome = Outcome(question, host("www.example.com", ttl=600).answer, StaticEnd())
    head, octets = prepare(question, outcome, Draws(Random(1)), 17).draw()
    message = read(b"\0\1" + head[1] + question.name + b"\0\1\0\1" + octets)
    assert message.answer[0].ttl == 17


def test_a_static_end_has_its_sections_and_a_brief_form_without_the_optional_ones():
    question = Question.of("example.com", "NS")
    ns = Records(tuple(host(f"ns{n}.example.com").answer[0] for n in range(3)))
    outcome = Outcome(
        question, (), StaticEnd(authority=ns.answer[:1], additional=ns.answer[1:2], optional=ns.answer[2:])
    )
    plan = prepare(question, outcome, Draws(Random(1)))
    for (head, octets), additional in ((plan.draw(), 2), (plan.brief, 1)):
        message = read(b"\0\1" + head[1] + question.name + b"\0\2\0\1" + octets)
        assert (len(message.answer), len(message.authority), len(message.additional)) == (0, 1, additional)
    assert prepare(question, FAILED, Draws(Random(1))).brief is None


def test_draw_states_outlive_the_plan():
    draws = Draws(Random(1))
    question = Question.of("www.example.com")
    found = domain("www.example.com", pool("p", "192.0.2.1", "192.0.2.2", "192.0.2.3"))
    firsts = []
    for _ in range(4):
        _, outcome, _ = walked(service([All()], found))
        _, octets = prepare(question, outcome, draws).draw()
        firsts.append(octets[15])
    assert firsts == [1, 3, 2, 1]
