"""Zones of the FerretDataset: the answers of four other servers, and which zones a server must refuse.

A part of them; `make conformance` asks all.
"""

from collections import Counter

import pytest

from tests.conformance import ferret
from tests.conformance.ferret import Case, Said
from tests.conformance.suite import Skip
from tests.reference.depth import DEPTH

STEP = max(1, 10 // DEPTH)


def all_of(suite, folder, step):
    try:
        return suite(folder, step)
    except Skip as reason:
        pytest.skip(str(reason))


def test_the_answers_are_those_of_other_servers(tmp_path):
    outcome = all_of(ferret.suite, tmp_path, STEP)
    assert outcome.cases > 800
    assert outcome.wrong == ()


def test_a_zone_that_breaks_a_rule_is_refused_or_warned_of_by_file_line_and_record(tmp_path):
    outcome = all_of(ferret.refusals, tmp_path, 2)
    assert outcome.cases == 450
    assert outcome.wrong == ()


SOA = "z. 500 IN SOA ns.z. hm.z. 1 2 3 4 5"
NS = "z. 500 in ns ns.z."
A = "a.z. 500 in a 192.0.2.1"
POSITIVE = Said("NOERROR", "QR AA", frozenset({A}), frozenset({NS}), frozenset())
REFERRAL = Said("NOERROR", "QR", frozenset(), frozenset({NS}), frozenset({A}))
GAVE_UP = Said("SERVFAIL", "QR AA", frozenset(), frozenset(), frozenset())


def case(*said, tag="E1"):
    groups = tuple((f"server {number}", each) for number, each in enumerate(said))
    return Case(7, (SOA,), "a.z.", "A", tag, groups)


@pytest.mark.parametrize(
    ("said", "agrees"),
    [
        (POSITIVE, True),
        (POSITIVE._replace(authority=frozenset()), True),
        (POSITIVE._replace(answer=frozenset()), False),
        (POSITIVE._replace(flags="QR"), False),
        (POSITIVE._replace(rcode="NXDOMAIN"), False),
        (POSITIVE._replace(authority=frozenset(), additional=frozenset({A})), False),
        (POSITIVE._replace(authority=frozenset({A})), False),
        (GAVE_UP, False),
    ],
    ids=["equal", "no_authority", "no_answer", "no_aa", "code", "surplus", "other_authority", "gave_up"],
)
def test_a_reply_that_differs_is_seen(said, agrees):
    assert case(POSITIVE).agrees(said) is agrees


@pytest.mark.parametrize(
    "said",
    [
        REFERRAL._replace(additional=frozenset()),
        REFERRAL._replace(authority=frozenset()),
        REFERRAL._replace(flags="QR AA"),
    ],
    ids=["no_glue", "no_servers", "aa"],
)
def test_a_referral_must_be_equal_in_every_section(said):
    assert case(REFERRAL).agrees(REFERRAL)
    assert not case(REFERRAL).agrees(said)


def test_only_where_others_find_no_end_a_loop_may_end_in_an_error():
    assert case(POSITIVE, GAVE_UP._replace(rcode="YXDOMAIN"), tag="D1").agrees(GAVE_UP)
    assert not case(POSITIVE, tag="D1").agrees(GAVE_UP)
    assert not case(POSITIVE, REFERRAL, tag="R1").agrees(GAVE_UP)


def test_a_suffix_goes_behind_every_name_and_nothing_else():
    assert Counter(ferret.suffixed(SOA, "c1.").split())["c1."] == 0
    assert ferret.suffixed(SOA, "c1.") == "z.c1. 500 IN SOA ns.z.c1. hm.z.c1. 1 2 3 4 5"
    assert ferret.suffixed('z. 500 IN TXT "z."', "c1.") == 'z.c1. 500 IN TXT "z."'
