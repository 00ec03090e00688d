"""The law of ``rescue``, for every plugin that has it."""

from dataclasses import replace
from itertools import count, islice

import pytest

from gtm import Domain, NoName, Ranking, Records, Refusal, Tier, codes
from tests.battery import laws
from tests.battery.implementers import having
from tests.battery.subjects import groups, situations
from tests.chain.making import pool

TURN = count()
STRANGERS = pool("strangers", "203.0.113.1").members
WISHES = ("all", "last", "none", "zone", ("192.0.2.99",))
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


@pytest.mark.parametrize("wish", WISHES, ids=str)
@pytest.mark.parametrize(("plugin", "function"), having("rescue"))
def test_whoever_has_it_keeps_its_law_whatever_an_access_domain_wishes(plugin, function, wish):
    wrong = []
    for group in groups("all"):
        if isinstance(group, Domain) and group.qtype == codes.A:
            for situation in islice(situations(), 0, None, 5):
                word, found = laws.twice(function, replace(group, when_all_down=wish), situation)
                wrong += found or (laws.ending(word) if isinstance(word, laws.ENDINGS) else laws.ranked(group, word))
    assert wrong == []


@pytest.mark.parametrize(("function", "wanted"), VIOLATIONS.values(), ids=VIOLATIONS.keys())
def test_whoever_breaks_it_is_found(function, wanted):
    assert any(wanted in fault for fault in laws.rescue(None, function))
