"""dns on real sockets: servers that answer, refuse, lie, fall silent, or send half of a message."""

import asyncio
import socket
import subprocess
import sys

import dns.message
import pytest

from gtm import Setup, Target
from gtm_plugins.dns import Dns
from tests.edges.nameserver import framed, reply, serving

A = "www.example.com. A 192.0.2.1"


def good(query):
    return [reply(query, A)]


def stream(query):
    return [framed(reply(query, A))]


def silent(_query):
    return []


def cut(query):
    return [reply(query, cut=True)]


def others_first(query):
    forged = bytearray(reply(query, "www.example.com. A 203.0.113.9"))
    forged[0] ^= 1
    return [b"", b"no message", bytes(forged), reply(query, A)]


def flood(query):
    return [b"no message"] * 200


def half(query):
    return [framed(reply(query, A))[:20]]


def others_stream(query):
    return [framed(b"no message"), framed(b""), framed(reply(query, A))]


def probe(by_udp, by_tcp=None, timeout=5.0, **options):
    async def main():
        async with serving(by_udp, by_tcp) as port:
            plugin = Dns(Dns.Options(ask="www.example.com A", expect=("192.0.2.1",), **options), Setup())
            return await plugin.probe(Target("127.0.0.1", port, "127.0.0.1", timeout, None))

    return asyncio.run(main())


FINE = "answered as expected"
CUT = " over TCP, after a truncated reply"


@pytest.mark.parametrize(
    ("by_udp", "by_tcp", "options", "reason"),
    [
        (good, None, {}, FINE),
        (lambda query: [reply(query, rcode="SERVFAIL")], None, {}, "rcode SERVFAIL"),
        (lambda query: [reply(query, "www.example.com. A 192.0.2.9")], None, {}, "answer lacks 192.0.2.1"),
        (others_first, None, {}, FINE),
        (cut, stream, {}, FINE),
        (cut, None, {}, f"connection closed before the reply{CUT}"),
        (cut, silent, {"timeout": 0.3}, f"timed out after 0.3 s waiting for the reply{CUT}"),
        (silent, stream, {"transport": "tcp"}, FINE),
        (silent, others_stream, {"transport": "tcp"}, FINE),
        (silent, None, {"transport": "tcp"}, "connection closed before the reply"),
        (silent, silent, {"transport": "tcp", "timeout": 0.3}, "timed out after 0.3 s waiting for the reply"),
        (silent, half, {"transport": "tcp", "timeout": 0.3}, "timed out after 0.3 s waiting for the reply"),
        (silent, None, {"timeout": 0.3}, "timed out after 0.3 s waiting for the reply"),
        (flood, None, {"timeout": 0.5}, "timed out after 0.5 s waiting for the reply; other messages that came: 200"),
    ],
    ids=[
        "answer", "fault", "other data", "forged replies first", "truncated", "truncated and no TCP",
        "truncated and TCP silent", "TCP",
        "other messages first", "closed", "TCP silent", "half a message", "silent", "no messages",
    ],
)  # fmt: skip
def test_a_server_is_well_when_it_answers_as_expected_and_else_the_reason_says_why(by_udp, by_tcp, options, reason):
    seen = probe(by_udp, by_tcp, **options)
    assert seen.reason == reason
    assert seen.is_well is (reason == FINE)
    assert seen.seconds < 1


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_nobody_at_the_port_is_refused_at_once(transport):
    with socket.socket() as stream, socket.socket(type=socket.SOCK_DGRAM) as datagram:
        stream.bind(("127.0.0.1", 0))
        datagram.bind(("127.0.0.1", 0))
        port = (datagram if transport == "udp" else stream).getsockname()[1]
        if transport == "udp":
            datagram.close()
        plugin = Dns(Dns.Options(ask="www.example.com A", transport=transport), Setup())
        seen = asyncio.run(plugin.probe(Target("127.0.0.1", port, "127.0.0.1", 5.0, None)))
    assert seen.reason == "connection refused"
    assert seen.seconds < 1


def test_a_listener_whose_queue_is_full_times_out_in_connect(full):
    plugin = Dns(Dns.Options(ask="www.example.com A", transport="tcp"), Setup())
    seen = asyncio.run(plugin.probe(Target("127.0.0.1", full, "x", 0.3, None)))
    assert seen.reason == "timed out after 0.3 s in connect"


# a process of its own, so that there is always more to read than was read
FLOOD = """
import socket, sys, time
with socket.socket(type=socket.SOCK_DGRAM) as made:
    made.bind(("127.0.0.1", 0))
    print(made.getsockname()[1], flush=True)
    _, source = made.recvfrom(512)
    until = time.monotonic() + 4
    while time.monotonic() < until:
        try:
            made.sendto(bytes.fromhex(sys.argv[1]), source)
        except ConnectionRefusedError:
            break
"""


def test_a_server_that_never_stops_talking_does_not_keep_the_loop_from_its_timers():
    # long, so that it takes longer to read than to send; and the answer to another question
    forged = reply(dns.message.make_query("evil.example", "A"), *(f"{n}.example. A 192.0.2.1" for n in range(50)))
    with subprocess.Popen([sys.executable, "-c", FLOOD, forged.hex()], stdout=subprocess.PIPE, text=True) as process:
        port = int(process.stdout.readline())
        plugin = Dns(Dns.Options(ask="www.example.com A"), Setup())
        seen = asyncio.run(plugin.probe(Target("127.0.0.1", port, "x", 0.5, None)))
        process.kill()
    assert seen.reason.startswith("timed out after 0.5 s waiting for the reply; ")
    assert seen.seconds < 3
