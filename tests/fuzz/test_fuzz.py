"""A short run over each fuzzed target, by hypothesis: octets of any kind, and what the target begins with, changed."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.test_flood import mutated
from tests.fuzz.__main__ import NAMES
from tests.fuzz.targets import targets

TARGETS = targets()


def test_every_target_is_run():
    assert tuple(TARGETS) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_what_a_target_begins_with_shows_no_fault(name):
    for octets in TARGETS[name].seeds:
        TARGETS[name].run(octets)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=200)
@given(octets=st.binary(max_size=600))
def test_no_octets_show_a_fault(name, octets):
    TARGETS[name].run(octets)


@pytest.mark.parametrize("name", NAMES)
def test_no_change_of_what_it_begins_with_shows_a_fault(name):
    chance, seeds = Random(2), TARGETS[name].seeds
    for number in range(300):
        TARGETS[name].run(mutated(seeds[number % len(seeds)], seeds, chance))
