"""The believer: what is seen is answered from at once, and told once, whatever clocks and restarts do."""

from dataclasses import replace

import pytest

from gtm import Health, Observation, Ranking, Tier, hookimpl
from gtm.config.loaded import Channel, Probe
from gtm.control.attempt import Task
from gtm.control.believer import Believer
from gtm.control.clock import Clock
from gtm.health.alerting import Told
from gtm.model import event as events
from gtm.model.template import Template
from tests.chain.making import Healthy, Stranger
from tests.control.viewing import NOON, checked, domain, loaded, pair, pool
from tests.control.virtual import run

HK, HK2, SG = "192.0.2.1", "192.0.2.2", "192.0.2.3"
TEMPLATE = Template("web", "http", interval=10.0, fall=2)


async def nothing(_):
    raise AssertionError("nobody is to be probed or told here")


class Site:
    """A believer of two pools in turn, and what it published; ``told`` is what people would hear, ``now`` the steady clock."""

    def __init__(self, made=None, *, kept=None):
        everybody = Channel("all", "all", frozenset(events.EVENTS), None, nothing)
        self.made = replace(made or pair(), channels=(everybody,))
        self.steady, self.wall = 500.0, NOON
        self.clock = Clock(lambda: self.wall, lambda: self.steady)
        self.published = []
        self.believer = Believer(self.made, self.clock.now, self.published.append)
        self.believer.restore(*(kept or ({}, Told(), ())))
        self.believer.begin()
        self.published.clear()

    def go(self, seconds):
        self.steady += seconds
        self.wall += seconds

    def see(self, value, *, is_well, reason="status 503", template=TEMPLATE):
        """Probe an address; what follows comes in the same turn of the loop."""
        check = next(check for each in self.made.addresses.values() for check in each.checks if check.target == value)
        task = Task(check, Probe(template, "http", nothing, 1))
        return self.believer.told(task, Observation(is_well, reason, 0.01))

    async def seen(self, loop, value, **more):
        self.see(value, **more)
        await turn(loop)

    def told(self):
        """Wait until what happened is due, and list it."""
        self.go(2)
        return [(alert.event, alert.subject) for alert in self.believer.due()]


async def turn(loop):
    """Let everything have its turn that waits for one."""
    waited = loop.create_future()
    loop.call_soon(waited.set_result, None)
    await waited


async def up(loop, site):
    """Let everybody be well, and people listen."""
    for value in (HK, HK2, SG):
        site.see(value, is_well=True)
    await turn(loop)
    site.believer.hear()
    assert site.told() == []
    site.published.clear()


def test_what_is_seen_in_one_turn_of_the_loop_is_published_as_one_state():
    async def main(loop):
        site = Site()
        await up(loop, site)
        for value in (HK, HK2, SG):
            site.see(value, is_well=False)
        await turn(loop)
        assert site.published == []
        for value in (HK, HK2):
            site.see(value, is_well=False)
        await turn(loop)
        assert [state.down for state in site.published] == [{f"address:{HK}", f"address:{HK2}"}]

    run(main)


def test_each_transition_is_told_once():
    async def main(loop):
        site = Site()
        await up(loop, site)
        for _ in range(4):
            await site.seen(loop, SG, is_well=False)
        assert site.told() == [("address_down", f"address:{SG}"), ("pool_down", "pool:sg")]
        for _ in range(4):
            await site.seen(loop, SG, is_well=True)
        assert site.told() == [("address_up", f"address:{SG}"), ("pool_up", "pool:sg")]

    run(main)


def test_who_failed_while_he_was_drained_is_told_of_when_he_is_released():
    async def main(loop):
        site = Site()
        await up(loop, site)
        site.believer.heed({f"address:{SG}": "drain"})
        for _ in range(2):
            await site.seen(loop, SG, is_well=False)
        assert ("address_down", f"address:{SG}") not in site.told()
        site.believer.heed({})
        assert ("address_down", f"address:{SG}") in site.told()

    run(main)


def test_whose_failure_a_pool_hid_is_told_of_when_another_configuration_shows_it():
    async def main(loop):
        hidden = loaded(domain("www.example.com", pool("sg", checked(SG), enabled=False), pool("hk", checked(HK))))
        site = Site(hidden)
        for value in (HK, SG):
            site.see(value, is_well=value == HK)
        await turn(loop)
        site.believer.hear()
        assert site.told() == []
        shown = loaded(domain("www.example.com", pool("sg", checked(SG)), pool("hk", checked(HK))))
        site.believer.exchange(replace(shown, channels=site.made.channels))
        assert site.told() == [("address_down", f"address:{SG}"), ("pool_down", "pool:sg")]

    run(main)


