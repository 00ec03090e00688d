"""Children that end: one that lived is started again at once, one that keeps ending ever more slowly."""

import pytest

from gtm.processes.children import CONTROL, STEADY, WORKER, Child, Children


def child(begun, kind=WORKER, place=0):
    return Child(kind, place, 1, begun)


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [(CONTROL, [0.0, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 5.0]), (WORKER, [0.0, 0.4, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8])],
)
def test_one_that_keeps_ending_waits_longer_each_time_and_never_too_long(kind, wanted):
    """A worker that was killed is back within a second, however often that was."""
    children, now, delays = Children(), 100.0, []
    for _ in wanted:
        delays.append(children.delay(child(now, kind), now + 0.1))
        now += 0.1 + delays[-1]
    assert delays == wanted


def test_one_that_lived_is_started_at_once_whatever_was_before():
    children = Children()
    for _ in range(5):
        children.delay(child(100.0), 100.1)
    assert children.delay(child(200.0), 200.1 + STEADY) == 0.0
    assert children.delay(child(300.0), 300.1) == 0.0


@pytest.mark.parametrize("other", [child(100.0, CONTROL), child(100.0, place=1)], ids=["another kind", "another place"])
def test_nobody_waits_for_the_faults_of_another(other):
    children = Children()
    for _ in range(5):
        children.delay(child(100.0), 100.1)
    assert children.delay(other, 100.1) == 0.0
