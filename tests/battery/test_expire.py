"""The law of ``expire``, for every plugin that has it."""

import pytest

from gtm import Ranking
from tests.battery import laws
from tests.battery.implementers import having

VIOLATIONS = {
    "raising the TTL": (lambda choice, ttl, facts: ttl + 1, "raises the TTL from 30 to 31"),
    "a TTL below 0": (lambda choice, ttl, facts: -1, "-1 is no TTL"),
    "a TTL that is no number": (lambda choice, ttl, facts: "30", "'30' is no TTL"),
    "a TTL that is true": (lambda choice, ttl, facts: True, "True is no TTL"),
    "a TTL in fractions": (lambda choice, ttl, facts: ttl / 2, "is no TTL"),
    "a word of another kind": (lambda choice, ttl, facts: Ranking(), "is no TTL"),
    "raising": (lambda choice, ttl, facts: 1 // ttl, "ZeroDivisionError"),
}


@pytest.mark.parametrize(("plugin", "function"), having("expire"))
def test_whoever_has_it_keeps_its_law(plugin, function):
    assert laws.expire(plugin, function) == []


@pytest.mark.parametrize(("function", "wanted"), VIOLATIONS.values(), ids=VIOLATIONS.keys())
def test_whoever_breaks_it_is_found(function, wanted):
    assert any(wanted in fault for fault in laws.expire(None, function))
