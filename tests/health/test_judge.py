"""The judge: rounds in a row make a verdict, and what nobody saw changes nothing (R-28, R-97 to R-99)."""

from itertools import groupby, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtm import Observation, Verdict
from gtm.health.judge import judged, wants_confirm
from gtm.health.table import Belief
from tests.health.virtual import template

UP, DOWN = Verdict.UP, Verdict.DOWN
NOON = 1_750_000_000.0


def saw(is_well, reason="", warning=""):
    return Observation(is_well, reason or ("status 200" if is_well else "status 503"), 0.02, warning=warning)


def beliefs(rounds, made):
    """Judge rounds written as + and -, ten seconds apart."""
    belief, found = None, []
    for turn, sign in enumerate(rounds):
        belief = judged(belief, {"here": saw(sign == "+")}, made, NOON + 10 * turn)
        found.append(belief)
    return found


@given(st.text("+-", min_size=1, max_size=60), st.integers(1, 5), st.integers(1, 5))
def test_a_verdict_changes_where_a_run_of_equal_rounds_is_long_enough(rounds, fall, rise):
    wanted, verdict = [], None
    for sign, run in groupby(rounds):
        word, enough = (UP, rise) if sign == "+" else (DOWN, fall)
        for length, _ in enumerate(run, 1):
            verdict = word if verdict is None or length >= enough else verdict
            wanted.append(verdict)
    found = beliefs(rounds, template(fall=fall, rise=rise))
    assert [belief.verdict for belief in found] == wanted
    for turn, belief in enumerate(found):
        changed = max(at for at in range(turn + 1) if at == 0 or wanted[at] is not wanted[at - 1])
        assert belief.since == NOON + 10 * changed


@pytest.mark.parametrize(
    ("fall", "rise", "rounds", "verdicts"),
    [
        pytest.param(2, 1, "+-+-+-+-", "++++++++", id="single failures never count"),
        pytest.param(2, 1, "+--+--+", "++-++-+", id="a good round is enough to rise"),
        pytest.param(3, 3, "+---++-+++--", "+++------+++", id="a count begins anew after each contradiction"),
        pytest.param(1, 2, "+-+-++-", "+----+-", id="quick to fall and slow to rise"),
        pytest.param(3, 3, "-", "-", id="the first round decides"),
    ],
)
def test_a_flapping_check_changes_as_often_as_its_template_says(fall, rise, rounds, verdicts):
    """Catalogue 3.2, flapping member: asymmetric thresholds."""
    found = beliefs(rounds, template(fall=fall, rise=rise))
    assert "".join("+" if belief.verdict is UP else "-" for belief in found) == verdicts


@pytest.mark.parametrize(
    ("hold", "rounds", "verdicts"),
    [
        pytest.param(0, "+-+-+-+", "+-+-+-+", id="none: every round counts"),
        pytest.param(35, "+-+-+-+-+-+", "+-----+----", id="what flaps is back once in a while"),
        pytest.param(35, "+-+++++-", "+----++-", id="back when its time is over, and out again at once"),
        pytest.param(35, "-++++", "----+", id="from the first round on"),
        pytest.param(1000, "++-+++", "++----", id="for as long as it takes"),
    ],
)
def test_what_is_down_stays_so_for_its_hold_and_what_is_up_does_not(hold, rounds, verdicts):
    """Catalogue 3.2, flapping member: minimum hold time."""
    found = beliefs(rounds, template(fall=1, rise=1, hold=hold))
    assert "".join("+" if belief.verdict is UP else "-" for belief in found) == verdicts


def test_rounds_that_are_good_enough_to_rise_count_when_the_hold_is_over():
    found = beliefs("+-+++++", template(fall=1, rise=3, hold=45))
    assert "".join("+" if belief.verdict is UP else "-" for belief in found) == "+----" + "-+"


@given(st.text("+-", min_size=1, max_size=200), st.integers(0, 300))
def test_whatever_is_seen_a_check_goes_there_and_back_once_in_its_hold_at_most(rounds, hold):
    found = beliefs(rounds, template(fall=1, rise=1, hold=hold))
    down = [belief.since for before, belief in pairwise(found) if before.verdict is UP and belief.verdict is DOWN]
    assert all(later - sooner >= hold for sooner, later in pairwise(down))


def test_a_clock_that_was_set_back_holds_nobody():
    held = Belief(DOWN, since=NOON + 1e6)
    assert judged(held, {"here": saw(True)}, template(rise=1, hold=60), NOON).verdict is UP


def test_what_nobody_saw_changes_nothing():
    before = beliefs("+-", template(fall=2))[-1]
    assert judged(before, {}, template(fall=2), NOON + 9999) is before
    assert judged(None, {}, template(), NOON) == Belief(None)


@pytest.mark.parametrize(
    ("rate", "signs", "verdict"),
    [
        pytest.param(50, "+-", DOWN, id="half fails at 50"),
        pytest.param(50, "++-", UP, id="a third passes at 50"),
        pytest.param(100, "---", DOWN, id="all fail at 100"),
        pytest.param(100, "--+", UP, id="one is enough at 100"),
        pytest.param(20, "++++-", DOWN, id="a fifth fails at 20"),
        pytest.param(20, "+++++-", UP, id="a sixth passes at 20"),
        pytest.param(1, "+", UP, id="nobody fails"),
    ],
)
def test_a_round_fails_when_enough_vantage_points_fail_of_those_that_saw_anything(rate, signs, verdict):
    seen = {f"point {number}": saw(sign == "+", f"said {sign}") for number, sign in enumerate(signs)}
    belief = judged(None, seen, template(failure_rate=rate), NOON)
    assert belief.verdict is verdict
    assert belief.reason == ("said +" if verdict is UP else "said -")


def test_one_of_three_vantage_points_cannot_bring_a_check_down():
    """Catalogue 3.2, false mass-down: one agent of three."""
    belief = None
    for turn in range(100):
        seen = {"a": saw(True), "b": saw(True), "broken": saw(False)}
        belief = judged(belief, seen, template(failure_rate=50, fall=1), NOON + turn)
    assert (belief.verdict, belief.since, belief.against) == (UP, NOON, 0)


def test_a_belief_tells_the_last_round_and_when_the_next_should_have_come_long_ago():
    made = template(interval=15, timeout=3, fall=2)
    belief = beliefs("+-", made)[-1]
    assert belief == Belief(
        UP, since=NOON, reason="status 503", moment=NOON + 10, seconds=0.02, until=NOON + 10 + 48, against=1
    )


def test_a_warning_holds_until_a_good_round_is_without_it():
    made, found = template(), []
    belief = None
    for seen in (saw(True, warning="9 days left"), saw(False), saw(True, warning="8 days left"), saw(True)):
        belief = judged(belief, {"here": seen}, made, NOON)
        found.append(belief.warning)
    assert found == ["9 days left", "9 days left", "8 days left", ""]


def test_each_failing_round_of_what_is_up_wants_to_be_confirmed_where_the_template_does():
    made = template(fall=3, rise=2, confirm=0.2)
    assert [wants_confirm(belief, made) for belief in beliefs("+--+---+", made)] == [
        False, True, True, False, True, True, False, False,
    ]  # fmt: skip
    assert not any(wants_confirm(belief, template(fall=3)) for belief in beliefs("+--", template(fall=3)))