def test_a_jump_of_the_time_of_day_changes_no_verdict_and_tells_nobody():
    """Catalogue 3.3, clock jumps: verdicts and alerts."""

    async def main(loop):
        site = Site()
        await up(loop, site)
        for _ in range(2):
            await site.seen(loop, SG, is_well=False)
        site.told()
        since = dict(site.believer.since)
        for jump in (-86400.0, 365 * 86400.0, 3600.0):
            site.wall += jump
            site.clock.follow(quiet=site.believer.alerting.next() is None)
            for value in (HK, HK2, SG):
                await site.seen(loop, value, is_well=value != SG)
            site.believer.tick(site.wall)
            assert site.told() == []
        assert {tuple(state.down) for state in site.published} == {(f"address:{SG}",)}
        assert site.believer.since == since
        await site.seen(loop, SG, is_well=True)
        assert site.told() == [("address_up", f"address:{SG}"), ("pool_up", "pool:sg")]

    run(main)


class ByNight(Stranger):
    """Ranks in turn, and backwards from ``dusk`` on."""

    name = "by_night"
    dusk = NOON + 1000

    @hookimpl
    def rank(self, group, facts):
        order = -1 if facts.clock("dusk", lambda now: (now >= self.dusk, self.dusk)) else 1
        return Ranking(tuple(Tier.of(member) for member in group.members[::order]), hold=not group.preemptive)


def test_a_sticky_group_goes_by_the_time_of_day_even_while_the_clock_does_not_follow_it():
    async def main(loop):
        group = pool("p", checked(HK), checked(HK2), checked(SG), preemptive=False)
        site = Site(loaded(domain("www.example.com", group), plugins=[Healthy(), ByNight()]))
        await up(loop, site)
        site.wall += 5000
        site.believer.tick(site.wall)
        assert site.published[-1].held == {"pool:p": f"address:{SG}"}
        for _ in range(2):
            await site.seen(loop, SG, is_well=False)
        assert site.published[-1].held == {"pool:p": f"address:{HK2}"}

    run(main)


def test_a_death_is_published_before_the_groups_are_settled_that_rest_on_it():
    """To settle a thousand of them takes a tenth of a second."""

    async def main(loop):
        group = pool("p", checked(HK), checked(HK2), preemptive=False)
        site = Site(loaded(domain("www.example.com", group), plugins=[Healthy(), ByNight()]))
        site.see(HK, is_well=True)
        await site.seen(loop, HK2, is_well=True)
        site.published.clear()
        for _ in range(2):
            await site.seen(loop, HK, is_well=False)
        seen = [(state.down, state.held["pool:p"]) for state in site.published]
        dead = {f"address:{HK}"}
        assert seen == [(dead, f"address:{HK}"), (dead, f"address:{HK2}")]

    run(main)


def kept(site):
    """What a restart finds."""
    beliefs, since = site.believer.world.table.beliefs, site.believer.since
    stood = [(standing, since[standing.key]) for standing in site.believer.standings]
    return beliefs, site.believer.alerting.told, stood


def test_after_a_restart_it_is_as_before_and_nothing_is_told_again():
    async def main(loop):
        site = Site()
        await up(loop, site)
        for _ in range(2):
            await site.seen(loop, SG, is_well=False)
        site.told()
        again = Site(kept=kept(site))
        again.go(100)
        assert again.believer.world.state == site.believer.world.state
        assert again.believer.since == site.believer.since
        assert again.believer.is_complete
        again.believer.hear()
        assert again.told() == []
        await again.seen(loop, SG, is_well=True)
        assert again.told() == [("address_up", f"address:{SG}"), ("pool_up", "pool:sg")]

    run(main)


def test_what_changed_while_it_was_away_is_told_and_dated_anew():
    async def main(loop):
        site = Site()
        await up(loop, site)
        before = kept(site)
        again = Site(kept=({}, *before[1:]))
        again.go(100)
        for value in (HK, HK2, SG):
            again.see(value, is_well=value != SG)
        await turn(loop)
        again.believer.hear()
        assert again.told() == [("address_down", f"address:{SG}"), ("pool_down", "pool:sg")]
        assert again.believer.since[f"address:{SG}"] == NOON + 100

    run(main)


