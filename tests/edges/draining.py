"""A UDP socket whose server answers everything with what was asked, and its clients."""

import contextlib
import socket

from gtm.serve import udp


def drained(server, listed=None):
    """Drain a socket by a server that answers everything with what was asked; list what it was asked."""
    asked = []

    def answer(packet, peer, now):
        asked.append((packet, peer, now))
        return packet

    udp.Datagrams(server, listed).drain(answer, 12.5)
    return asked


@contextlib.contextmanager
def asking(host, server, source=None):
    """Open a client that waits for a reply from any address."""
    six = ":" in host
    with socket.socket(socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        client.settimeout(0.2)
        client.bind((source or ("::1" if six else "127.0.0.1"), 0))
        client.sendto(b"x", (host, server.getsockname()[1]))
        yield client
