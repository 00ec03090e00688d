"""health: who is well enough to serve (R-20 to R-36)."""

from dataclasses import replace

import pytest

from gtm import Member, Mode
from gtm_plugins.health import HealthFilter
from tests.chain.making import address, pool
from tests.plugins.policies import facts, made

TEN = [f"192.0.2.{number}" for number in range(1, 11)]


def refused(item, *down):
    word = made(HealthFilter).admit(Member(item, 1), facts(down=down))
    return word.reason if word else None


@pytest.mark.parametrize(
    ("mode", "down", "reason"),
    [
        (Mode.AUTO, False, None),
        (Mode.AUTO, True, "it is down"),
        (Mode.UP, True, None),
        (Mode.DOWN, False, "its mode is down"),
    ],
)
def test_an_address_serves_by_its_mode_and_its_health(mode, down, reason):
    item = address("192.0.2.1", mode=mode)
    assert refused(item, *(["192.0.2.1"] if down else [])) == reason


@pytest.mark.parametrize("mode", [Mode.UP, Mode.DOWN])
def test_an_address_whose_mode_is_set_rests_on_what_operators_say_and_not_on_its_health(mode):
    read = facts()
    made(HealthFilter).admit(Member(address("192.0.2.1", mode=mode), 1), read)
    assert [one.name for one in read.reads.values()] == ["override of address:192.0.2.1"]


@pytest.mark.parametrize(
    ("percent", "up", "serves"),
    [
        (0, 1, True),
        (0, 0, False),
        (30, 3, True),
        (30, 2, False),
        (50, 5, True),
        (70, 6, False),
        (100, 9, False),
        (100, 10, True),
    ],
)
def test_a_pool_serves_when_enough_of_its_addresses_do(percent, up, serves):
    reason = refused(pool("p", *TEN, healthy_when=percent), *TEN[up:])
    assert (reason is None) is serves
    if reason:
        assert reason == f"{up} of 10 addresses are available, and {f'{percent} %' if percent else 'one'} must be"


def test_disabled_addresses_count_in_the_total_unless_told_otherwise():
    items = (address("192.0.2.1"), address("192.0.2.2", enabled=False))
    group = pool("p", *items, healthy_when=100)
    assert refused(group) == "1 of 2 addresses are available, and 100 % must be"
    assert refused(replace(group, count_disabled=False)) is None


def test_an_empty_pool_never_serves():
    assert refused(pool("p")) == "it has no address"
    assert refused(pool("p", healthy_when=100, count_disabled=False)) == "it has no address"
