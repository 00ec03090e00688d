"""Cases in which the server once differed from the rules, each in its smallest form."""

from dataclasses import replace

from gtm import codes

from .comparison import Comparison
from .configurations import Ask, Fail, Recover
from .served import SHOP, Server
from .values import domain_of, pool_of

SOMEBODY = Ask(0, "10.1.0", by_subnet=False, times=1, covered=False)


def test_a_group_that_becomes_sticky_again_keeps_who_serves_now():
    """R-55: p2 took over from p1; preemptive, p1 serves again; not preemptive any more, p1 is the one to keep."""
    sticky = domain_of(pool_of(1, 1), pool_of(2, 1), policy="sequence", preemptive=False)
    comparison = Comparison((sticky,))
    for event in (Fail(1), Recover(1)):
        comparison.happen(event)
    for domain in (replace(sticky, preemptive=True), sticky):
        comparison.adopt((domain,))
        comparison.ask(SOMEBODY)


def test_a_pool_that_has_something_for_some_clients_only_can_take_over():
    """R-56: p2, held, is lost and p1 is available, so p1 is held from then on, whatever it has for a client of whom nothing is known."""
    for_branch = pool_of(1, 1, lines=("branch",), policy="nearest")
    comparison = Comparison((domain_of(for_branch, pool_of(2, 1), policy="sequence", preemptive=False),))
    comparison.play((event, SOMEBODY) for event in (Fail(1), Recover(1), Fail(2), Recover(2)))


def test_an_address_of_two_pools_stands_in_an_answer_once():
    """RFC 2181 section 5: no two records of a set are equal; R-52 says only that each pool contributes its addresses."""
    first, second = pool_of(1, 2), pool_of(2, 2)
    shared = replace(second, members=(first.members[0], second.members[1]))
    values = Server((domain_of(first, shared),)).ask(SHOP, codes.A, "10.1.0").values
    assert len(values) == len(set(values))
