"""Sockets for ICMP: one of each family serves all packets of an event loop, and is open while any are under way.

The unprivileged datagram kind is tried first, the raw kind after it. The kernel rewrites the identifier of a datagram
socket, and a raw one hears the replies to everybody's pings. So a reply is known by its source, its sequence number and
the random token in it, and what matches nothing is ignored. ICMP errors come by the socket's error queue (Linux).
"""

import asyncio
import os
import socket
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from time import monotonic
from typing import Final

from gtm import is_ours, wrong

from .packet import Echo, quoted, reply, request

_KINDS: Final = (socket.SOCK_DGRAM, socket.SOCK_RAW)
_BUFFER: Final = 1 << 22  # packets to neighbours that do not answer wait in it, and must not keep back those to others
_BATCH: Final = 64
_ROOM: Final = 1024
_TOKEN: Final = 16
_LINUX: Final = sys.platform == "linux"
_REFUSED: Final = (
    "neither datagram nor raw sockets for ICMP are permitted to this process; let its group in with "
    "\"sysctl net.ipv4.ping_group_range='0 2147483647'\", or give it the capability CAP_NET_RAW"
)
# numbers of Linux that the standard library does not name
_IP_RECVERR, _IPV6_RECVERR, _ICMP_FILTER, _ICMP6_FILTER, _SOL_RAW = 11, 25, 1, 1, 255
_SNDBUFFORCE, _RCVBUFFORCE, _ERRQUEUE = 32, 33, 0x2000
_ERROR: Final = struct.Struct("=I")
_ONLY_REPLIES: Final = struct.pack("=I", 0xFFFFFFFF & ~(1 << 0))
_ONLY_REPLIES_V6: Final = struct.pack("=8I", *(0xFFFFFFFF & ~(1 << 1 if word == 4 else 0) for word in range(8)))


class Flight:
    """The packets of one probe: those still waited for, the seconds of those answered, and why others were lost."""

    def __init__(self, address: str, packets: int) -> None:
        """Begin with nothing sent."""
        self.address = address
        self.token = os.urandom(_TOKEN)
        self.sent: dict[int, float] = {}
        self.times: list[float] = []
        self.faults: list[str] = []
        self.over = asyncio.get_running_loop().create_future()
        self._left = packets

    def settle(self, sequence: int, fault: str = "") -> None:
        """Take note that a packet was answered, or lost for a reason; the first word on it counts."""
        began = self.sent.pop(sequence, None)
        if began is None:
            return
        if fault:
            self.faults.append(fault)
        else:
            self.times.append(monotonic() - began)
        self._left -= 1
        if not self._left and not self.over.done():
            self.over.set_result(None)


class Sockets:
    """The sockets of this process, by event loop and family."""

    def __init__(self) -> None:
        """Open none."""
        self._open: dict[tuple[asyncio.AbstractEventLoop, socket.AddressFamily], _Shared] = {}

    @contextmanager
    def using(self, family: socket.AddressFamily) -> Iterator["_Shared"]:
        """Lend the socket of a family, which stays open until nobody uses it; OSError where there can be none."""
        key = (asyncio.get_running_loop(), family)
        shared = self._open.get(key)
        if shared is None:
            shared = self._open[key] = _Shared(*key)
        shared.users += 1
        try:
            yield shared
        finally:
            shared.users -= 1
            if not shared.users:
                del self._open[key]
                shared.close()


