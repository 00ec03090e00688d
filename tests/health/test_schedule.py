"""The schedule: constant work at fixed slots, nobody starved, no storm, whatever the clock does."""

from collections import Counter
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from gtm import Verdict
from gtm.health.schedule import PAUSE, RATE, Schedule
from tests.health.virtual import probed, template, transitions


def made(count=1, now=0.0, seed=1, **more):
    schedule = Schedule(Random(seed))
    schedule.keep({f"c{number}": template(**more) for number in range(count)}, now)
    return schedule


def starts(run):
    found = {}
    for start, _, key, _ in run:
        found.setdefault(key, []).append(start)
    return found


def well(seconds):
    return lambda _key, _start: (seconds, True)


@given(st.lists(st.floats(0.5, 20), min_size=1, max_size=6), st.integers(0, 1000), st.floats(0, 0.49))
def test_each_check_is_probed_at_its_own_rate_on_slots_that_never_drift(intervals, seed, seconds):
    templates = {f"c{number}": template(interval=interval) for number, interval in enumerate(intervals)}
    found = starts(probed(templates, well(seconds), 4 * max(intervals), seed))
    for key, each in templates.items():
        first, *slots = found[key]
        assert first <= min(each.interval, len(intervals) / RATE)
        assert slots[0] - first <= 2 * each.interval + 1e-6, (
            "its first slot is skipped where the early look is on its way"
        )
        assert all(abs(later - slots[0] - turn * each.interval) < 1e-6 for turn, later in enumerate(slots))


def test_a_hung_probe_skips_its_own_slots_and_delays_nobody_else():
    templates = {"hung": template(interval=1, timeout=2.5), "quick": template(interval=1)}
    found = starts(probed(templates, lambda key, _: (2.5, False) if key == "hung" else (0.01, True), 60))
    assert {round(later - sooner, 6) for sooner, later in pairwise(found["hung"][1:])} == {3.0}
    assert {round(later - sooner, 6) for sooner, later in pairwise(found["quick"][1:])} == {1.0}


def test_new_checks_are_looked_at_soon_and_yet_do_not_storm():
    found = starts(probed(dict.fromkeys(map(str, range(5000)), template(interval=60)), well(0.01), 120))
    early = Counter(int(each[0]) for each in found.values())
    assert max(early) < 5000 / RATE
    assert max(early.values()) < 1.2 * RATE
    assert starts(probed({"one": template(interval=3600)}, well(0.01), 1))["one"][0] <= 1 / RATE
    steady = Counter(int(slot) for each in found.values() for slot in each[1:] if 60 <= slot < 120)
    assert max(steady.values()) < 2 * 5000 / 60


def test_servers_that_start_together_never_probe_in_step_nor_more_than_is_due():
    """Catalogue 3.2, probe storm: 5,000 checks on each of three that are restarted in the same moment."""
    checks = dict.fromkeys(map(str, range(5000)), template(interval=10))
    servers = [starts(probed(checks, well(0.01), 40, seed=seed)) for seed in (1, 2, 3)]
    for found in servers:
        a_second = Counter(int(slot) for each in found.values() for slot in each)
        assert max(a_second[moment] for moment in range(20, 40)) <= 1.2 * 5000 / 10
        assert max(a_second.values()) <= 1.2 * (5000 / 10 + RATE)  # early looks and first turns together
    together = Counter(int(slot * 10) for found in servers for each in found.values() for slot in each if slot >= 20)
    assert max(together.values()) <= 1.4 * 3 * 5000 / 100
    one, other = servers[:2]
    apart = [abs(one[key][-1] - other[key][-1]) % 10 for key in checks]
    assert sum(min(phase, 10 - phase) < 0.1 for phase in apart) < 2 * 5000 * 0.02


def test_after_a_pause_of_the_machine_the_missed_turns_are_spread_and_the_slots_stay():
    schedule = made(5000, interval=10)
    slots = {}
    while (turn := schedule.next()) < 30:
        for key in schedule.due(turn):
            slots[key] = turn
            schedule.done(key, turn)
    woken = 3600.0
    assert schedule.due(woken) == []
    assert schedule.late(woken) == []
    looks = Counter()
    while (turn := schedule.next()) < woken + 20:
        for key in schedule.due(turn):
            looks[int(turn - woken)] += 1
            schedule.done(key, turn)
            if turn > woken + 10:
                assert (turn - slots[key]) % 10 == pytest.approx(0, abs=1e-6) or (turn - slots[key]) % 10 > 9.999
    assert max(looks.values()) < 2.3 * RATE  # a look soon, besides the slots as ever
    assert sum(looks.values()) <= 3 * 5000


