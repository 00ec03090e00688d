"""The law of ``rank``, for every plugin that has it."""

import random

import pytest

from gtm import NoData, Plugin, Ranking, Setup, Share, Tier
from tests.battery import laws
from tests.battery.implementers import having
from tests.chain.making import pool


class Mine(Plugin):
    """Serves one policy."""

    name = "mine"
    policies = ("mine",)


STRANGERS = pool("strangers", "203.0.113.1").members
VIOLATIONS = {
    "a word of another kind": (lambda group, facts: NoData(), "is no Ranking"),
    "naming a stranger": (lambda group, facts: Ranking((Tier.of(*STRANGERS),)), "names a stranger"),
    "naming somebody twice": (
        lambda group, facts: Ranking((Tier.of(*group.members, *group.members),)),
        "somebody twice",
    ),
    "giving something unheard of": (
        lambda group, facts: Ranking((Tier.of(*group.members, give="half"),)),
        "gives half",
    ),
    "passing on its own policy": (lambda group, facts: None, "policy mine: answered None"),
    "answering to another's policy": (lambda group, facts: Ranking(), "policy somebody else's: answered Ranking"),
    "an order by chance": (
        lambda group, facts: Ranking((Tier.of(*group.members[: int(random.random() * 9)]),)),
        "reached for the world",
    ),
    "other facts each time": (
        lambda group, facts: Ranking() if facts.clock(str(id(facts)), lambda now: (1, 2)) else None,
        "another word",
    ),
    "a weight that is none": (lambda group, facts: Ranking((Tier((Share(group.members[0], -1),)),)), "raised"),
    "raising": (lambda group, facts: 1 / 0, "ZeroDivisionError"),
}


@pytest.mark.parametrize(("plugin", "function"), having("rank"))
def test_whoever_has_it_keeps_its_law(plugin, function):
    assert laws.rank(plugin, function) == []


@pytest.mark.parametrize(("function", "wanted"), VIOLATIONS.values(), ids=VIOLATIONS.keys())
def test_whoever_breaks_it_is_found(function, wanted):
    assert any(wanted in fault for fault in laws.rank(Mine(None, Setup()), function))
