"""sequence: the first that may serve, and whom it holds (R-53 to R-57)."""

from dataclasses import replace

from gtm_plugins.sequence import Sequence
from tests.chain.making import pool
from tests.plugins.policies import facts, made, tiers

POOL = pool("p", "192.0.2.1", "192.0.2.2", "192.0.2.3", policy="sequence")
STICKY = replace(POOL, preemptive=False)


def test_each_member_is_a_tier_in_the_order_of_its_number():
    backwards = replace(POOL, members=POOL.members[::-1])
    assert tiers(made(Sequence).rank(backwards, facts())) == [["192.0.2.1"], ["192.0.2.2"], ["192.0.2.3"]]


def test_a_preemptive_group_never_asks_whom_it_held():
    read = facts(held={"pool:p": "address:192.0.2.3"})
    ranking = made(Sequence).rank(POOL, read)
    assert (tiers(ranking)[0], ranking.hold, read.reads) == (["192.0.2.1"], False, {})


def test_the_held_member_comes_before_all_others_and_stays_held():
    ranking = made(Sequence).rank(STICKY, facts(held={"pool:p": "address:192.0.2.3"}))
    assert tiers(ranking) == [["192.0.2.3"], ["192.0.2.1"], ["192.0.2.2"]]
    assert ranking.hold


def test_a_held_member_that_is_gone_changes_no_order():
    ranking = made(Sequence).rank(STICKY, facts(held={"pool:p": "address:192.0.2.9"}))
    assert tiers(ranking) == [["192.0.2.1"], ["192.0.2.2"], ["192.0.2.3"]]


def test_groups_of_another_policy_are_passed():
    assert made(Sequence).rank(replace(STICKY, policy="nearest"), facts()) is None
