"""The brake in the control process: what is answered stays, people are told, and a drill is not held up."""

from dataclasses import replace

import pytest

from gtm import Observation
from gtm.config.fault import Faults
from gtm.config.load import load
from gtm.config.loaded import Channel, Probe
from gtm.control.attempt import Task
from gtm.control.believer import Believer
from gtm.control.memory import Verdicts, believed, written
from gtm.control.problems import problems
from gtm.health.alerting import Told
from gtm.model import event as events
from gtm.model.template import Template
from tests.control.viewing import ABOUT, NOON, SERVER, checked, domain, loaded, pool, view
from tests.control.virtual import run

TEMPLATE = Template("web", "http", interval=10.0, timeout=2.0, fall=1)
VALUES = [f"192.0.2.{n}" for n in range(1, 11)]


async def nothing(_):
    raise AssertionError("nobody is to be probed or told here")


def made(percent=50):
    """Ten addresses in a pool, of which at most so many percent may go down at once."""
    site = loaded(domain("www.example.com", pool("p", *map(checked, VALUES))))
    everybody = Channel("all", "all", frozenset(events.EVENTS), None, nothing)
    server = replace(SERVER, brake=percent)
    return replace(site, server=server, probes={"web": Probe(TEMPLATE, "http", nothing, 1)}, channels=(everybody,))


class Site:
    """A believer whose every round finds those who are ``dead``."""

    def __init__(self, percent=50, *, kept=None):
        self.loaded, self.now, self.published = made(percent), NOON, []
        self.believer = Believer(self.loaded, lambda: self.now, self.published.append)
        beliefs, held = kept or ({}, None)
        self.believer.restore(beliefs, Told(), (), held)
        self.believer.begin()

    def round(self, *dead):
        self.now += 10
        for address in self.loaded.addresses.values():
            task = Task(address.checks[0], self.loaded.probes["web"])
            self.believer.told(task, Observation(address.value not in dead, "status 503", 0.01))
        self.believer.tick(self.now)
        self.now += 2
        return [(alert.event, alert.reason) for alert in self.believer.due() if alert.event.startswith("brake")]

    @property
    def down(self):
        return len(self.believer.world.state.down)


def begun(*given, **more):
    site = Site(*given, **more)
    site.round()
    site.believer.hear()
    return site


def test_the_corefile_says_how_many_may_go(tmp_path):
    (tmp_path / "Corefile.toml").write_text("[server]\nbrake = 30\n")
    assert load(tmp_path / "Corefile.toml").server.brake == 30
    (tmp_path / "Corefile.toml").write_text("[server]\nbrake = 101\n")
    with pytest.raises(Faults, match="brake"):
        load(tmp_path / "Corefile.toml")


def test_false_mass_death_takes_out_no_more_than_the_limit_and_is_told_once_there_and_back():
    """Catalogue 3.2, probe system itself broken: mass-transition brake."""

    async def main(_):
        site = begun()
        ((event, reason),) = site.round(*VALUES)
        assert event == "brake_on"
        assert reason.startswith("6 of 10 checked addresses fail, more than 50 % within 12 s (brake)")
        assert [site.round(*VALUES) for _ in range(5)] == [[]] * 5
        assert site.down == 5
        found = site.round()
        assert found == [("brake_off", "0 of 10 checked addresses fail: who fails is taken out again")]
        assert site.down == 0

    run(main)


def test_it_stands_among_the_problems_while_it_is_on():
    async def main(_):
        site = begun()
        assert site.believer.braked is None
        site.round(*VALUES)
        since, reason = site.believer.braked
        assert since == site.now - 2
        found = list(problems(view(site.loaded, about=replace(ABOUT, braked=(since, reason))), site.now))
        assert ("server", reason) in [(problem.key, problem.reason) for problem in found]

    run(main)


def test_without_it_all_that_fail_are_taken_out():
    async def main(_):
        site = begun(0)
        assert site.round(*VALUES) == []
        assert site.down == 10

    run(main)


def test_a_configuration_without_it_lets_go():
    async def main(_):
        site = begun()
        site.round(*VALUES)
        site.loaded = made(0)
        site.believer.exchange(site.loaded)
        assert [event for event, _ in site.round(*VALUES)] == ["brake_off"]
        site.round(*VALUES)
        assert site.down == 10

    run(main)


def test_a_template_that_checks_nothing_makes_its_window_no_longer():
    rare = Probe(replace(TEMPLATE, name="rare", interval=86400.0), "http", nothing, 1)

    async def main(_):
        site = begun()
        site.loaded = replace(site.loaded, probes={**site.loaded.probes, "rare": rare})
        site.believer.exchange(site.loaded)
        ((_, reason),) = site.round(*VALUES)
        assert "more than 50 % within 12 s" in reason

    run(main)


def test_a_restart_takes_out_nobody_else():
    async def main(_):
        site = begun()
        site.round(*VALUES)
        saved = Verdicts(written(site.believer.world.table.beliefs), {}, site.believer.brake.held)
        templates = dict.fromkeys(saved.checks, TEMPLATE)
        again = Site(kept=(believed(saved.checks, templates, is_sure=False), saved.brake))
        again.now = site.now
        assert again.round(*VALUES) == []
        assert (again.down, again.believer.braked is not None) == (5, True)

    run(main)


def test_a_drill_is_no_mass_death():
    async def main(_):
        site = begun()
        with site.believer.feign([address.checks[0].key for address in site.loaded.addresses.values()]):
            assert site.round() == []
            assert site.down == 10
        site.round()
        assert (site.down, site.believer.braked) == (0, None)

    run(main)


def test_no_fresh_result_changes_nothing_for_ever():
    """Catalogue 3.2, probe system itself broken: no fresh result keeps the last state, and is marked as stale."""

    async def main(_):
        site = begun()
        site.round(VALUES[0])
        site.published.clear()
        for _ in range(50):
            site.now += 3600
            for address in site.loaded.addresses.values():
                task = Task(address.checks[0], site.loaded.probes["web"])
                assert site.believer.told(task, Observation(None, "too many open files here", 0.0)) is False
            site.believer.tick(site.now)
        assert site.published == []
        assert site.down == 1
        shown = view(site.loaded, dict(site.believer.world.table.beliefs))
        stale = [problem.reason for problem in problems(shown, site.now) if problem.key.startswith("check:")]
        assert len(stale) == 10
        assert all(reason.startswith("nothing was seen of it for ") for reason in stale)

    run(main)
