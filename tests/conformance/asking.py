"""Messages sent over real sockets to a port of 127.0.0.1."""

import contextlib
import socket
import time

from tests.conformance.messages import message, question

PATIENCE = 5.0
"""Seconds in which a reply that must come comes."""
HOST = "127.0.0.1"
LAST = b"\x5e\x5e" + message(question("ns1.example.com"))[2:]
"""A query that is always answered: what came before its answer is all that comes."""


def over_udp(port: int, packet: bytes) -> bytes | None:
    """Ask by a datagram; None where nothing comes. The server must answer in the order in which it was asked."""
    with datagrams(port) as client:
        client.settimeout(PATIENCE)
        client.send(packet)
        client.send(LAST)
        reply = client.recv(65535)
        if reply[:2] == LAST[:2]:
            return None
        assert client.recv(65535)[:2] == LAST[:2]
        return reply


def over_tcp(port: int, packet: bytes) -> bytes | None:
    """Ask on a connection of its own, which is half-closed at once; None where nothing comes until the server closes it."""
    with socket.create_connection((HOST, port), timeout=PATIENCE) as client:
        client.sendall(framed(packet) + framed(LAST))
        with contextlib.suppress(OSError):  # it is closed already
            client.shutdown(socket.SHUT_WR)
        replies = [reply for reply in split(drained(client)) if reply[:2] != LAST[:2]]
    assert len(replies) < 2
    return replies[0] if replies else None


def within(port: int, packet: bytes, seconds: float) -> bytes | None:
    """Ask by a datagram, and wait for so long."""
    with datagrams(port) as client:
        client.settimeout(seconds)
        with contextlib.suppress(TimeoutError, ConnectionRefusedError):
            client.send(packet)
            return client.recv(65535)
    return None


def datagrams(port: int) -> socket.socket:
    """Open a socket that sends to this port and hears from nobody else."""
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.connect((HOST, port))
    return client


def framed(packet: bytes) -> bytes:
    """Write a message as a stream carries it."""
    return len(packet).to_bytes(2) + packet


def drained(client: socket.socket) -> bytes:
    """Read until the other side closes or breaks off; TimeoutError where it does neither."""
    found = bytearray()
    with contextlib.suppress(ConnectionResetError):
        while octets := client.recv(65536):
            found += octets
    return bytes(found)


def split(stream: bytes) -> list[bytes]:
    """Take a stream's messages apart; AssertionError where the last is cut short."""
    found, at = [], 0
    while at < len(stream):
        end = at + 2 + int.from_bytes(stream[at : at + 2])
        assert end <= len(stream), "half a message"
        found.append(stream[at + 2 : end])
        at = end
    return found


def free() -> int:
    """Find a port that neither transport has in use."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one, socket.socket() as two:
            one.bind((HOST, 0))
            port = int(one.getsockname()[1])
            with contextlib.suppress(OSError):
                two.bind((HOST, port))
                return port


def await_answers(port: int, seconds: float = 20) -> None:
    """Wait until somebody answers there."""
    end = time.monotonic() + seconds
    while within(port, LAST, 0.2) is None:
        assert time.monotonic() < end, f"nobody answers at port {port}"
        time.sleep(0.05)
