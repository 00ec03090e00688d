"""Streams within their limits (RFC 7766): whatever a client does, others are answered and memory is bounded.

Rows of the catalogue: TCP slow-loris, idle; never-reading client; responses sent as queries, on a stream.
"""

import contextlib
import socket
import statistics
import struct
import threading
import time
from pathlib import Path

import pytest

from gtm.config.loaded import Limits
from tests.edges.conftest import until
from tests.edges.streaming import asked, connect, ended, exactly, framed, reply, started


@pytest.fixture
def running(tmp_path, inside):
    return started(tmp_path, inside, Limits(connections=8, per_client=6, idle=2.0, message=1.0, unread=1.0))


def test_pipelined_queries_are_all_answered(running):
    with connect(running) as opened:
        opened.sendall(b"".join(framed(ident=number) for number in range(500)))
        assert sorted(reply(opened).id for _ in range(500)) == list(range(500))


def test_a_message_in_single_octets_is_answered(running):
    with connect(running) as opened:
        for octet in framed():
            opened.sendall(bytes((octet,)))
        assert reply(opened).answer


def test_a_client_that_stops_sending_still_gets_its_answers(running):
    with connect(running) as opened:
        opened.sendall(b"".join(framed(ident=number) for number in range(200)))
        opened.shutdown(socket.SHUT_WR)
        assert [reply(opened).id for _ in range(200)] == list(range(200))
        assert opened.recv(1) == b""


@pytest.mark.parametrize("rest", [framed()[:9], b"\x00", b"\xff\xff" + bytes(60_000)], ids=["half", "an octet", "long"])
def test_half_a_message_is_not_waited_for_long_and_costs_no_reply(running, rest):
    with connect(running) as opened:
        opened.sendall(framed(ident=1) + rest)
        assert reply(opened).id == 1
        assert ended(opened) < 5


def test_a_message_an_octet_at_a_time_is_not_waited_for_long(running):
    with connect(running) as opened:
        began = time.monotonic()
        with contextlib.suppress(ConnectionError):
            while time.monotonic() - began < 10:
                opened.sendall(b"\xff")
                time.sleep(0.05)
        assert time.monotonic() - began < 5


@pytest.mark.parametrize("size", [0, 1, 11])
def test_what_can_be_no_message_ends_a_connection_behind_the_replies_to_what_came_before(running, size):
    with connect(running) as opened:
        garbage = struct.pack("!H", size) + bytes(size)
        opened.sendall(framed(ident=1) + framed(ident=2) + garbage + framed(ident=3) * 500)
        assert [reply(opened).id for _ in range(2)] == [1, 2]
        assert ended(opened) < 1


def test_an_idle_connection_is_closed(running):
    with connect(running) as opened:
        opened.sendall(framed())
        assert reply(opened).answer
        assert opened.recv(1) == b""


def test_who_asks_much_at_once_keeps_nobody_waiting(tmp_path, inside):
    running = started(tmp_path, inside, Limits(rate=1_000_000))
    with connect(running) as greedy, connect(running) as other:
        sender = threading.Thread(target=greedy.sendall, args=(framed() * 8000,))
        reader = threading.Thread(target=exactly, args=(greedy, 8000 * len(framed())))
        sender.start()
        reader.start()
        waits, queued = [], []
        while reader.is_alive():
            before = time.monotonic()
            assert asked(other).answer
            waits.append(time.monotonic() - before)
            queued.append(len(running.server.answerer._streams._ready))
        sender.join()
        assert statistics.median(waits) < 0.05
        assert max(queued) <= 2


def test_500_queries_in_a_row_are_answered_on_one_connection(running):
    with connect(running) as opened:
        for _ in range(500):
            assert asked(opened).answer


def test_300_idle_connections_keep_nobody_waiting_and_go(tmp_path, inside):
    running = started(tmp_path, inside, Limits(idle=2.0))
    with contextlib.ExitStack() as stack:
        idle = [stack.enter_context(connect(running, f"127.0.0.{2 + number // 100}")) for number in range(300)]
        with connect(running) as other:
            before = time.monotonic()
            assert asked(other).answer
            assert time.monotonic() - before < 0.5
        for each in idle:
            assert ended(each) < 5


