"""The hub and the lines: each is told the whole once, then changes; who waits, lags or makes no sense harms nobody else."""

import asyncio

import pytest

from gtm.control.hub import BEHIND, Hub, Line
from gtm.health.table import State
from gtm.stream import Counted, Frames, Hello, frame, heard
from gtm.tally import Tally


class Wire(asyncio.Transport):
    """The other end of a line: what was written lies here until it is read."""

    def __init__(self, hub):
        super().__init__()
        self.line = Line(hub)
        self.frames, self.written = Frames(), b""
        self.is_cut = False
        self.line.connection_made(self)

    def write(self, data):
        self.written += data

    def get_write_buffer_size(self):
        return len(self.written)

    def abort(self):
        self.is_cut = True
        self.line.connection_lost(None)

    def say(self, message):
        self.line.data_received(frame(message))

    def read(self):
        octets, self.written = self.written, b""
        return list(self.frames.feed(octets))


def down(*numbers):
    return State(down=frozenset(f"address:192.0.2.{number}" for number in numbers))


@pytest.fixture
def counted():
    return []


@pytest.fixture
def hub(counted):
    made = Hub(counted.append)
    made.generation = 1
    return made


def joined(hub, worker=0, generation=1):
    wire = Wire(hub)
    wire.say(Hello(worker, generation))
    return wire


def test_a_line_is_told_the_whole_state_then_what_changes(hub):
    hub.publish(down(1))
    wire = joined(hub)
    (first,) = wire.read()
    assert (first.is_whole, first.healthy) == (True, {"address:192.0.2.1": False})
    hub.publish(down(2))
    (then,) = wire.read()
    assert (then.is_whole, then.healthy) == (False, {"address:192.0.2.1": True, "address:192.0.2.2": False})
    hub.publish(down(2))
    assert wire.read() == []


def test_nobody_is_told_before_there_is_something_to_tell(hub):
    hub.generation = None
    wire = joined(hub)
    hub.publish(down(1))
    assert wire.read() == []
    hub.generation = 1
    hub.publish(down(1))
    assert [news.is_whole for news in wire.read()] == [True]


def test_who_serves_a_configuration_that_is_still_to_come_waits_and_one_who_serves_an_old_one_does_not(hub):
    old, new = joined(hub, generation=1), joined(hub, generation=2)
    hub.publish(down(1))
    assert [len(old.read()), len(new.read())] == [1 + 1, 0]
    assert hub.workers == 1
    hub.generation = 2
    hub.publish(down(1, 2))
    assert [len(old.read()), [news.is_whole for news in new.read()]] == [1, [True]]


def test_who_has_not_said_hello_is_told_nothing_and_counts_for_nothing(hub):
    wire = Wire(hub)
    hub.publish(down(1))
    assert wire.read() == []
    assert hub.workers == 0


def test_two_lines_of_one_place_are_one_worker(hub):
    joined(hub, 0), joined(hub, 0), joined(hub, 1)
    assert hub.workers == 2


def test_who_does_not_read_is_cut_off_and_begins_anew_with_the_whole(hub):
    slow, other = joined(hub), joined(hub, 1)
    turn, newest = 0, None
    while not slow.is_cut:
        turn += 1
        newest = down(*range(turn % 2, 4000, 2))
        hub.publish(newest)
        other.read()
        assert len(slow.written) < 2 * BEHIND
    assert not other.is_cut
    assert hub.workers == 1
    again = joined(hub)
    (news,) = again.read()
    assert news.is_whole
    assert heard(State(), news) == newest


def test_who_makes_no_sense_is_cut_off_and_nobody_else(hub, counted):
    wire, other = joined(hub), joined(hub, 1)
    wire.line.data_received(b"GET / HTTP/1.1\r\n\r\n")
    assert (wire.is_cut, other.is_cut, hub.workers) == (True, False, 1)
    other.say(Counted(Tally(hits=3)))
    assert [tally.hits for tally in counted] == [3]
