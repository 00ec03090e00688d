"""Rankings, tiers, shares, and the words for health."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtm import Address, Health, Kind, Member, Share, Tier, meets

MEMBER = Member(Address("address:192.0.2.1", "192.0.2.1", Kind.IPV4), 1)


@pytest.mark.parametrize("weight", [-1, 65536, 1.0, True, "3", None])
def test_a_share_that_is_no_whole_number_in_range_is_refused(weight):
    with pytest.raises(ValueError, match="is not a whole number within 0 to 65535"):
        Share(MEMBER, weight)


@pytest.mark.parametrize("weight", [0, 1, 65535])
def test_a_share_in_range_is_taken(weight):
    assert Share(MEMBER, weight).weight == weight


def test_a_tier_of_members_gives_each_the_same_share():
    tier = Tier.of(MEMBER, MEMBER, give="one")
    assert tier == Tier((Share(MEMBER, 1), Share(MEMBER, 1)), "one")
    assert Tier.of(MEMBER).give == "all"


@given(st.integers(0, 100), st.integers(0, 100), st.integers(0, 100))
def test_enough_is_at_least_one_and_at_least_the_percentage(good, total, percent):
    assert meets(good, total, percent) == (good > 0 and (total == 0 or good / total >= percent / 100))


def test_all_but_exceptional_is_good():
    assert {health for health in Health if not health.is_good} == {Health.EXCEPTIONAL}
