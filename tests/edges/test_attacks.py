"""What is sent to hurt, and what it costs whoever asks next.

Rows of the catalogue: pointer loops and ladders, big UDP query, responses sent as queries, descriptor exhaustion; and what
resource attacks must cost: each is answered or dropped within 20 ms, and the next query waits no more than 5 ms longer.
"""

import contextlib
import resource
import socket
import statistics
import struct
import time

import dns.message
import dns.query
import pytest

from gtm.config.loaded import Limits
from tests.edges.conftest import until
from tests.edges.streaming import COREFILE, connect, exactly, framed, started

ROUNDS = 15
QUESTION = b"\3www\7example\3com\0\0\1\0\1"


def header(questions=1, answers=0, authorities=0, more=0, flags=0):
    return struct.pack("!6H", 4711, flags, questions, answers, authorities, more)


def record(owner, kind=1, data=b""):
    return owner + struct.pack("!HHIH", kind, 1, 0, len(data)) + data


def ladder(size, rungs):
    """Fill a message with records each of whose names goes down a ladder of pointers, as high as there is room."""
    octets = header(answers=0xFFFF) + QUESTION
    steps = bytearray(b"\1a\0")
    base = len(octets) + 10 + 1
    for rung in range(rungs):
        steps += b"\1b" + (0xC000 | (base + (0 if rung == 0 else 3 + (rung - 1) * 4))).to_bytes(2)
    octets += record(b"\0", 16, bytes(steps))
    top = (0xC000 | (base + 3 + (rungs - 1) * 4)).to_bytes(2)
    one = record(top)
    return octets + one * ((size - len(octets)) // len(one))


def labels(size):
    """Fill a message with records whose names have 127 labels."""
    one = record(b"\1a" * 127 + b"\0")
    octets = header(answers=0xFFFF) + QUESTION
    return octets + one * ((size - len(octets)) // len(one))


def options(size):
    """Fill an OPT record with empty options."""
    octets = header(more=1) + QUESTION
    count = (size - len(octets) - 11) // 4
    return octets + b"\0" + struct.pack("!HHIH", 41, 4096, 0, 4 * count) + b"\xfd\xe9\0\0" * count


def questions(size):
    return (header(questions=0xFFFF) + QUESTION * 4000)[:size]


ATTACKS = {
    "ladder": lambda size: ladder(size, 32),
    "a ladder of 30": lambda size: ladder(size, 30),
    "127 labels": labels,
    "65,535 records claimed": lambda _size: header(answers=0xFFFF, authorities=0xFFFF, more=0xFFFF) + QUESTION,
    "65,535 questions claimed": questions,
    "a name of 127 labels asked": lambda _size: header() + b"\1a" * 127 + b"\0\0\1\0\1",
    "a thousand options": options,
    "OPT records": lambda size: header(more=0xFFFF) + QUESTION + record(b"\0", 41) * ((size - 100) // 11),
    "a loop asked": lambda _size: header() + b"\3www\xc0\x0c\0\1\0\1",
    "a response": lambda size: header(flags=0x8000, answers=0xFFFF) + bytes(size - 12),
    "noise": lambda size: header(answers=0xFFFF) + bytes(range(256)) * (size // 257),
}


@pytest.fixture
def running(tmp_path, inside):
    return started(tmp_path, inside, Limits(), "rate_limit = 0")


def took(send, probe):
    """Measure in seconds how long an ordinary query takes that is asked behind something."""
    send()
    before = time.perf_counter()
    probe()
    return time.perf_counter() - before


def slower(send, probe):
    """Compare by medians: what it costs a query to be asked behind something, and that something."""
    alone = statistics.median(took(lambda: None, probe) for _ in range(ROUNDS))
    return statistics.median(took(send, probe) for _ in range(ROUNDS)) - alone


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
@pytest.mark.parametrize("via", ["udp", "tcp"])
def test_a_resource_attack_keeps_the_next_query_waiting_5_ms_at_most(running, attack, via):
    ordinary = framed(ident=1)[2:]
    with contextlib.ExitStack() as stack:
        client = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        client.connect((running.host, running.port))
        client.settimeout(5)
        if via == "udp":
            evil = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            evil.connect((running.host, running.port))
            packet = attack(4096)
            assert len(packet) <= 4096

            def send():
                evil.send(packet)
        else:
            evil = stack.enter_context(connect(running))
            packet = attack(65_535)

            def send():
                evil.sendall(struct.pack("!H", len(packet)) + packet)

        def probe():
            client.send(ordinary)
            assert client.recv(4096)[:2] == b"\0\1"

        assert slower(send, probe) < 0.005


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_a_resource_attack_is_done_with_in_20_ms(running, attack):
    """What stands behind it on the same connection is answered then, and so is it, or never."""
    with connect(running) as opened:
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        packet = attack(65_535)
        taken = []
        for _ in range(ROUNDS):
            before = time.perf_counter()
            opened.sendall(struct.pack("!H", len(packet)) + packet + framed(ident=1))
            while dns_id(exactly(opened, int.from_bytes(exactly(opened, 2)))) != 1:
                pass
            taken.append(time.perf_counter() - before)
        assert statistics.median(taken) < 0.02


def dns_id(wire):
    return int.from_bytes(wire[:2])


def test_when_no_descriptor_is_left_udp_goes_on_and_quiet_connections_make_room(tmp_path, outside):
    """Row of the catalogue: descriptor exhaustion: 64 descriptors, 100 connections."""
    path = tmp_path / "Corefile.toml"
    path.write_text(COREFILE.format(server="", big='""'))
    server = outside(path)
    port, worker = server.port, server.child("gtm worker 0")
    resource.prlimit(worker, resource.RLIMIT_NOFILE, (64, 64))
    query = dns.message.make_query("ns.example.com", "A")
    with contextlib.ExitStack() as stack:
        for _ in range(100):
            stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
        server.wait_for("no room for TCP connections: Too many open files")
        for _ in range(20):
            assert dns.query.udp(query, "127.0.0.1", port=port, timeout=0.5).answer
        assert dns.query.tcp(query, "127.0.0.1", port=port, timeout=20).answer
    assert dns.query.tcp(query, "127.0.0.1", port=port, timeout=5).answer
    assert server.child("gtm worker 0") == worker
    assert sum("no room" in line for line in server.lines) == 1


def sending(running):
    """The socket that a server answers from: what is sent from it is as if it were forged."""
    return running.server._doors[0].pairs[0][0]


def counted(running):
    """Tell how many queries a server answered since the last time, and how many it dropped."""
    tally = running.call(running.server.answerer.tally)
    return sum(one[-1] for one in tally.queries), tally.dropped


@pytest.mark.parametrize(
    "forged",
    [framed()[2:], header(answers=1) + QUESTION, header(flags=0x7800) + QUESTION, bytes(12)],
    ids=["a query", "garbage", "another opcode", "a header"],
)
def test_two_of_our_servers_do_not_keep_each_other_talking(tmp_path, inside, forged):
    """Row of the catalogue: responses sent as queries: one packet from one to the other, and the counters stay at 1."""
    first, second = (started(tmp_path, inside, Limits()) for _ in range(2))
    for each in (first, second):
        counted(each)
    first.call(sending(first).sendto, forged, (second.host, second.port))
    until(lambda: first.server.engine.dropped)
    for each in (second, first, second, first):  # had they more to say, it would be said by now
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(5)
            client.sendto(framed()[2:], (each.host, each.port))
            assert client.recv(4096)
    assert counted(first) == (2, 1)
    assert counted(second) == (3, 0)
