"""The world: what follows from what was told follows at once, whatever the order, and nothing else moves."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtm import Check, Ranking, Tier, Verdict, hookimpl
from gtm.health.table import Belief, Table, judge
from gtm.health.world import Looking, World, addresses
from gtm_plugins.rescue import Rescue
from tests.chain.making import NOON, All, Healthy, InTurn, address, domain, drawn, pool, service, walked
from tests.plugins.policies import made

UP, DOWN = Verdict.UP, Verdict.DOWN


def checked(number):
    value = f"192.0.2.{number}"
    return address(value, checks=(Check("web", 80, value),))


def key(number):
    return f"check:web:80@192.0.2.{number}"


P, Q = pool("p", checked(1), checked(2)), pool("q", checked(2), checked(3), healthy_when=100)
ONE = domain("one.example.com", P, Q, when_all_down="last")
TWO = domain("two.example.com", Q, when_all_down="last")
SERVED = service([All()], ONE, TWO, domain("three.example.com", P))


def learned(world, word, *numbers):
    world.learn(world.table.saying({key(number): Belief(word) for number in numbers}), NOON)
    return world


def able(domain, state, told):
    """Say once more who of an access domain was told to be well and may be answered: in those pools in which enough are."""
    words, found = state.words, []
    for group in (member.item for member in domain.members):
        mine = [member.key for member in group.members]
        good = [each for each in mine if words.get(each, "up" if each not in state.down else "down") == "up"]
        word = words.get(group.key)
        enough = len(good) == len(mine) if group.healthy_when and word != "up" else bool(good)
        found += good if enough and word not in ("drain", "down") else []
    return tuple(dict.fromkeys(each for each in found if each in told or words.get(each) == "up"))


STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from([1, 2, 3]), st.sampled_from([UP, DOWN])),
        st.tuples(
            st.sampled_from(["address:192.0.2.1", "address:192.0.2.2", "address:192.0.2.3", "pool:p", "pool:q"]),
            st.sampled_from(["drain", "up", "down", None]),
        ),
        st.just(("exchange", None)),
    ),
    min_size=1,
    max_size=25,
)


@given(STEPS)
def test_who_is_down_and_who_was_available_last_follow_from_all_that_was_told(steps):
    world, last, told = World(SERVED), {}, set()
    for subject, word in steps:
        if subject == "exchange":
            world.exchange(SERVED, NOON)
        elif isinstance(word, Verdict):
            told.add(f"address:192.0.2.{subject}")
            learned(world, word, subject)
        else:
            words = {**world.state.words, subject: word}
            world.heed({on: said for on, said in words.items() if said}, NOON)
        assert world.state.down == {each.key for each in addresses(SERVED) if not judge(each, world.table).is_good}
        for each in (ONE, TWO):
            if now := able(each, world.state, told):
                last[each.key] = now
        assert world.state.last == last


def test_where_all_fail_at_once_those_who_were_there_before_were_available_last():
    world = learned(learned(World(SERVED), UP, 1, 2, 3), DOWN, 1, 2, 3)
    assert world.state.last[ONE.key] == tuple(f"address:192.0.2.{number}" for number in (1, 2, 3))


def test_a_belief_without_a_new_verdict_moves_nothing():
    world = learned(World(SERVED), DOWN, 1)
    before = world.state
    world.learn(world.table.saying({key(1): Belief(DOWN, reason="timed out", against=1)}), NOON + 1)
    world.heed({}, NOON + 1)
    world.settle(NOON + 2)
    assert world.state is before
    assert world.table.beliefs[key(1)].reason == "timed out"


def test_no_fresh_result_keeps_the_last_state_for_ever_and_only_people_see_that_it_is_stale():
    world = World(SERVED)
    world.learn(Table({key(1): Belief(DOWN, until=NOON + 48)}), NOON)
    before = world.state
    for days in range(1, 400):
        world.settle(NOON + 86400 * days)
    assert world.state is before
    assert world.table.beliefs[key(1)].until < NOON + 86400


def test_what_was_available_last_before_a_restart_is_recalled_and_what_is_known_since_outweighs_it():
    world = World(SERVED)
    world.recall({ONE.key: ("address:192.0.2.3",), TWO.key: ("address:192.0.2.2",)}, NOON)
    learned(world, DOWN, 1, 2, 3)
    assert world.state.last == {ONE.key: ("address:192.0.2.3",), TWO.key: ("address:192.0.2.2",)}
    learned(world, UP, 1)
    world.recall({ONE.key: ("address:192.0.2.3",)}, NOON)
    assert world.state.last[ONE.key] == ("address:192.0.2.1",)


@pytest.mark.parametrize("order", [[(1, 2, 3)], [(1,), (2,), (3,)], [(3,), (2,), (1,)], [(3,), (1, 2)]])
def test_who_was_not_probed_yet_does_not_outweigh_who_was_available_last_before_a_restart(order):
    world = World(SERVED)
    world.hold({}, NOON)
    world.recall({ONE.key: ("address:192.0.2.3",)}, NOON)
    for numbers in order:
        learned(world, DOWN, *numbers)
        assert world.state.last[ONE.key] == ("address:192.0.2.3",)


def test_where_nobody_was_ever_known_to_be_available_nobody_was_the_last():
    world = World(SERVED)
    world.hold({}, NOON)
    for number in (3, 1, 2):
        learned(world, DOWN, number)
    assert world.state.last == {}


def test_who_has_no_check_is_known_to_be_available():
    world = World(service([All()], domain("www.example.com", pool("p", "192.0.2.1"), when_all_down="last")))
    world.hold({}, NOON)
    world.heed({"pool:p": "down"}, NOON)
    assert world.state.last == {"domain:www.example.com/A": ("address:192.0.2.1",)}


def test_an_access_domain_that_does_not_ask_for_it_any_more_is_not_remembered():
    world = learned(World(SERVED), UP, 1, 2, 3)
    assert world.state.last.keys() == {ONE.key, TWO.key}
    world.exchange(service([All()], ONE, replace(TWO, when_all_down="all")), NOON)
    assert world.state.last.keys() == {ONE.key}


def test_who_leaves_while_he_is_down_stays_down_for_those_who_still_answer_from_the_service_before():
    world = learned(World(SERVED), DOWN, 1, 2)
    world.exchange(service([All()], TWO), NOON)
    assert world.state.down == {"address:192.0.2.1", "address:192.0.2.2"}
    world.exchange(service([All()], TWO), NOON)
    assert world.state.down == {"address:192.0.2.2"}, "nobody knows him any more"
    world.exchange(SERVED, NOON, Table())
    assert world.state.down == frozenset(), "nothing is known of them"


def test_what_is_believed_of_some_has_the_consequences_of_the_whole_table():
    world, other = World(SERVED), World(SERVED)
    for beliefs in (
        {key(1): Belief(DOWN), key(3): Belief(UP)},
        {key(1): Belief(DOWN, reason="again")},
        {key(3): Belief(DOWN)},
    ):
        world.believe(beliefs, NOON)
        other.learn(other.table.saying(beliefs), NOON)
        assert (world.table, world.state) == (other.table, other.state)


def test_a_sticky_group_is_settled_in_the_same_step_as_the_verdict_that_moved_it():
    group = replace(P, preemptive=False)
    served = service([InTurn(), Healthy()], domain("www.example.com", group))
    world = World(served)
    world.exchange(served, NOON)
    assert world.state.held["pool:p"] == "address:192.0.2.1"
    world.hold({"pool:p": "address:192.0.2.2"}, NOON)
    assert world.state.down == frozenset()
    learned(world, DOWN, 1)
    assert world.state.down == {"address:192.0.2.1"}
    assert world.state.held["pool:p"] == "address:192.0.2.2"


@pytest.mark.parametrize("word", ["drain", "up", "down"])
def test_a_word_is_seen_by_who_looks_at_the_state(word):
    world = World(SERVED)
    world.heed({"address:192.0.2.1": word}, NOON)
    sight = Looking(world.state)
    assert sight.enabled(checked(1)) is (word != "drain")
    assert sight.mode(checked(1)).value == ("auto" if word == "drain" else word)
    assert sight.mode(P).value == "auto"


class Holding(InTurn):
    """Ranks whom a group holds first."""

    @hookimpl
    def rank(self, group, facts):
        held = facts.held(group)
        ordered = sorted(group.members, key=lambda member: member.key != held)
        return Ranking(tuple(Tier.of(member) for member in ordered), hold=not group.preemptive)


def test_sticky_pools_hold_on_when_they_come_to_have_both_kinds_of_addresses_and_the_other_way_round():
    four = [address("192.0.2.1"), address("192.0.2.2")]
    one = domain("www.example.com", pool("other", "192.0.2.9"), pool("hk", *four, preemptive=False), preemptive=False)
    half = domain(
        "www.example.com", pool("other", "192.0.2.9"), pool("hk/IPv4", *four, preemptive=False), preemptive=False
    )
    world = World(service([Holding()], one))
    world.hold({"pool:hk": four[1].key, one.key: "pool:hk"}, NOON)
    for served, key in ((half, "pool:hk/IPv4"), (one, "pool:hk")):
        world.exchange(service([Holding()], served), NOON)
        assert world.state.held == {key: four[1].key, one.key: key}


@given(st.lists(st.tuples(st.sampled_from([1, 2, 3, 4]), st.sampled_from([UP, DOWN])), max_size=20))
def test_before_all_that_rests_on_it_is_settled_a_verdict_is_answered_as_afterwards(steps):
    """So it need not wait for that, which takes long where many groups rest on it."""
    pools = [pool(name, checked(one), checked(two), preemptive=False) for name, one, two in (("p", 1, 2), ("q", 3, 4))]
    one = domain("www.example.com", *pools, preemptive=False, when_all_down="last")
    served = service([Holding(), Healthy(), made(Rescue)], one)
    world = World(served)
    world.hold({}, NOON)
    for number, word in steps:
        world.hear({key(number): Belief(word)})
        before = answered(served, world.state)
        world.settle(NOON)
        assert answered(served, world.state) == before


def answered(served, state):
    """List who is answered, or give how it ends where all are down."""
    _, outcome, _ = walked(served, world=state)
    return drawn(outcome) if hasattr(outcome.end, "choice") else outcome.end