def test_a_pause_before_all_have_had_their_early_look_is_followed_by_no_storm():
    """As at a start on a busy machine, or where one pause follows another."""
    schedule = made(5000, interval=10)
    now = schedule.next()
    while now < 1:
        for key in schedule.due(now):
            schedule.done(key, now)
        now = schedule.next()
    woken, looks = 3600.0, Counter()
    assert len(schedule.due(woken)) == RATE, "some of them at once, so that nobody starves"
    while (turn := schedule.next()) < woken + 20:
        for key in schedule.due(turn):
            looks[int(turn - woken)] += 1
            schedule.done(key, turn)
    assert max(looks.values()) < 2.3 * RATE


def test_a_turn_that_is_a_little_late_is_taken_at_once():
    schedule = made(interval=10)
    turn = schedule.next()
    assert schedule.due(turn + 5) == ["c0"], "an early look is handed out however late it is"
    schedule.done("c0", turn + 5)
    slot = schedule.next()
    assert schedule.due(slot + PAUSE) == ["c0"]
    schedule.done("c0", slot + PAUSE)
    assert schedule.next() == pytest.approx(slot + 10)


def test_nobody_starves_where_every_turn_comes_too_late():
    schedule, taken, now = made(50, interval=0.5), Counter(), 0.0
    for _ in range(40):
        now += 2 * PAUSE
        for key in schedule.due(now):
            taken[key] += 1
            schedule.done(key, now)
    assert len(taken) == 50
    assert min(taken.values()) >= 15


def test_a_confirming_look_moves_no_slot_and_is_the_slot_where_that_comes_first():
    schedule = made(interval=10)
    schedule.due(schedule.next())
    schedule.done("c0", 0.5)
    slot = schedule.next()
    schedule.due(slot)
    schedule.done("c0", slot + 1, again=0.2)
    assert schedule.next() == pytest.approx(slot + 1.2)
    assert schedule.due(slot + 1.2) == ["c0"]
    schedule.done("c0", slot + 9.9, again=0.2)
    assert schedule.next() == pytest.approx(slot + 10)
    assert schedule.due(slot + 10) == ["c0"]
    schedule.done("c0", slot + 10.1)
    assert schedule.next() == pytest.approx(slot + 20)


def test_a_check_that_was_looked_at_in_another_way_is_spared_its_early_look():
    schedule = made(interval=10)
    early = schedule.next()
    schedule.done("c0", early / 2)
    assert schedule.due(early / 2) == []
    assert early / 2 < schedule.next() <= early / 2 + 10  # no later than an interval from now


def test_after_a_first_round_nobody_waits_longer_than_an_interval_and_the_turns_stay_spread():
    schedule = made(1000, interval=10)
    for number in range(1000):
        schedule.done(f"c{number}", 1.0)
    turns = []
    while len(turns) < 1000:
        now = schedule.next()
        for key in schedule.due(now):
            turns.append(now)
            schedule.done(key, now)
    assert 1.0 < turns[0] <= turns[-1] <= 11.0
    assert max(sum(begin <= turn < begin + 1 for turn in turns) for begin in range(1, 11)) < 150


def test_what_left_is_forgotten_even_while_its_probe_is_under_way():
    schedule = made(3, interval=1)
    under_way = schedule.due(1.0)
    schedule.keep({"c1": template(interval=1)}, 1.0)
    for key in under_way:
        schedule.done(key, 1.5)
    assert schedule.due(2.5) == ["c1"]
    schedule.keep({}, 3.0)
    schedule.done("c1", 3.5)
    assert (schedule.due(1e9), schedule.next(), schedule.late(1e9)) == ([], None, [])


