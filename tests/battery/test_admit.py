"""The law of ``admit``, for every plugin that has it."""

import time

import pytest

from gtm import Ranking, Refusal
from tests.battery import laws
from tests.battery.implementers import having

VIOLATIONS = {
    "a yes": (lambda member, facts: True, "neither None nor a Refusal"),
    "a no without a reason": (lambda member, facts: Refusal(""), "with a reason"),
    "a reason that is no text": (lambda member, facts: Refusal(None), "with a reason"),
    "adding somebody": (lambda member, facts: Ranking(), "neither None nor a Refusal"),
    "a clock of its own": (lambda member, facts: Refusal("late") if time.time() % 2 else None, "reached for the world"),
    "another word each time": (lambda member, facts: Refusal(str(id(facts))), "another word"),
    "raising": (lambda member, facts: 1 / 0, "ZeroDivisionError"),
}


@pytest.mark.parametrize(("plugin", "function"), having("admit"))
def test_whoever_has_it_keeps_its_law(plugin, function):
    assert laws.admit(plugin, function) == []


@pytest.mark.parametrize(("function", "wanted"), VIOLATIONS.values(), ids=VIOLATIONS.keys())
def test_whoever_breaks_it_is_found(function, wanted):
    assert any(wanted in fault for fault in laws.admit(None, function))
