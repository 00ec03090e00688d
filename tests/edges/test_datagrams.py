"""What arrives on a UDP socket and gets no answer."""

import socket

import dns.message

from gtm.serve import udp


def exchanged(packets):
    """Send datagrams to a socket that is drained by a server which answers everything; give what comes back."""
    asked = []

    def answer(packet, peer, now):
        asked.append((len(packet), peer, now))
        return packet

    server = udp.bind("127.0.0.1", 0)
    with server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.bind(("127.0.0.1", 0))
        client.settimeout(0.2)
        for packet in packets:
            client.sendto(packet, server.getsockname())
        udp.drain(server, answer, 12.5)
        back = []
        try:
            while True:
                back.append(client.recv(70_000))
        except TimeoutError:
            return asked, back


def test_a_datagram_over_4096_octets_is_not_looked_at():
    asked, back = exchanged([b"x" * 4096, b"x" * 4097, b"x" * 60_000, b"y"])
    assert [size for size, _, _ in asked] == [4096, 1]
    assert [len(packet) for packet in back] == [4096, 1]
    assert asked[0][1:] == ("127.0.0.1", 12.5)


def test_a_batch_is_bounded_so_that_others_get_their_turn():
    asked, _ = exchanged([b"x"] * (udp.BATCH + 10))
    assert len(asked) == udp.BATCH


class Nobody:
    """A socket whose one datagram came from port 0, where nobody can be."""

    def __init__(self):
        self.waiting = [(dns.message.make_query("example.com", "A").to_wire(), ("127.0.0.1", 0))]
        self.sent = []

    def recvfrom(self, _size):
        if not self.waiting:
            raise BlockingIOError
        return self.waiting.pop()

    def sendto(self, packet, peer):
        self.sent.append((packet, peer))


def test_port_0_gets_no_answer():
    nobody = Nobody()
    udp.drain(nobody, lambda packet, _peer, _now: packet, 0.0)
    assert nobody.sent == []


class Unreachable(Nobody):
    """A socket on which nothing can be sent."""

    def __init__(self):
        super().__init__()
        self.waiting = [(b"x", ("127.0.0.1", 9))] * 3

    def recvfrom(self, size):
        if len(self.waiting) == 2:
            self.waiting.pop()
            raise ConnectionRefusedError
        return super().recvfrom(size)

    def sendto(self, packet, peer):
        super().sendto(packet, peer)
        raise PermissionError


def test_a_reply_that_can_not_be_sent_keeps_nobody_else_waiting():
    unreachable = Unreachable()
    udp.drain(unreachable, lambda packet, _peer, _now: packet, 0.0)
    assert len(unreachable.sent) == 2