def test_a_check_keeps_its_slots_when_loaded_anew_unless_its_interval_changed():
    schedule = made(2, interval=600)
    for key in schedule.due(1.0):
        schedule.done(key, 1.0)
    before = schedule.next()
    schedule.keep(dict.fromkeys(("c0", "c1"), template(interval=600, timeout=9)), 1.0)
    assert schedule.next() == before
    schedule.keep(dict.fromkeys(("c0", "c1"), template(interval=5)), 2.0)
    assert 2.0 <= schedule.next() <= 2.0 + 2 / RATE
    assert sorted(schedule.due(2.1)) == ["c0", "c1"]
    schedule.keep(dict.fromkeys(("c0", "c1"), template(interval=500)), 2.2)
    assert schedule.due(1000.0) == [], "they are under way still"


def test_a_check_is_late_after_three_intervals_and_one_under_way_after_its_time_out_as_well():
    schedule = made(2, interval=2, timeout=1)
    turn = schedule.next()
    assert schedule.late(turn + 5.99) == []
    assert pytest.approx(6.01) in [seconds for _, seconds in schedule.late(turn + 6.01)]
    under_way = schedule.due(turn)
    assert len(under_way) == 1
    schedule.due(turn + 1)
    assert under_way[0] not in dict(schedule.late(turn + 6.9))
    assert dict(schedule.late(turn + 7))[under_way[0]] == pytest.approx(7)
    schedule.done(under_way[0], turn + 7)
    assert under_way[0] not in dict(schedule.late(turn + 7))


def test_a_day_of_flapping_of_hundreds_of_checks_has_as_many_transitions_as_it_should():
    """Each target is dead in every other hour: fall = 2 is reached in each of them, and one good round brings it back."""
    templates = dict.fromkeys(map(str, range(200)), template(interval=300, fall=2, confirm=1))
    run = list(probed(templates, lambda _, start: (0.01, int(start / 3600) % 2 == 0), 86400))
    assert len(run) <= 200 * (86400 / 300 + 1 + 12 + 1)
    for key in templates:
        changes = transitions(run, key)
        assert [verdict for _, verdict in changes] == [Verdict.UP, Verdict.DOWN] * 12
        for hour, (moment, _) in enumerate(changes):
            assert 3600 * hour <= moment <= 3600 * hour + 300 + 1.03


class Turns(RuleBasedStateMachine):
    """Whatever is done in whatever order, however the clock jumps: each check waits or is under way, exactly one of both."""

    @initialize(seed=st.integers(0, 99))
    def begin(self, seed):
        self.schedule, self.now = Schedule(Random(seed)), 0.0
        self.kept, self.under_way = set(), set()

    @rule(keys=st.sets(st.sampled_from("abcdef")), interval=st.sampled_from([0.5, 7, 3600]))
    def keep(self, keys, interval):
        self.schedule.keep(dict.fromkeys(keys, template(interval=interval)), self.now)
        self.kept = keys
        self.under_way &= keys

    @rule(seconds=st.sampled_from([0, 0.01, 1, 60, 1e5, -5, -1e5]))
    def jump(self, seconds):
        self.now += seconds

    @rule()
    def wait(self):
        self.now = max(self.now, self.schedule.next() or 0)

    @rule()
    def due(self):
        found = self.schedule.due(self.now)
        assert len(set(found)) == len(found)
        assert set(found) <= self.kept - self.under_way
        self.under_way |= set(found)

    @rule(key=st.sampled_from("abcdef"), again=st.sampled_from([None, 0.0, 0.2, 100]))
    def done(self, key, again):
        self.schedule.done(key, self.now, again=again)
        self.under_way.discard(key)

    @precondition(lambda self: self.kept)
    @rule()
    def everybody_gets_a_turn(self):
        for key in self.under_way:
            self.schedule.done(key, self.now)
        waiting, self.under_way = set(self.kept), set()
        for _ in range(50 * len(waiting)):
            if not waiting:
                break
            self.now = max(self.now, self.schedule.next())
            found = set(self.schedule.due(self.now))
            waiting -= found
            self.under_way |= found
        assert not waiting

    @invariant()
    def whoever_waits_has_a_next_turn(self):
        if hasattr(self, "kept"):
            assert (self.schedule.next() is not None) == bool(self.kept - self.under_way)
            assert {key for key, _ in self.schedule.late(self.now)} <= self.kept


TestTurns = Turns.TestCase
