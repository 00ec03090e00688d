"""Who speaks for others by the PROXY protocol: the listed networks, and nobody else."""

import contextlib
import time
from ipaddress import ip_network

import pytest

from gtm.config.loaded import Limits
from gtm.serve import udp
from gtm.serve.proxy import Listed
from tests.edges.draining import asking, drained
from tests.edges.streaming import asked, connect, ended, framed, reply, started

HEADER = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + bytes((192, 0, 2, 7, 192, 0, 2, 53, 0, 9, 0, 53))
LOCAL = b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0"


@pytest.fixture
def proxied(tmp_path, inside):
    limits = Limits(per_client=2, message=1.0, idle=2.0)
    return started(tmp_path, inside, limits, 'proxy = ["127.0.0.1/32"]')


@pytest.mark.parametrize("header", [HEADER, LOCAL], ids=["proxy", "local"])
@pytest.mark.parametrize("step", [1000, 1], ids=["at once", "in single octets"])
def test_a_listed_peer_speaks_for_others_behind_a_header(proxied, header, step):
    with connect(proxied) as opened:
        octets = header + framed(ident=1) + framed(ident=2)
        for start in range(0, len(octets), step):
            opened.sendall(octets[start : start + step])
        assert [reply(opened).id for _ in range(2)] == [1, 2]
        peers = {stream.peer for stream in proxied.server.answerer._streams._open}
        assert peers == {"192.0.2.7" if header == HEADER else "127.0.0.1"}


def test_places_are_counted_for_whom_a_proxy_speaks(proxied):
    with contextlib.ExitStack() as stack:
        opened = [stack.enter_context(connect(proxied)) for _ in range(5)]
        for each in opened[:3]:
            each.sendall(HEADER + framed())
        for each in opened[3:]:
            each.sendall(HEADER.replace(b"\xc0\0\2\7", b"\xc0\0\2\x08") + framed())
        answered = []
        for each in opened:
            with contextlib.suppress(EOFError, ConnectionError):
                answered.append(bool(reply(each).answer))
        assert answered == [True] * 4


@pytest.mark.parametrize(
    "octets", [framed(), b"PROXY TCP4 192.0.2.7 192.0.2.53 9 53\r\n" + framed(), HEADER[:12], b""],
    ids=["a query", "version 1", "half a header", "nothing"],
)  # fmt: skip
def test_a_listed_peer_without_a_header_is_cut_off(proxied, octets):
    with connect(proxied) as opened:
        opened.sendall(octets)
        began = time.monotonic()
        with contextlib.suppress(ConnectionError):
            assert opened.recv(1) == b""
        assert time.monotonic() - began < 5


def test_from_elsewhere_a_header_is_no_message(proxied):
    with connect(proxied, "127.0.0.2") as opened:
        opened.sendall(HEADER + framed())  # its first two octets say that 3338 follow
        assert ended(opened) < 5
    with connect(proxied, "127.0.0.2") as opened:
        assert asked(opened).answer


@pytest.mark.parametrize("wildcard", ["127.0.0.1", "0.0.0.0"])
def test_from_a_listed_network_only_what_begins_with_a_header_is_read(wildcard):
    sent = [
        HEADER + b"one",
        b"two",
        HEADER[:20],
        LOCAL + b"three",
        HEADER + bytes(4097),
    ]
    with udp.bind(wildcard, 0) as server, asking("127.0.0.1", server) as client:
        for packet in sent:
            client.sendto(packet, ("127.0.0.1", server.getsockname()[1]))
        asked = drained(server, Listed((ip_network("127.0.0.0/24"),)))
        assert [each[:2] for each in asked] == [(b"one", "192.0.2.7"), (b"three", "127.0.0.1")]
        assert [client.recv(10) for _ in range(2)] == [b"one", b"three"]


def test_from_elsewhere_a_header_is_no_better_than_any_garbage():
    with udp.bind("127.0.0.1", 0) as server, asking("127.0.0.1", server, source="127.0.1.1") as client:
        client.sendto(HEADER + b"one", server.getsockname())
        asked = drained(server, Listed((ip_network("127.0.0.0/24"),)))
        assert [each[:2] for each in asked] == [(b"x", "127.0.1.1"), (HEADER + b"one", "127.0.1.1")]
