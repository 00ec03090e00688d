"""nearest: by the client's line (R-60 to R-66, R-74)."""

from dataclasses import replace

import pytest

from gtm_plugins.nearest import Nearest
from tests.chain.making import domain, pool
from tests.plugins.policies import facts, made, tiers

A, B, C, D = (pool(name, f"192.0.2.{number}") for number, name in enumerate("abcd", 1))
DOMAIN = domain(
    "www.example.com", (A, ("telecom",)), (B, ("oversea", "telecom")), (C, ("default",)), (D, ()), policy="nearest"
)


@pytest.mark.parametrize(
    ("lines", "order"),
    [
        (("telecom",), ["a", "b", "c", "d"]),
        (("oversea",), ["b", "c", "a", "d"]),
        (("oversea", "telecom"), ["b", "c", "a", "d"]),
        ((), ["c", "a", "b", "d"]),
    ],
    ids=["two on a line", "one on a line", "the best of two lines", "no line"],
)
def test_the_clients_line_comes_first_then_the_default_line_then_the_rest(lines, order):
    assert tiers(made(Nearest).rank(DOMAIN, facts(*lines))) == [[name] for name in order]


def test_no_line_and_no_default_line_is_mine_and_empty():
    group = replace(DOMAIN, members=DOMAIN.members[:2])
    assert made(Nearest).rank(group, facts()).tiers == ()
    assert tiers(made(Nearest).rank(group, facts("oversea"))) == [["b"], ["a"]]


def test_in_a_pool_the_rest_does_not_serve():
    group = pool("p", "192.0.2.1", "192.0.2.2", "192.0.2.3", policy="nearest")
    first, second, third = group.members
    group = replace(group, members=(replace(first, lines=("telecom",)), second, replace(third, lines=("default",))))
    assert tiers(made(Nearest).rank(group, facts("telecom"))) == [["192.0.2.1"], ["192.0.2.3"]]
    assert tiers(made(Nearest).rank(group, facts())) == [["192.0.2.3"]]


def test_no_line_is_asked_for_where_none_is_carried():
    read = facts("telecom")
    group = domain("www.example.com", (C, ("default",)), policy="nearest")
    assert tiers(made(Nearest).rank(group, read)) == [["c"]]
    assert read.reads == {}


def test_groups_of_another_policy_are_passed():
    assert made(Nearest).rank(replace(DOMAIN, policy="sequence"), facts()) is None