class _Shared:
    """One socket, and the packets under way on it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, family: socket.AddressFamily) -> None:
        self.users = 0
        self._is_v6 = family == socket.AF_INET6
        self._loop = loop
        self._socket = opened(family)
        self._next = int.from_bytes(os.urandom(2))
        self._unread = 0
        self._flights: dict[tuple[str, int], Flight] = {}
        loop.add_reader(self._socket, self._read)

    def close(self) -> None:
        """Give the socket back."""
        self._loop.remove_reader(self._socket)
        self._socket.close()

    def send(self, flight: Flight) -> bool:
        """Send the next packet of a flight; False while there is no room for it. What can't be sent is lost at once."""
        self._unread += 1
        if self._unread > _BATCH:
            self._read()  # many send in one turn of the loop, and the replies must find room meanwhile
        sequence = self._next = (self._next + 1) & 0xFFFF
        self._flights[flight.address, sequence] = flight
        flight.sent[sequence] = monotonic()
        packet = request(sequence, flight.token, is_v6=self._is_v6)
        with suppress(OSError):
            self._socket.sendto(packet, (flight.address, 0))
            return True
        self._faults()  # what the call told may have been the fault of a packet before
        try:
            self._socket.sendto(packet, (flight.address, 0))
        except OSError as fault:
            if isinstance(fault, BlockingIOError) or is_ours(fault):
                del self._flights[flight.address, sequence], flight.sent[sequence]
                return False
            flight.settle(sequence, wrong(fault, flight.address))
        return True

    def forget(self, flight: Flight) -> None:
        """Wait no longer for what a flight has under way."""
        for sequence in flight.sent:
            self._flights.pop((flight.address, sequence), None)

    def _read(self) -> None:
        self._unread = 0
        for _ in range(_BATCH):
            try:
                octets, source = self._socket.recvfrom(_ROOM)
            except BlockingIOError:
                break
            except OSError:
                continue  # the fault of a packet that was sent: the error queue tells which
            echo = reply(octets)
            if echo is not None:
                self._settle(source[0], echo, "")
        self._faults()

    def _faults(self) -> None:
        for _ in range(_BATCH if _LINUX else 0):
            try:
                octets, control, _, target = self._socket.recvmsg(_ROOM, _ROOM, _ERRQUEUE)
            except OSError:
                return
            echo = quoted(octets)
            number = next((_ERROR.unpack_from(data)[0] for _, kind, data in control if _tells(kind, data)), 0)
            if echo is not None and number:
                self._settle(target[0], echo, wrong(OSError(number, os.strerror(number)), target[0]))

    def _settle(self, address: str, echo: Echo, fault: str) -> None:
        """Settle the packet that a reply or an error speaks of; a router may quote a packet without the token in it."""
        key = (address, echo.sequence)
        flight = self._flights.get(key)
        if flight is None:
            return
        if echo.payload == flight.token or (fault and flight.token.startswith(echo.payload[:_TOKEN])):
            del self._flights[key]
            flight.settle(echo.sequence, fault)


def _tells(kind: int, data: bytes) -> bool:
    return kind in (_IP_RECVERR, _IPV6_RECVERR) and len(data) >= _ERROR.size


def opened(family: socket.AddressFamily) -> socket.socket:
    """Open a socket for echo messages of a family; PermissionError says what to do when neither kind is permitted."""
    protocol = socket.IPPROTO_ICMPV6 if family == socket.AF_INET6 else socket.IPPROTO_ICMP
    for kind in _KINDS:
        try:
            made = socket.socket(family, kind, protocol)
        except PermissionError:
            continue
        made.setblocking(False)
        _tune(made, is_raw=kind is socket.SOCK_RAW)
        return made
    raise PermissionError(_REFUSED)


def _tune(made: socket.socket, *, is_raw: bool) -> None:
    """Ask for room, for errors, and for replies alone; where a kernel does not do that, it works all the same."""
    is_v6 = made.family == socket.AF_INET6
    for forced, plain in ((_SNDBUFFORCE, socket.SO_SNDBUF), (_RCVBUFFORCE, socket.SO_RCVBUF)):
        try:
            made.setsockopt(socket.SOL_SOCKET, forced if _LINUX else plain, _BUFFER)
        except OSError:  # more than the usual needs a privilege; the kernel gives what it may
            made.setsockopt(socket.SOL_SOCKET, plain, _BUFFER)
    if not _LINUX:
        return
    with suppress(OSError):
        made.setsockopt(*((socket.IPPROTO_IPV6, _IPV6_RECVERR) if is_v6 else (socket.IPPROTO_IP, _IP_RECVERR)), 1)
        if is_raw and is_v6:
            made.setsockopt(socket.IPPROTO_ICMPV6, _ICMP6_FILTER, _ONLY_REPLIES_V6)
        elif is_raw:
            made.setsockopt(_SOL_RAW, _ICMP_FILTER, _ONLY_REPLIES)
