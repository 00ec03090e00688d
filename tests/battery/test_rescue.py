"""The law of ``rescue``, for every plugin that has it."""

from itertools import count

import pytest

from gtm import NoName, Ranking, Records, Refusal, Tier
from tests.battery import laws
from tests.battery.implementers import having
from tests.chain.making import pool

TURN = count()
STRANGERS = pool("strangers", "203.0.113.1").members
VIOLATIONS = {
    "a word of another kind": (lambda group, facts: Refusal("no"), "is no Ranking"),
    "naming a stranger": (lambda group, facts: Ranking((Tier.of(*STRANGERS),)), "names a stranger"),
    "records that are none": (lambda group, facts: Records(("192.0.2.1",)), "is no Record"),
    "a SOA that is none": (lambda group, facts: NoName("SOA"), "the SOA is none"),
    "another word each time": (lambda group, facts: NoName() if next(TURN) % 2 else None, "another word"),
    "raising": (lambda group, facts: 1 / 0, "ZeroDivisionError"),
}


@pytest.mark.parametrize(("plugin", "function"), having("rescue"))
def test_whoever_has_it_keeps_its_law(plugin, function):
    assert laws.rescue(plugin, function) == []


@pytest.mark.parametrize(("function", "wanted"), VIOLATIONS.values(), ids=VIOLATIONS.keys())
def test_whoever_breaks_it_is_found(function, wanted):
    assert any(wanted in fault for fault in laws.rescue(None, function))
