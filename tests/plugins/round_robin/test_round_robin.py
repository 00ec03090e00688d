"""round_robin: everybody in turn."""

from gtm_plugins.round_robin import RoundRobin
from tests.chain.making import domain, pool
from tests.plugins.policies import made, tiers


def test_every_member_stands_in_one_tier_that_gives_all():
    group = pool("p", "192.0.2.1", "192.0.2.2", policy="round_robin")
    ranking = made(RoundRobin).rank(group)
    assert tiers(ranking) == [["192.0.2.1", "192.0.2.2"]]
    assert (ranking.tiers[0].give, ranking.hold) == ("all", False)


def test_an_access_domain_is_ranked_like_a_pool():
    group = domain("www.example.com", pool("a", "192.0.2.1"), pool("b", "192.0.2.2"), policy="round_robin")
    assert tiers(made(RoundRobin).rank(group)) == [["a", "b"]]


def test_groups_of_another_policy_are_passed():
    assert made(RoundRobin).rank(pool("p", "192.0.2.1", policy="weighted")) is None
