"""Row of the catalogue: query flood with backlog.

The capacity of the server is known, because each answer takes it a millisecond. GTM_FLOOD says for how many seconds it is
offered three times as much.
"""

import contextlib
import os
import select
import threading
import time

import pytest

from gtm.serve import udp
from tests.edges.floods import Flood

SECONDS = float(os.environ.get("GTM_FLOOD", "3"))
SHARE = 0.99 if SECONDS >= 10 else 0.95
"""Of the answers, that must come soon: one pause of the machine may take all of a hundredth of a few seconds."""


class Slow:
    """Answers everything, each a millisecond later than the one before."""

    def __init__(self):
        self.opened = udp.bind("127.0.0.1", 0)
        self.place = self.opened.getsockname()
        self.datagrams = udp.Datagrams(self.opened)
        self._stop = threading.Event()

    def _answer(self, packet, _peer, _now):
        time.sleep(0.001)
        return packet

    def _run(self, pause):
        time.sleep(pause)  # what it is about: a server that stands still
        while not self._stop.is_set():
            if select.select([self.opened], [], [], 0.05)[0]:
                self.datagrams.drain(self._answer, 0.0)

    @contextlib.contextmanager
    def run(self, pause=0.0):
        thread = threading.Thread(target=self._run, args=(pause,))
        thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            thread.join()
            self.opened.close()

    def capacity(self):
        """Measure how many it answers in a second when there is always one to answer."""
        waits = Flood(self.place, 3000, 0.04).waits
        return (len(waits) - 1) / (waits[-1][0] - waits[0][0])


@pytest.fixture
def slow():
    with Slow().run() as made:
        yield made


def test_a_query_flood_with_backlog_costs_a_fifth_at_most_and_what_is_answered_is_answered_soon(slow):
    capacity = slow.capacity()
    slow.datagrams.take()
    flood = Flood(slow.place, 3 * capacity, SECONDS)
    assert len(flood.waits) >= 0.8 * capacity * SECONDS
    assert flood.within(SHARE, since=0.0 if SECONDS >= 10 else 0.3) < 0.05
    assert len(flood.waits) + slow.datagrams.take() == flood.sent  # each was answered, or is counted
    after = Flood(slow.place, capacity / 2, 1)
    assert len(after.waits) == after.sent
    assert after.within(SHARE) < 0.05


def test_what_piled_up_in_one_pause_is_all_answered():
    with Slow().run(pause=0.25) as slow:
        flood = Flood(slow.place, 300, 1)
        assert len(flood.waits) == flood.sent
        assert slow.datagrams.take() == 0
