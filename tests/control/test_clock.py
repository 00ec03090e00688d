"""The clock: it goes on steadily, whatever is done to the time of day, and follows it only when nothing waits."""

import logging

import pytest

from gtm.control.clock import Clock


class Times:
    """The time of day, and the steady one."""

    def __init__(self):
        self.wall, self.steady = 1_790_000_000.0, 77.0
        self.clock = Clock(lambda: self.wall, lambda: self.steady)

    def go(self, seconds):
        self.wall += seconds
        self.steady += seconds


@pytest.mark.parametrize("jump", [-86400.0, 31_536_000.0])
def test_a_jump_is_not_seen_while_something_waits_and_is_told_once(caplog, jump):
    times = Times()
    began = times.clock.now()
    times.wall += jump
    with caplog.at_level(logging.WARNING):
        for _ in range(5):
            times.go(1)
            times.clock.follow(quiet=False)
    assert times.clock.now() == began + 5
    assert [record.getMessage() for record in caplog.records] == [
        f"the clock was set by {jump:+.0f} s; no verdict changes by that"
    ]
    times.clock.follow(quiet=True)
    assert times.clock.now() == times.wall


def test_a_slow_correction_is_followed_without_a_word(caplog):
    times = Times()
    for _ in range(10):
        times.wall += 0.5
        times.go(1)
        times.clock.follow(quiet=True)
    assert times.clock.now() == pytest.approx(times.wall)
    assert not caplog.records
