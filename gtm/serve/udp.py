"""UDP: a socket that is drained, not dispatched one datagram at a time."""

import socket
from collections.abc import Callable
from typing import Final

Answer = Callable[..., bytes | None]

MOST: Final = 4096
"""Largest query in octets that is looked at; no ordinary one has more than a few hundred."""
BATCH: Final = 128
"""Datagrams answered before others get their turn."""
BUFFER: Final = 4 * 1024 * 1024
_IP_MTU_DISCOVER: Final = 10
_IP_PMTUDISC_OMIT: Final = 5


def bind(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """Open a socket that does not block, with room for bursts; OSError when the address can't be had.

    ``shared``: others of ours may have the same port, and the system shares the queries out.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_DGRAM)
    try:
        if family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        else:
            _ignore_path_mtu(opened)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
        opened.setblocking(False)
        if shared:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        opened.bind((host, port))
    except OSError:
        opened.close()
        raise
    return opened


def _ignore_path_mtu(opened: socket.socket) -> None:
    """Keep forged ICMP from shrinking our datagrams (RFC 9715 section 3.1), where the system can."""
    try:
        opened.setsockopt(socket.IPPROTO_IP, _IP_MTU_DISCOVER, _IP_PMTUDISC_OMIT)
    except OSError:
        return


def drain(opened: socket.socket, answer: Answer, now: float) -> int:
    """Answer what has arrived, up to a batch; tell how many packets that were."""
    receive, send = opened.recvfrom, opened.sendto
    for count in range(BATCH):
        try:
            packet, peer = receive(MOST + 1)
        except BlockingIOError:
            return count
        except OSError:  # the error of an earlier reply that nobody wanted
            continue
        if len(packet) > MOST or not peer[1]:
            continue
        reply = answer(packet, peer[0], now)
        if reply is not None:
            try:
                send(reply, peer)
            except OSError:  # a full buffer or an unreachable peer: it asks again
                continue
    return BATCH
