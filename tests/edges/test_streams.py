"""Streams within their limits (RFC 7766): whatever a client does, others are answered and memory is bounded."""

import socket
import struct
import time

import dns.message
import pytest


COREFILE = """
[server]
listen = ["127.0.0.1:0"]

[[zone]]
name = "example.com"
chain = [{ use = "zone", records = '''
@ 300 SOA ns hostmaster 1 3600 600 86400 300
@ NS ns
ns A 192.0.2.53
''' }]
"""


@pytest.fixture
def running(tmp_path, inside):
    path = tmp_path / "Corefile.toml"
    path.write_text(COREFILE)
    return inside(path, Limits(connections=8, per_client=6, idle=2.0, message=1.0, unread=1.0))


def connect(running):
    opened = socket.create_connection((running.host, running.port), timeout=10)
    opened.settimeout(10)
    return opened


def framed(name="ns.example.com", ident=None):
    wire = dns.message.make_query(name, "A", id=ident).to_wire()
    return struct.pack("!H", len(wire)) + wire


def exactly(opened, size):
    data = b""
    while len(data) < size:
        more = opened.recv(size - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def reply(opened):
    return dns.message.from_wire(exactly(opened, struct.unpack("!H", exactly(opened, 2))[0]))


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


def test_half_a_message_is_not_waited_for_long(running):
    with connect(running) as opened:
        opened.sendall(framed()[:9])
        before = time.monotonic()
        with pytest.raises(ConnectionError):
            opened.recv(1)
        assert time.monotonic() - before < 5


def test_an_idle_connection_is_closed(running):
    with connect(running) as opened:
        opened.sendall(framed())
        assert reply(opened).answer
        assert opened.recv(1) == b""


def asked(opened):
    opened.sendall(framed())
    return reply(opened)


def test_one_client_cannot_take_every_place(running):
    opened = [connect(running) for _ in range(7)]
    try:
        with pytest.raises((EOFError, ConnectionError)):
            asked(opened[6])
        assert asked(opened[5]).answer
    finally:
        for each in opened:
            each.close()


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
