"""The law of ``classify``, for every plugin that has it."""

from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest

from gtm import Known, Place
from tests.battery import laws
from tests.battery.implementers import having

TURN = count()
VIOLATIONS = {
    "a word of another kind": (lambda client, place: "DE", "is no Place"),
    "values that are not Known": (lambda client, place: Place(country="DE"), "is not Known"),
    "a prefix below 0": (lambda client, place: Place(country=Known("DE", -1)), "rests on /-1"),
    "a prefix longer than the address": (lambda client, place: Place(country=Known("DE", 129)), "rests on /129"),
    "a prefix that is no number": (lambda client, place: Place(country=Known("DE", None)), "rests on /None"),
    "another word each time": (lambda client, place: Place(asn=Known(next(TURN), 32)), "another word"),
    "a prefix that is too short": (lambda client, place: Place(city=Known(str(client.address), 8)), "and Known"),
    "taking away what others found": (lambda client, place: Place(), "takes country DE away"),
    "a line that nobody asked for": (lambda client, place: on("elsewhere"), "gives elsewhere"),
    "the default line": (lambda client, place: on("default"), "gives default"),
    "raising": (lambda client, place: 1 / 0, "ZeroDivisionError"),
    "reading a file": (lambda client, place: Path("/dev/null").read_text(), "reached for the world"),
}


def on(line):
    """Make a place whose lines are always the same one."""
    return Place(lines=SimpleNamespace(best=lambda among: Known(line, 0)))


@pytest.mark.parametrize(("plugin", "function"), having("classify"))
def test_whoever_has_it_keeps_its_law(plugin, function):
    assert laws.classify(plugin, function) == []


@pytest.mark.parametrize(("function", "wanted"), VIOLATIONS.values(), ids=VIOLATIONS.keys())
def test_whoever_breaks_it_is_found(function, wanted):
    assert any(wanted in fault for fault in laws.classify(None, function))
