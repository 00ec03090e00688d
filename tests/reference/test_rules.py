"""The reference itself, against cases worked out by hand: an oracle that is wrong would agree with a server that is wrong."""

from fractions import Fraction

import pytest

from gtm import Kind, Verdict, codes

from .draws import draws, shares
from .model import Reference
from .rules import End
from .served import SHOP
from .values import domain_of, on_lines, pool_of

P1, P2, P3 = (pool_of(number, 2, policy="sequence") for number in (1, 2, 3))
A1, A2, B1, B2, C1, C2 = (f"192.0.2.{number}" for number in (17, 18, 33, 34, 49, 50))


def asked(reference, times, client=(), qtype=codes.A):
    """Ask where only one answer is lawful, and give the answers' values."""
    found = []
    for _ in range(times):
        (records,) = reference.lawful(SHOP, qtype, client)
        assert reference.saw(SHOP, qtype, client, records)
        found.append([value for _, value in records])
    return found


def down(*pools):
    return {member.key: Verdict.DOWN for pool in pools for member in pool.members}


def up(*pools):
    return dict.fromkeys(down(*pools), Verdict.UP)


def test_blocks_rotate_right_and_so_do_their_insides():
    reference = Reference((domain_of(*(pool_of(number, 2) for number in (1, 2, 3))),))
    assert asked(reference, 3) == [[A1, A2, B1, B2, C1, C2], [C2, C1, A2, A1, B2, B1], [B1, B2, C1, C2, A1, A2]]


def test_one_alias_at_a_time_the_first_of_the_rotated_order():
    names = pool_of(1, 3, kind=Kind.DOMAIN)
    reference = Reference((domain_of(names, qtype=codes.CNAME),))
    order = [value[0][:2] for value in asked(reference, 4, qtype=codes.CNAME)]
    assert order == ["x1", "x3", "x2", "x1"]


def test_shares_multiply_over_both_levels():
    weights = {"policy": "weighted", "weights": (1, 3)}
    domain = domain_of(pool_of(1, 2, **weights), pool_of(2, 2, **weights), policy="weighted", weights=(1, 4))
    ways = Reference((domain,)).ways(SHOP, codes.A, ())
    assert {value: share for value, share, _ in shares(ways)} == {
        A1: Fraction(1, 20),
        A2: Fraction(3, 20),
        B1: Fraction(4, 20),
        B2: Fraction(12, 20),
    }
    assert sum(chance for chance, _, _ in draws(ways, "", {})) == 1


@pytest.mark.parametrize(("preemptive", "last"), [(True, A1), (False, C1)])
def test_who_serves_after_two_pools_came_back(preemptive, last):
    reference = Reference((domain_of(P1, P2, P3, policy="sequence", preemptive=preemptive),))
    seen = asked(reference, 1)
    for verdicts in (down(P1), down(P2), up(P1, P2)):
        reference.tell(verdicts)
        seen += asked(reference, 1)
    assert seen == [[A1], [B1], [C1], [last]]


def test_a_held_pool_that_is_lost_gives_way_to_the_smallest_number():
    reference = Reference((domain_of(P1, P2, P3, policy="sequence", preemptive=False),))
    for verdicts in (down(P1), up(P1), down(P2), up(P2)):
        reference.tell(verdicts)
    assert asked(reference, 1) == [[A1]]


@pytest.mark.parametrize(("recovers", "last"), [((P1, P2), B1), ((P1,), A1)], ids=["with_the_held", "without_it"])
def test_after_everything_was_down_the_held_pool_is_kept_if_it_is_back_at_once(recovers, last):
    reference = Reference((domain_of(P1, P2, policy="sequence", preemptive=False),))
    for verdicts in (down(P1), down(P2)):
        reference.tell(verdicts)
    assert asked(reference, 1) == [[A1, A2]]
    reference.tell(up(*recovers))
    assert asked(reference, 1) == [[last]]


def test_a_dead_line_falls_to_the_default_line_and_then_to_the_smallest_number():
    pools = [pool_of(number, 2) for number in (1, 2, 3)]
    domain = on_lines(domain_of(*pools, policy="nearest"), ("carrier",), ("elsewhere",), ("default",))
    reference = Reference((domain,))
    assert asked(reference, 1, ("branch", "carrier")) == [[A1, A2]]
    reference.tell(down(pools[1]))
    assert asked(reference, 1, ("elsewhere",)) == [[C1, C2]]
    reference.tell(down(pools[2]))
    assert asked(reference, 2, ("elsewhere",)) == [[A2, A1], [A1, A2]]
    reference.tell(down(pools[0]))
    assert asked(reference, 1, ("carrier",)) == [[C2, C1]]


def test_on_no_line_and_without_a_default_line_there_is_nothing():
    domain = on_lines(domain_of(P1, policy="nearest"), ("carrier",))
    assert Reference((domain,)).ways(SHOP, codes.A, ("country",)) is End.NO_DATA


def test_a_pool_with_nothing_for_a_client_has_no_share_but_a_sequence_stops_at_it():
    """How AMB-17 is read where several pools could answer."""
    for_branch = pool_of(1, 1, lines=("branch",), policy="nearest")
    domain = domain_of(for_branch, pool_of(2, 1), policy="weighted")
    assert {record for record, _, _ in shares(Reference((domain,)).ways(SHOP, codes.A, ()))} == {B1}
    domain = domain_of(for_branch, pool_of(2, 1), policy="sequence")
    assert Reference((domain,)).ways(SHOP, codes.A, ()) is End.NO_DATA
