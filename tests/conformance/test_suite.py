"""The table of `make conformance`: what is in it, and when it says that something is wrong."""

import pytest

from tests.conformance import genreport, peers
from tests.conformance.messages import Case
from tests.conformance.suite import Outcome, Skip, Wrong, table, tried


def passing(_folder):
    return Outcome(12, (), ("a word",))


def known(_folder):
    return Outcome(3, (Wrong("case", "is odd", "it may be"),))


def failing(_folder):
    return Outcome(3, (Wrong("case", "is odd"),))


def skipped(_folder):
    raise Skip("no such program")


def broken(_folder):
    raise ValueError("what is this")


@pytest.mark.parametrize(
    ("suite", "has_failed", "cells"),
    [
        (passing, False, ("12", "12", "0")),
        (known, False, ("3", "2", "1")),
        (failing, True, ("3", "2", "1")),
        (skipped, False, ("-", "-", "-")),
        (broken, True, ("1", "0", "1")),
    ],
    ids=lambda given: getattr(given, "__name__", ""),
)
def test_only_what_is_wrong_and_not_known_to_be_fails(suite, has_failed, cells):
    line = tried("name", suite)
    assert line.has_failed == has_failed
    assert line.cells[1:4] == cells


def test_the_table_lists_what_did_not_pass_with_its_reason():
    lines = [tried(suite.__name__, suite) for suite in (passing, known, failing, skipped, broken)]
    for line in lines:
        line.seconds = 1.0
    assert table(lines).splitlines() == [
        "suite    cases  passed  not passed  seconds",
        "passing     12      12           0      1.0",
        "known        3       2           1      1.0",
        "failing      3       2           1      1.0",
        "skipped      -       -           -        -",
        "broken       1       0           1      1.0",
        "note    passing: a word",
        "known   known: case: is odd",
        "        it may be",
        "FAILED  failing: case: is odd",
        "skipped skipped: no such program",
        "FAILED  broken: the suite itself: ValueError: what is this",
    ]


def test_what_genreport_says_is_read_test_by_test():
    said = "example.com. @127.0.0.1 (ns1.example.com.): dns=ok optlist=ok,subnet,cookie opcodeflg=rd dnswkk=notauth,badkey\n"
    assert list(genreport.read(said)) == [
        ("dns", "ok"),
        ("optlist", "ok"),
        ("opcodeflg", "rd"),
        ("dnswkk", "notauth,badkey"),
    ]


OTHERS = [
    (["NOERROR aa rd 1/1/2/2"], 0),
    (["NOERROR rd 1/1/0/0", "NOERROR aa rd 1/1/0/0"], 0),
    (["NOERROR aa rd 1/2/0/0"], 1),
    (["NOERROR aa rd 1/1/0/0 opt"], 1),
    (["nothing", "FORMERR rd 0/0/0/0", "unreadable: why"], 1),
]


@pytest.mark.parametrize(("others", "notes"), OTHERS)
def test_ours_is_noted_where_no_other_server_says_the_same(others, notes):
    assert len(list(peers.compared(Case("case", b"", "NOERROR aa rd 1/1/0/0"), others))) == notes
