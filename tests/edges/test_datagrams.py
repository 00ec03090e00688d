"""What arrives on a UDP socket, and what gets no answer. Rows of the catalogue: big UDP query, clients' odd ports."""

import contextlib
import select
import socket
import struct

import dns.message
import pytest

from gtm.serve import udp
from tests.edges import wires
from tests.edges.conftest import until
from tests.edges.draining import asking, drained
from tests.edges.wires import run

FAMILIES = {socket.AF_INET: "0.0.0.0", socket.AF_INET6: "::"}


def exchanged(packets):
    """Send datagrams to a socket, and give what was asked and what comes back."""
    server = udp.bind("127.0.0.1", 0)
    with server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.bind(("127.0.0.1", 0))
        client.settimeout(0.2)
        for packet in packets:
            client.sendto(packet, server.getsockname())
        asked, back = drained(server), []
        with contextlib.suppress(TimeoutError):
            while True:
                back.append(client.recv(70_000))
        return asked, back


def test_a_datagram_over_4096_octets_is_not_looked_at():
    asked, back = exchanged([b"x" * 4096, b"x" * 4097, b"x" * 60_000, b"y"])
    assert [len(packet) for packet, _, _ in asked] == [4096, 1]
    assert [len(packet) for packet in back] == [4096, 1]
    assert asked[0][1:] == ("127.0.0.1", 12.5)


def test_a_batch_is_bounded_so_that_others_get_their_turn():
    asked, _ = exchanged([b"x"] * (udp.BATCH + 10))
    assert 0 < len(asked) <= udp.BATCH


def raw(source, target, payload):
    """Send a datagram from an address and port that need not be ours."""
    query = payload
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 0, 0, 0, 64, 17, 0, *map(socket.inet_aton, (source[0], target[0])))
    datagram = struct.pack("!HHHH", source[1], target[1], 8 + len(query), 0) + query
    try:
        opened = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    except PermissionError:
        pytest.skip("this process may not open raw sockets")
    with opened:
        opened.sendto(header + datagram, (target[0], 0))


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_port_0_gets_no_answer(host):
    query = dns.message.make_query("example.com", "A").to_wire()
    with udp.bind(host, 0) as server:
        target = ("127.0.0.1", server.getsockname()[1])
        raw(("127.0.0.1", 0), target, query)
        raw(("127.0.0.1", 9), target, query)
        assert [peer for _, peer, _ in drained(server)] == ["127.0.0.1"]


class Unreachable:
    """A socket on which nothing can be sent."""

    def __init__(self, opened):
        self.waiting = [BlockingIOError, (b"x", ("127.0.0.1", 9)), ConnectionRefusedError, (b"x", ("127.0.0.1", 9))]
        self.sent, self.getsockname, self.getsockopt, self.fileno = (
            [],
            opened.getsockname,
            opened.getsockopt,
            opened.fileno,
        )

    def recvfrom(self, _size):
        found = self.waiting.pop()
        if isinstance(found, type):
            raise found
        return found

    def sendto(self, packet, peer):
        self.sent.append((packet, peer))
        raise PermissionError


def test_a_reply_that_can_not_be_sent_keeps_nobody_else_waiting():
    with udp.bind("127.0.0.1", 0) as opened:
        unreachable = Unreachable(opened)
        drained(unreachable)
    assert len(unreachable.sent) == 2


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_path_mtu_information_is_ignored(host):
    with udp.bind(host, 0) as server:
        level, option = (socket.IPPROTO_IP, 10) if host == "127.0.0.1" else (socket.IPPROTO_IPV6, 23)
        assert server.getsockopt(level, option) == 5  # OMIT, of linux/in.h and linux/in6.h


@pytest.mark.parametrize(
    ("wildcard", "host"), [("0.0.0.0", "127.0.0.1"), ("0.0.0.0", "127.9.8.7"), ("::", "::1")], ids=str
)
def test_on_every_address_the_reply_comes_from_the_one_that_was_asked(wildcard, host):
    with udp.bind(wildcard, 0) as server, asking(host, server) as client:
        assert len(drained(server)) == 1
        assert client.recvfrom(10)[1][:2] == (host, server.getsockname()[1])


def test_on_every_address_4096_octets_are_the_most_as_well():
    with udp.bind("0.0.0.0", 0) as server, asking("127.0.0.1", server) as client:
        for size in (4096, 4097, 60_000):
            client.sendto(bytes(size), ("127.0.0.1", server.getsockname()[1]))
        assert [len(packet) for packet, _, _ in drained(server)] == [1, 4096]


def test_what_comes_to_a_broadcast_address_gets_no_answer():
    with udp.bind("0.0.0.0", 0) as server, asking("127.255.255.255", server) as client:
        client.sendto(b"y", ("127.0.0.1", server.getsockname()[1]))
        assert [packet for packet, _, _ in drained(server)] == [b"y"]


def test_what_comes_to_many_gets_no_answer():
    """In a network of our own, where there is somebody beyond the wire to ask everybody."""
    with contextlib.ExitStack() as stack:
        try:
            wire = stack.enter_context(wires.wired())
        except wires.Denied as fault:
            pytest.skip(str(fault))
        servers = {kind: stack.enter_context(udp.bind(host, 0)) for kind, host in FAMILIES.items()}
        with wire.beyond():
            run("ip -6 addr add fd00::2/64 dev far nodad")
            clients = {kind: stack.enter_context(socket.socket(kind, socket.SOCK_DGRAM)) for kind in FAMILIES}
            for client in clients.values():
                client.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            far = socket.if_nametoindex("far")
            clients[socket.AF_INET].setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(wires.ONE))
        run("ip -6 addr add fd00::1/64 dev near nodad")
        sent = [
            (socket.AF_INET, b"all", ("224.0.0.1",)), (socket.AF_INET, b"net", ("10.1.0.255",)),
            (socket.AF_INET, b"one", (wires.OURS,)), (socket.AF_INET6, b"all", ("ff02::1", 0, far)),
            (socket.AF_INET6, b"one", ("fd00::1", 0, 0)),
        ]  # fmt: skip
        for kind, packet, (host, *rest) in sent:
            clients[kind].sendto(packet, (host, servers[kind].getsockname()[1], *rest))
        for kind, server in servers.items():
            assert select.select([server], [], [], 5)[0]
            assert server.recv(10, socket.MSG_PEEK) == b"all"
            asked = []
            until(lambda server=server, asked=asked: asked.extend(drained(server)) or asked)
            assert [packet for packet, _, _ in asked] == [b"one"]
            clients[kind].settimeout(5)
            assert clients[kind].recv(10) == b"one"


def test_what_the_system_and_we_threw_away_is_counted_once():
    with udp.bind("127.0.0.1", 0) as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        datagrams = udp.Datagrams(server)
        for _ in range(1000):
            client.sendto(b"x", server.getsockname())
        count = datagrams.drain(lambda *_: None, 0.0)
        assert 0 < count < udp.BATCH
        assert datagrams.take() == 1000 - count
        assert datagrams.take() == 0


def test_of_those_who_share_a_socket_one_counts_what_the_system_threw_away():
    with udp.bind("127.0.0.1", 0) as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        both = [udp.Datagrams(server), udp.Datagrams(server, counts=False)]
        for _ in range(1000):
            client.sendto(b"x", server.getsockname())
        count = sum(each.drain(lambda *_: None, 0.0) for each in both)
        assert sum(each.take() for each in both) == 1000 - count
