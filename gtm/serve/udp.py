"""UDP: a socket that is drained, not dispatched one datagram at a time, and whose queue does not grow old.

A query that waited for long is answered too late for whoever asked, so when there are more than can be answered the oldest
are thrown away unread. One pause is forgiven: what piled up in it is answered as long as it gets less.
"""

import contextlib
import fcntl
import socket
import struct
import sys
import time
from collections.abc import Callable
from typing import Any, Final

from gtm.serve import proxy
from gtm.serve.proxy import Listed

Answer = Callable[..., bytes | None]
Peer = tuple[Any, ...]

MOST: Final = 4096
"""Largest query in octets that is looked at; no ordinary one has more than a few hundred."""
BATCH: Final = 128
"""Datagrams answered before others get their turn."""
TURN: Final = 0.005
"""Seconds after which others get their turn anyway."""
BUFFER: Final = 4 * 1024 * 1024
LATE: Final = 0.03
"""Seconds that a datagram may have waited before it counts as late."""
FRESH: Final = 0.01
"""Seconds that one may have waited after which no more are thrown away."""
GRACE: Final = 0.1
"""Seconds for which late ones are answered all the same."""
LESS: Final = 0.9
"""As long as after so many seconds the lateness is less than this part of what it was, they go on being answered."""
STRICT: Final = 1.0
"""Seconds after some were thrown away for which there is no such grace."""
_WILDCARDS: Final = ("0.0.0.0", "::")
_STEP: Final = 16
_SHED: Final = 16384
_BELIEVED: Final = 60.0
# what Python's socket module has no names for, of Linux
_IP_MTU_DISCOVER, _IPV6_MTU_DISCOVER, _PMTUDISC_OMIT = 10, 23, 5
_IP_PKTINFO, _SIOCGSTAMPNS, _SO_MEMINFO, _DROPS = 8, 0x8907, 55, 8


