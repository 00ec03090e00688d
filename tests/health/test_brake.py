"""The brake: where too many fail at once, the prober is suspected and the others stay."""

from dataclasses import replace

import pytest

from gtm import Check, Observation, Verdict
from gtm.health.brake import Brake, Held, Limit
from gtm.health.judge import judged, wants_confirm
from gtm.health.table import Table, judge
from tests.chain.making import address
from tests.health.virtual import EPOCH, template

WEB = template("web", interval=10.0, timeout=2.0, fall=1)
SLOW = template("slow", interval=60.0, timeout=5.0, fall=1)


def checked(value, *templates):
    return replace(address(value), checks=tuple(Check(each, 80, value) for each in templates or ("web",)))


class Site:
    """Ten addresses or so, all well at first; every round takes no time."""

    def __init__(self, percent, items=(), *, held=None, now=EPOCH):
        self.items = items or [checked(f"192.0.2.{n}") for n in range(1, 11)]
        self.limit = Limit.of(percent, (WEB,))
        self.brake = Brake(self.limit, self.items)
        self.brake.restore(held or Held())
        self.beliefs, self.now, self.changes = {}, now, 0
        for item in self.items:
            self.see(item.key, is_well=True)

    def see(self, key, *, is_well):
        """Probe all checks of an address."""
        item = next(each for each in self.items if each.key == key)
        for check in item.checks:
            before = self.beliefs.get(check.key)
            belief = judged(before, {"here": Observation(is_well, "", 0.0)}, WEB, self.now)
            after = self.brake.believed(check.key, before, belief, self.beliefs.get, self.now)
            self.changes += before is not None and before.verdict is not after.verdict
            self.beliefs[check.key] = after

    def round(self, *, dead):
        """Let an interval pass in which everybody is probed once: the first ``dead`` addresses fail."""
        for place, item in enumerate(self.items):
            self.now += WEB.interval / len(self.items)
            self.see(item.key, is_well=place >= dead)
            self.brake.tick(self.beliefs.get, self.now)

    @property
    def down(self):
        return sum(not judge(item, Table(self.beliefs)).is_good for item in self.items)


def test_a_window_is_a_round_of_the_slowest_template():
    assert Limit.of(30, (WEB, SLOW)).window == 65.0
    assert Limit.of(30, ()).window == 0.0


@pytest.mark.parametrize(
    ("percent", "dead", "down", "is_on"),
    [
        pytest.param(0, 10, 10, False, id="off: all that fail are taken out"),
        pytest.param(50, 5, 5, False, id="as many as are allowed"),
        pytest.param(50, 6, 5, True, id="one more"),
        pytest.param(50, 10, 5, True, id="false mass-down"),
        pytest.param(10, 4, 4, False, id="four are never too many"),
        pytest.param(10, 10, 4, True, id="the fifth is"),
        pytest.param(100, 10, 10, False, id="all may go"),
    ],
)
def test_no_more_go_down_in_a_window_than_the_limit_says(percent, dead, down, is_on):
    """Catalogue 3.2, probe system itself broken, and false mass-down."""
    site = Site(percent)
    site.round(dead=dead)
    assert (site.down, site.brake.since is not None) == (down, is_on)


def test_a_frozen_state_stays_for_ever_and_nobody_is_looked_at_more_often():
    site = Site(50)
    for _ in range(100):
        site.round(dead=10)
    assert (site.down, site.changes) == (5, 5)
    withheld = [belief for belief in site.beliefs.values() if belief.verdict is Verdict.UP]
    assert {belief.against for belief in withheld} == {100}
    assert not any(wants_confirm(belief, replace(WEB, confirm=0.2)) for belief in withheld)
    assert site.brake.said(site.beliefs.get) == (
        "10 of 10 checked addresses fail, more than 50 % within 12 s (brake): no other is taken out until fewer do"
    )


def test_who_recovers_comes_back_while_it_is_on_and_it_is_let_go_when_few_enough_fail():
    site = Site(50)
    site.round(dead=10)
    site.round(dead=6)
    assert (site.down, site.brake.since is not None) == (5, True)
    for _ in range(2):
        site.round(dead=3)
    assert (site.down, site.brake.since) == (3, None)
    for _ in range(3):
        site.round(dead=5)
    assert (site.down, site.brake.since) == (5, None)


def test_those_that_still_fail_when_it_is_let_go_are_believed_at_their_next_round():
    site = Site(50)
    site.round(dead=10)
    for place in range(5):  # the five that were taken out recover, the five that were withheld do not
        site.see(site.items[place].key, is_well=True)
    assert site.down == 0
    site.now += 20
    assert site.brake.tick(site.beliefs.get, site.now) == "5 of 10 checked addresses fail: who fails is taken out again"
    for item in site.items[5:]:
        site.see(item.key, is_well=False)
    assert (site.down, site.brake.since) == (5, None)


def test_a_slow_decline_is_no_mass_death():
    site = Site(50)
    for dead in range(11):
        site.round(dead=dead)
        site.now += 100
    assert (site.down, site.brake.since) == (10, None)


def test_it_is_not_let_go_before_a_window_is_over():
    """Else it would go on and off with every address that flaps."""
    site = Site(50)
    site.round(dead=6)
    first = site.brake.since
    site.see(site.items[5].key, is_well=True)
    site.brake.tick(site.beliefs.get, site.now)
    assert site.brake.since == first is not None


def test_an_address_with_a_good_check_left_does_not_count():
    site = Site(10, [checked(f"192.0.2.{n}", "web", "other") for n in range(1, 11)])
    for item in site.items:
        key = item.checks[0].key
        belief = judged(site.beliefs[key], {"here": Observation(False, "", 0.0)}, WEB, site.now)
        site.beliefs[key] = site.brake.believed(key, site.beliefs[key], belief, site.beliefs.get, site.now)
    assert (site.down, site.brake.since) == (0, None)


def test_after_a_restart_it_is_as_it_was():
    site = Site(50)
    site.round(dead=10)
    assert len(site.brake.held.withheld) == 5
    again = Site(50, held=site.brake.held, now=site.now)
    assert again.brake.held == replace(site.brake.held, withheld=())  # all were seen to be well since
    again.round(dead=10)
    assert again.down == 0


def test_after_a_restart_the_oldest_of_those_that_fell_are_forgotten_first_whatever_their_names():
    keys = [each.key for each in Site(50).items]
    fallen = {key: EPOCH - 20.0 * (place > 2) for place, key in enumerate(keys[:7])}  # four of them a window ago
    site = Site(50, held=Held(None, fallen))
    site.see(keys[9], is_well=False)
    assert (site.down, site.brake.since) == (1, None)
    assert site.brake.held.fallen.keys() == {*keys[:3], keys[9]}


def test_a_configuration_without_it_lets_go_at_once():
    site = Site(50)
    site.round(dead=10)
    site.brake.adopt(Limit(0, 12.0), site.items)
    site.brake.tick(site.beliefs.get, site.now)
    site.round(dead=10)
    assert (site.down, site.brake.since) == (10, None)
