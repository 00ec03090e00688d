"""Groups that hold on to their member: settled when a fact changes that they rest on, and only then."""

from gtm import Ranking, Refusal, Tier, hookimpl
from gtm import name as names
from gtm.chain.facts import HEALTHY
from gtm.health.sticky import Sticky
from gtm.health.table import State
from tests.chain.making import NOON, All, Stranger, domain, pool, service

ONE, TWO = "192.0.2.1", "192.0.2.2"


class Holding(Stranger):
    """Serves the held member first where the group is sticky, and counts how often it is asked."""

    name = "holding"

    def __init__(self):
        self.asked = []

    @hookimpl
    def rank(self, group, facts):
        self.asked.append(group.key)
        if group.preemptive:
            return None
        held = facts.held(group)
        ordered = sorted(group.members, key=lambda member: (member.key != held, member.position))
        return Ranking(tuple(Tier.of(member) for member in ordered), hold=True)

    @hookimpl
    def admit(self, member, facts):
        if hasattr(member.item, "value") and not facts.healthy(member.item):
            return Refusal("down")
        return None


def sticky(*domains):
    holding = Holding()
    return Sticky(service([holding, All()], *domains)), holding


def state(*down, **held):
    return State(frozenset(f"address:{item}" for item in down), held)


def test_at_first_every_sticky_group_is_settled():
    found, _ = sticky(domain("www.example.com", pool("p", ONE, TWO, preemptive=False), preemptive=False))
    held = {"pool:p": f"address:{ONE}", "domain:www.example.com/A": "pool:p"}
    assert found.settle(state(), None, NOON) == held
    assert found.settle(State(held=held), None, NOON) == {}


def test_a_group_is_settled_when_a_fact_changes_that_it_rests_on_and_not_else():
    found, holding = sticky(domain("www.example.com", pool("p", ONE, TWO, preemptive=False)))
    found.settle(state(), None, NOON)
    before = list(holding.asked)
    assert found.settle(state(), {(HEALTHY, "address:192.0.2.99")}, NOON) == {}
    assert holding.asked == before
    held = State(frozenset({f"address:{ONE}"}), {"pool:p": f"address:{ONE}"})
    assert found.settle(held, {(HEALTHY, f"address:{ONE}")}, NOON) == {"pool:p": f"address:{TWO}"}
    assert len(holding.asked) > len(before)


def test_where_nobody_may_serve_the_held_member_stays():
    found, _ = sticky(domain("www.example.com", pool("p", ONE, preemptive=False)))
    assert found.settle(state(ONE), None, NOON) == {}
    held = {"pool:p": f"address:{ONE}"}
    assert found.settle(State(frozenset({f"address:{ONE}"}), held), None, NOON) == {}


def test_a_group_that_is_not_sticky_any_more_forgets_and_one_that_sleeps_does_not():
    found, _ = sticky(
        domain("www.example.com", pool("p", ONE)),
        domain("off.example.com", pool("q", ONE, preemptive=False), enabled=False),
    )
    held = {"pool:p": f"address:{ONE}", "pool:q": f"address:{ONE}", "pool:gone": f"address:{ONE}"}
    assert found.settle(State(held=held), None, NOON) == {"pool:p": None, "pool:gone": None}
    assert found.settle(State(held=held), set(), NOON) == {}


def test_groups_that_are_preemptive_or_not_scheduled_or_in_no_zone_hold_nobody():
    found, holding = sticky(
        domain("www.example.com", pool("p", ONE)),
        domain("off.example.com", pool("q", ONE, preemptive=False), enabled=False),
        domain("www.example.org", pool("r", ONE, preemptive=False)),
    )
    assert names.parse("www.example.org") not in found._service.chains
    assert found.settle(state(), None, NOON) == {}
    assert holding.asked == []
