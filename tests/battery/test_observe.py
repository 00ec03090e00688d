"""The law of ``observe``, for every plugin that has it."""

from inspect import iscoroutinefunction
from itertools import product

import pytest

from gtm import Answered, Question
from gtm import name as names
from tests.battery.implementers import having
from tests.battery.subjects import QUESTIONS
from tests.chain.making import NOON

ODD = Question(names.parse(r"a\010b\000\"\\.example.com"), 65280)
PEERS = (("192.0.2.1", "192.0.2.0/24", "udp"), ("2001:db8::1", "", "tcp"))


def batches():
    """Make what may have been answered: every rcode, odd names, nothing at all, and much at once."""
    answered = tuple(
        Answered(NOON + rcode, peer, client, transport, question, rcode, bool(rcode % 2), 12 + rcode, reason)
        for (peer, client, transport), rcode, question, reason in product(
            PEERS, (0, 2, 3, 5, 4095), (*QUESTIONS[:3], ODD), ("", "pool:hk address:hk-1", "pool:a\nb\x1b[31m\u202e")
        )
    )
    return [(), answered[:1], answered, answered * 50]


def law(function):
    """List what an implementer does against it: it says nothing, it does not wait, and nothing comes out of it."""
    wrong = ["it is async"] if iscoroutinefunction(function) else []
    for batch in batches():
        try:
            word = function(batch)
        except Exception as fault:  # noqa: BLE001  a law lists faults, it does not pass them on
            wrong.append(f"raised {fault!r}")
            continue
        if word is not None and not iscoroutinefunction(function):
            wrong.append(f"returned {word!r}")
    return wrong


@pytest.mark.parametrize(("plugin", "function"), having("observe"))
def test_whoever_has_it_keeps_its_law(plugin, function):
    assert law(function) == []


@pytest.mark.parametrize(
    ("function", "wanted"),
    [(len, "returned 0"), (lambda batch: batch[0], "raised IndexError")],
    ids=["an answer", "raising"],
)
def test_whoever_breaks_it_is_found(function, wanted):
    assert any(wanted in fault for fault in law(function))
