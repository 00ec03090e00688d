"""The law of ``fallback``, for every plugin that has it."""

import socket

import pytest

from gtm import NoData, NoName, Records, codes
from gtm import name as names
from tests.battery import laws
from tests.battery.implementers import having
from tests.chain.making import ZONE, host

WWW = host("www.example.com")
VIOLATIONS = {
    "answering outside its zone": (lambda question, facts: NoName(), "outside its zone"),
    "a word of another kind": (lambda question, facts: own(question, "NXDOMAIN"), "is no Ending"),
    "records that are none": (lambda question, facts: own(question, Records((b"",))), "is no Record"),
    "a SOA of another type": (lambda question, facts: own(question, NoData(WWW.answer[0])), "the SOA is none"),
    "a target with something behind it": (
        lambda question, facts: own(question, Records(WWW.answer, ZONE + b"x")),
        "no name",
    ),
    "asking somebody else": (lambda question, facts: socket.socket(), "reached for the world"),
    "another word each time": (
        lambda question, facts: own(question, host("a.example.com", ttl=id(facts) % 977)),
        "another word",
    ),
    "raising": (lambda question, facts: 1 / 0, "ZeroDivisionError"),
}


def own(question, word):
    """Say it of the zone's own names only."""
    return word if names.is_under(question.name, ZONE) and question.qtype == codes.A else None


@pytest.mark.parametrize(("plugin", "function"), having("fallback"))
def test_whoever_has_it_keeps_its_law(plugin, function):
    assert laws.fallback(plugin, function) == []


@pytest.mark.parametrize(("function", "wanted"), VIOLATIONS.values(), ids=VIOLATIONS.keys())
def test_whoever_breaks_it_is_found(function, wanted):
    assert any(wanted in fault for fault in laws.fallback(None, function))