def test_another_configuration_keeps_what_is_believed_of_those_that_stay():
    async def main(loop):
        site = Site()
        await up(loop, site)
        for _ in range(2):
            await site.seen(loop, HK, is_well=False)
        site.told()
        other = loaded(domain("www.example.com", pool("hk", checked(HK), checked("192.0.2.9"))))
        state = site.believer.exchange(replace(other, channels=site.made.channels))
        assert state.down == {f"address:{HK}"}
        assert site.believer.world.table.beliefs.keys() == {f"check:web:80@{HK}"}
        assert not site.believer.is_complete
        assert site.told() == []

    run(main)


def renamed(site, rise=1):
    """The same addresses, whose only check has another template."""
    again = loaded(domain("www.example.com", pool("hk", checked(HK, "other"), checked(HK2, "other"))))
    probe = Probe(replace(TEMPLATE, name="other", rise=rise), "http", nothing, 1)
    return replace(again, channels=site.made.channels, probes={"other": probe})


@pytest.mark.parametrize("rise", [1, 3])
def test_who_is_down_stays_out_when_his_checks_get_another_name_until_a_good_round(rise):
    async def main(loop):
        site = Site(loaded(domain("www.example.com", pool("hk", checked(HK), checked(HK2)))))
        for value in (HK, HK2):
            site.see(value, is_well=value == HK2)
        await turn(loop)
        site.believer.hear()
        site.told()
        since = site.believer.since[f"address:{HK}"]
        site.made = renamed(site, rise)
        assert site.believer.exchange(site.made).down == {f"address:{HK}"}
        assert site.believer.standings.get(f"address:{HK2}").health is Health.NO_DATA
        assert site.told() == []
        assert site.believer.since[f"address:{HK}"] == since
        await site.seen(loop, HK, is_well=True, template=site.made.probes["other"].template)
        assert site.believer.world.state.down == frozenset()

    run(main)


def test_an_address_that_has_no_checks_any_more_is_not_down():
    async def main(loop):
        site = Site(loaded(domain("www.example.com", pool("hk", checked(HK)))))
        await site.seen(loop, HK, is_well=False)
        bare = loaded(domain("www.example.com", pool("hk", replace(checked(HK), checks=()))))
        assert site.believer.exchange(bare).down == frozenset()

    run(main)


def test_a_round_like_the_one_before_is_nobodys_business():
    async def main(loop):
        site = Site()
        await up(loop, site)
        before = {each.key: each for each in site.believer.standings}
        for value in (HK, HK2, SG):
            site.see(value, is_well=True)
        site.believer.tick(site.wall)
        assert site.published == []
        assert all(before[each.key] is each for each in site.believer.standings)
        site.see(SG, is_well=False, reason="status 502")
        site.believer.tick(site.wall)
        assert site.published == []
        assert site.believer.world.table.beliefs[f"check:web:80@{SG}"].reason == "status 502"

    run(main)


def test_a_drill_is_believed_like_a_failure_and_over_when_it_ends():
    async def main(loop):
        site = Site()
        await up(loop, site)
        with site.believer.feign([f"check:web:80@{SG}"]):
            for _ in range(2):
                await site.seen(loop, SG, is_well=True)
            assert site.published[-1].down == {f"address:{SG}"}
        await site.seen(loop, SG, is_well=True)
        assert site.published[-1].down == frozenset()

    run(main)


def test_alerts_say_that_it_is_a_drill_of_pools_as_well():
    async def main(loop):
        site = Site()
        await up(loop, site)
        with site.believer.feign([f"check:web:80@{SG}"]):
            for _ in range(2):
                await site.seen(loop, SG, is_well=True)
            site.go(2)
            told = {alert.event: alert.reason for alert in site.believer.due()}
        assert told.keys() == {"address_down", "pool_down"}
        assert all(reason.endswith("drill") for reason in told.values())

    run(main)


def test_why_nothing_is_seen_is_known_until_something_is():
    async def main(loop):
        site = Site()
        site.see(SG, is_well=None, reason="no right to ping")
        assert site.believer.unseen == {f"check:web:80@{SG}": "no right to ping"}
        await site.seen(loop, SG, is_well=True)
        assert site.believer.unseen == {}

    run(main)


def test_before_anybody_listens_nothing_is_told_and_then_what_is_wrong_is():
    async def main(loop):
        site = Site()
        for value in (HK, HK2, SG):
            site.see(value, is_well=value != SG)
        await turn(loop)
        assert site.told() == []
        site.believer.hear()
        assert site.told() == [("address_down", f"address:{SG}"), ("pool_down", "pool:sg")]

    run(main)