def test_one_client_cannot_take_every_place(running):
    with contextlib.ExitStack() as stack:
        opened = [stack.enter_context(connect(running)) for _ in range(7)]
        with pytest.raises((EOFError, ConnectionError)):
            asked(opened[6])
        assert asked(opened[5]).answer
        opened[0].close()
        until(lambda: len(running.server.answerer._streams) == 5)
        assert asked(stack.enter_context(connect(running))).answer


def test_when_all_places_are_taken_the_connection_that_was_quiet_longest_goes(running):
    with contextlib.ExitStack() as stack:
        sources = [f"127.0.0.{last}" for last in range(2, 10)]
        opened = [stack.enter_context(connect(running, source)) for source in sources]
        for each in (*opened, opened[0]):
            assert asked(each).answer
        assert asked(stack.enter_context(connect(running, "127.0.1.1"))).answer
        assert ended(opened[1]) < 1
        assert asked(opened[0]).answer


def test_who_may_not_come_in_costs_nobody_a_place(running):
    """All eight places are taken, and one more of a client that has six."""
    with contextlib.ExitStack() as stack:
        sources = ["127.0.0.2"] * 2 + ["127.0.0.1"] * 6
        opened = [stack.enter_context(connect(running, source)) for source in sources]
        for each in opened:
            assert asked(each).answer
        with pytest.raises((EOFError, ConnectionError)):
            asked(stack.enter_context(connect(running)))
        assert all(asked(each).answer for each in opened)


def test_a_client_that_asks_too_much_waits_for_the_next_second_and_nobody_else_does(tmp_path, inside):
    running = started(tmp_path, inside, Limits(rate=100))
    with connect(running) as greedy, connect(running) as other, connect(running, "127.0.0.2") as stranger:
        began = time.monotonic()
        greedy.sendall(b"".join(framed(ident=number) for number in range(350)))
        assert reply(greedy).id == 0
        other.sendall(framed())
        waits = []
        while len(waits) < 50:
            before = time.monotonic()
            assert asked(stranger).answer
            waits.append(time.monotonic() - before)
        assert max(waits) < 0.5
        assert [reply(greedy).id for _ in range(349)] == list(range(1, 350))
        assert 2 < time.monotonic() - began < 8
        assert reply(other).answer  # of the same client


def flood(deaf, running):
    """Send and never read; whenever the server does not take more, another client is answered."""
    block = rest = framed() * 200
    sent, end = 0, time.monotonic() + 20
    while time.monotonic() < end and sent < 64 * 1024 * 1024:
        try:
            taken = deaf.send(rest)
            sent, rest = sent + taken, rest[taken:] or block
        except TimeoutError:
            with connect(running) as other:
                assert asked(other).answer


def test_a_client_that_never_reads_is_cut_off_and_others_are_answered(running):
    with connect(running) as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.settimeout(0.2)
        with pytest.raises(ConnectionError):
            flood(deaf, running)


def test_a_response_gets_no_answer_on_a_stream_either(running):
    query = bytearray(framed(ident=1))
    query[4] |= 0x80
    with connect(running) as opened:
        opened.sendall(bytes(query) + framed(ident=2))
        assert reply(opened).id == 2


def test_what_clients_that_never_read_leave_behind_is_bounded(running):
    before = resident()
    with contextlib.ExitStack() as stack:
        for last in range(2, 6):
            deaf = stack.enter_context(connect(running, f"127.0.0.{last}"))
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            with contextlib.suppress(ConnectionError):
                deaf.sendall(framed("big.example.com", "TXT") * 5000)
        with connect(running) as other:
            assert asked(other).answer
        most, end = 0, time.monotonic() + 20
        while running.server.answerer._streams:
            most = max(most, resident() - before)
            assert time.monotonic() < end
    assert most < 8 * 1024 * 1024


def resident():
    """Measure this process, in which the server runs, in octets."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