def bind(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """Open a socket that does not block; OSError when the address can't be had.

    ``shared``: others of ours may have the same port, and the system shares the queries out.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_DGRAM)
    try:
        if family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if shared:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        prepare(opened, host)
        opened.bind((host, port))
    except OSError:
        opened.close()
        raise
    return opened


def prepare(opened: socket.socket, host: str) -> None:
    """Make a socket at this address fit to be drained, whoever opened it."""
    opened.setblocking(False)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
    is_six = opened.family == socket.AF_INET6
    # forged ICMP must not shrink our datagrams (RFC 9715 section 3.1), and those to IPv6 fit every path anyway
    level, option = (socket.IPPROTO_IPV6, _IPV6_MTU_DISCOVER) if is_six else (socket.IPPROTO_IP, _IP_MTU_DISCOVER)
    with contextlib.suppress(OSError):  # a system that does not know it
        opened.setsockopt(level, option, _PMTUDISC_OMIT)
    if host in _WILDCARDS:
        opened.setsockopt(level, socket.IPV6_RECVPKTINFO if is_six else _IP_PKTINFO, 1)


class Datagrams:
    """A socket; others may drain it as well."""

    def __init__(self, opened: socket.socket, listed: Listed | None = None, *, counts: bool = True) -> None:
        """Drain a socket; what comes from a ``listed`` peer begins with a PROXY header.

        Of those who drain the same socket one ``counts`` what the system threw away.
        """
        self._socket = opened
        self._counts = counts
        self.listed = listed or Listed()
        self._is_wildcard = opened.getsockname()[0] in _WILDCARDS
        self._control = socket.CMSG_SPACE(20) if self._is_wildcard else 0
        self._since: float | None = None  # late since then, when it was
        self._once = 0.0  # so many seconds
        self._strict = 0.0
        self._shed = 0
        self._dropped = self._drops()
        self._age()  # from now on the system notes when a datagram came

    def drain(self, answer: Answer, now: float) -> int:
        """Answer what has arrived, up to a batch; tell how many packets that were."""
        step = self._careful if self._is_wildcard or self.listed else self._quick
        count, end = 0, time.monotonic() + TURN
        while count < BATCH:
            read = step(answer, now)
            count += read
            if read < _STEP:
                self._since = None
                return count
            if time.monotonic() > end:
                break
        self._hurry()
        return count

    def _quick(self, answer: Answer, now: float) -> int:
        receive, send = self._socket.recvfrom, self._socket.sendto
        for count in range(_STEP):
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
        return _STEP

    def _careful(self, answer: Answer, now: float) -> int:
        """Do the same where it matters which address was asked, or who is let speak for others."""
        receive, send = self._socket.recvmsg, self._socket.sendmsg
        for count in range(_STEP):
            try:
                packet, control, _, peer = receive(proxy.LONGEST + MOST + 1, self._control)
            except BlockingIOError:
                return count
            except OSError:
                continue
            back = _back(control[0][2]) if control else b""
            found = self._found(packet, peer)
            if found is None or back is None:
                continue
            reply = answer(*found, now)
            if reply is not None:
                try:
                    send((reply,), [(*control[0][:2], back)] if control else (), 0, peer)
                except OSError:
                    continue
        return _STEP

    def _found(self, packet: bytes, peer: Peer) -> tuple[bytes, str] | None:
        """Find the message and who asks, behind a header where one must be; None for what is dropped."""
        host = peer[0]
        if self.listed and host in self.listed:
            try:
                header = proxy.parse(packet)
            except proxy.Malformed:
                return None
            if header is None:
                return None
            packet, host = packet[header.size :], header.source or host
        return (packet, host) if len(packet) <= MOST and peer[1] else None

    def _hurry(self) -> None:
        """Throw the oldest away where they are late again and again."""
        age, now = self._age(), time.monotonic()
        if age <= LATE:
            self._since = None
        elif now < self._strict or (self._since is not None and now - self._since > GRACE and age > self._once * LESS):
            self._throw()
            self._since, self._strict = None, time.monotonic() + STRICT
        elif self._since is None or now - self._since > GRACE:
            self._since, self._once = now, age

    def _throw(self) -> None:
        receive, octet = self._socket.recv_into, bytearray(1)
        for count in range(1, _SHED):
            try:
                receive(octet)
            except BlockingIOError:
                return
            except OSError:
                continue
            self._shed += 1
            if count % _STEP == 0 and self._age() < FRESH:
                return

    def _age(self) -> float:
        """How long the datagram that was read last had waited, in seconds; 0 where that is not known."""
        try:
            seconds, rest = struct.unpack("@ll", fcntl.ioctl(self._socket, _SIOCGSTAMPNS, bytes(16)))
        except (OSError, struct.error):
            return 0.0
        age = time.time() - seconds - rest / 1e9
        return age if age < _BELIEVED else 0.0  # else the clock was set

    def _drops(self) -> int:
        """Count what the system threw away since the socket was opened, because its queue was full."""
        if not self._counts:
            return 0
        try:
            found = self._socket.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, 4 * (_DROPS + 1))
        except OSError:
            return 0
        return int.from_bytes(found[4 * _DROPS :], sys.byteorder)

    def take(self) -> int:
        """Tell how many datagrams were thrown away unread since the last time, by us or by the system."""
        before, self._dropped = self._dropped, self._drops()
        found, self._shed = self._shed + (self._dropped - before) % (1 << 32), 0
        return found


def _back(control: bytes) -> bytes | None:
    """Turn the word of where a datagram came to into the one of where its reply comes from; None if it came to many."""
    if len(control) == 12:  # struct in_pktinfo: the interface, the address of ours, the address that was asked
        return bytes(4) + control[4:] if control[4:8] == control[8:] else None
    if control[0] == 0xFF:  # struct in6_pktinfo: the address that was asked, the interface
        return None
    # where the interface is part of the address it stays; else the system finds the way
    return control if control[0] == 0xFE and control[1] & 0xC0 == 0x80 else control[:16] + bytes(4)
