"""The clock as a fact: a value, the moment at which it changes, and no answer that outlives it."""

from datetime import UTC, datetime, time, timedelta
from math import floor, inf
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtm import Ranking, Tier, hookimpl
from gtm.chain.facts import Clients, Facts
from gtm.chain.plan import lifetime
from gtm.dns.record import MAX_TTL
from gtm.health.table import State
from tests.chain.making import NOON, SOMEBODY, Stranger, domain, engine, pool, query, service, walked
from tests.engine.reading import read

BERLIN = "Europe/Berlin"
MOMENTS = {
    "an ordinary day": datetime(2025, 7, 1, tzinfo=ZoneInfo(BERLIN)),
    "the day that loses an hour": datetime(2025, 3, 30, tzinfo=ZoneInfo(BERLIN)),
    "the day that gains an hour": datetime(2025, 10, 26, tzinfo=ZoneInfo(BERLIN)),
    "the last day of a year": datetime(2025, 12, 31, tzinfo=ZoneInfo(BERLIN)),
}


def at(now):
    return Facts(SOMEBODY, State(), Clients(1), now)


def open_and_until(now, start, end, zone=BERLIN):
    facts = at(now)
    value = facts.hours(start, end, zone)
    (found,) = facts.reads.values()
    assert found.value == value
    return value, found.until


@pytest.mark.parametrize("day", MOMENTS.values(), ids=MOMENTS.keys())
@pytest.mark.parametrize(("start", "end"), [("09:00", "17:30"), ("22:00", "06:00"), ("00:00", "12:00"), ("9", "17")])
def test_hours_are_open_by_the_clock_on_the_wall(day, start, end):
    first, last = (time(*map(int, (text + ":0").split(":")[:2])) for text in (start, end))
    for minutes in range(-60, 25 * 60, 7):
        now = day.timestamp() + minutes * 60
        wall = datetime.fromtimestamp(now, day.tzinfo).time()
        inside = first <= wall < last if first < last else wall >= first or wall < last
        assert open_and_until(now, start, end)[0] is inside


@pytest.mark.parametrize("day", MOMENTS.values(), ids=MOMENTS.keys())
@pytest.mark.parametrize(
    ("start", "end"), [("09:00", "17:30"), ("01:30", "02:30"), ("02:30", "04:00"), ("22:00", "02:10")]
)
def test_hours_hold_until_the_moment_given_and_change_then(day, start, end):
    for minutes in range(-60, 25 * 60, 7):
        now = day.timestamp() + minutes * 60
        value, until = open_and_until(now, start, end)
        assert now < until <= now + 86400 * 1.1
        for part in (0.25, 0.5, 0.999):
            assert open_and_until(now + (until - now) * part, start, end) == (value, until)
        assert open_and_until(until, start, end)[0] is not value


def test_hours_that_begin_in_the_hour_that_is_left_out_end_on_time():
    four = datetime(2025, 3, 30, 4, tzinfo=ZoneInfo(BERLIN)).timestamp()
    assert open_and_until(four, "02:30", "03:15")[0] is False


def test_hours_in_utc_are_the_default():
    ten = datetime(2025, 7, 1, 10, tzinfo=UTC)
    facts = at(ten.timestamp())
    assert facts.hours("09:00", "10:01")
    assert not facts.hours("09:00", "10:00")
    assert [datetime.fromtimestamp(found.until, UTC) for found in facts.reads.values()] == [
        ten + timedelta(minutes=1),
        ten + timedelta(hours=23),
    ]


def test_a_schedule_is_asked_once_for_each_name():
    asked = []
    facts = at(NOON)

    def schedule(now):
        asked.append(now)
        return "value", now + 60

    facts.reader = "somebody"
    assert [facts.clock("tariff", schedule) for _ in range(3)] == ["value"] * 3
    assert asked == [NOON]
    (found,) = facts.reads.values()
    assert (found.name, found.by, found.until) == ("clock: tariff", "somebody", NOON + 60)


class Shift(Stranger):
    """Serves the first member until a moment, the others from then on."""

    name = "shift"

    def __init__(self, moment):
        self._moment = moment

    @hookimpl
    def rank(self, group, facts):
        late = facts.clock("shift", lambda now: (now >= self._moment, self._moment if now < self._moment else inf))
        return Ranking((Tier.of(*group.members[1:] if late and len(group.members) > 1 else group.members[:1]),))


def shifting(moment, ttl):
    domains = domain("www.example.com", pool("p", "192.0.2.1", "192.0.2.2"), ttl=ttl)
    return [Shift(moment)], domains


@given(st.floats(0, 400), st.integers(0, 300), st.floats(0, 3))
def test_no_answer_outlives_the_moment_at_which_its_clock_fact_changes(before, ttl, later):
    moment = NOON + before
    plugins, found = shifting(moment, ttl)
    _, outcome, facts = walked(service(plugins, found), now=NOON)
    until, most = lifetime(facts.reads.values(), outcome, NOON)
    if moment <= NOON:
        assert (until, most) == (inf, MAX_TTL)
        return
    assert NOON < until <= moment
    # an answer given just before the plan ends still ends in time
    assert until + min(ttl, most) <= moment
    assert most >= ttl or until - NOON <= 1
    assert min(ttl, most) >= min(ttl, floor(moment - NOON - 1))


@given(st.floats(0.01, 40), st.integers(0, 20), st.lists(st.floats(0, 3), max_size=30))
def test_what_the_server_answers_near_the_moment_ends_before_it(before, ttl, steps):
    moment, now = NOON + before, NOON
    plugins, found = shifting(moment, ttl)
    server = engine(plugins, found)
    for step in steps:
        now += step
        answer = read(server.answer(query("www.example.com"), "192.0.2.9", now)).answer[0]
        assert answer.ttl <= ttl
        if now < moment:
            assert str(answer[0]) == "192.0.2.1"
            assert now + answer.ttl <= moment
        else:
            assert (str(answer[0]), answer.ttl) == ("192.0.2.2", ttl)


def test_without_a_clock_fact_a_plan_holds_for_ever():
    _, outcome, facts = walked(service([Shift(0)], domain("www.example.com", pool("p", "192.0.2.1"))))
    assert lifetime(facts.reads.values(), outcome, NOON) == (inf, MAX_TTL)
