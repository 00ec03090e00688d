"""weighted: one by weight (R-58, R-73)."""

import msgspec
import pytest

from gtm_plugins.weighted import Weighted
from tests.chain.making import pool
from tests.plugins.policies import made

POOL = pool("p", ("192.0.2.1", 3), ("192.0.2.2", 0), policy="weighted")


def test_one_tier_gives_one_member_each_with_its_weight():
    (tier,) = made(Weighted).rank(POOL).tiers
    assert (tier.give, tier.at_random) == ("one", False)
    assert [share.weight for share in tier.shares] == [3, 0]


def test_draws_may_be_independent():
    assert made(Weighted, draw="random").rank(POOL).tiers[0].at_random


def test_there_is_no_third_way_to_draw():
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"draw": "dice"}, Weighted.Options)


def test_groups_of_another_policy_are_passed():
    assert made(Weighted).rank(pool("p", "192.0.2.1", policy="sequence")) is None
