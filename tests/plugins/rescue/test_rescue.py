"""rescue: the last resort (R-80 to R-86)."""

from dataclasses import replace

from gtm import Mode
from gtm_plugins.rescue import Rescue
from tests.chain.making import address, domain, pool
from tests.plugins.policies import made, tiers

A, B, C = (pool(name, f"192.0.2.{number}") for number, name in enumerate("abc", 1))
LINED = domain("www.example.com", (A, ("telecom",)), (B, ("default",)), (C, ("default",)), policy="nearest")


def test_the_pool_with_the_smallest_number_comes_first():
    assert tiers(made(Rescue).rescue(replace(LINED, policy="sequence"))) == [["a"], ["b"], ["c"]]


def test_under_nearest_the_default_line_comes_first():
    assert tiers(made(Rescue).rescue(LINED)) == [["b"], ["c"], ["a"]]


def test_without_a_default_line_the_smallest_number_comes_first_under_nearest_too():
    bare = domain("www.example.com", (A, ("telecom",)), (B, ()), policy="nearest")
    assert tiers(made(Rescue).rescue(bare)) == [["a"], ["b"]]


def test_a_pool_gives_all_of_its_addresses_whatever_its_policy():
    ranking = made(Rescue).rescue(pool("p", "192.0.2.1", "192.0.2.2", policy="sequence"))
    assert tiers(ranking) == [["192.0.2.1", "192.0.2.2"]]
    assert ranking.tiers[0].give == "all"


def test_disabled_ones_and_those_taken_out_by_hand_stay_out():
    off, out = address("192.0.2.1", enabled=False), address("192.0.2.2", mode=Mode.DOWN)
    assert tiers(made(Rescue).rescue(pool("p", off, out, "192.0.2.3"))) == [["192.0.2.3"]]
    dead, disabled = pool("dead", off, out), replace(A, enabled=False)
    assert tiers(made(Rescue).rescue(domain("www.example.com", dead, disabled, pool("empty"), B))) == [["b"]]


def test_it_passes_when_nothing_is_left():
    assert made(Rescue).rescue(domain("www.example.com", pool("empty"), replace(A, enabled=False))) is None
