"""The sockets of the addresses that are listened on. They are opened before anybody answers, and outlive who answers."""

import contextlib
import errno
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from gtm.serve import listener, udp

Place = tuple[str, int]
Pair = tuple[socket.socket, socket.socket]
"""A UDP socket and a TCP listener."""
ANY: Final = 20
"""Tries for port 0: what the system gives for UDP, somebody may have for TCP."""


@dataclass(frozen=True, slots=True)
class Door:
    """One address: for each answering process a UDP socket and a TCP listener, between which the system shares the load.

    ``is_one``: all of them have the same pair.
    """

    place: Place
    pairs: tuple[Pair, ...]
    is_one: bool = False

    @property
    def address(self) -> Place:
        """Where it really is, where the Corefile says port 0."""
        host, port = self.pairs[0][0].getsockname()[:2]
        return host, port

    def close(self) -> None:
        """Close the sockets in this process; who inherited them keeps them."""
        for datagrams, listening in self.pairs:
            datagrams.close()
            listening.close()


def opened(
    places: Iterable[Place], count: int, kept: Iterable[Door] = (), passed: Mapping[Place, Pair] = MappingProxyType({})
) -> list[Door]:
    """Open a door at each place, for ``count`` processes; those that are ``kept`` stay as they are. All or nothing: OSError.

    Where a pair of sockets was ``passed`` to us for a place, all processes share that one; it stays open, come what may.
    """
    open_now = tuple(kept)
    before = {door.place: door for door in open_now if len(door.pairs) == count}
    with contextlib.ExitStack() as undo:
        found = []
        for place in places:
            door = before.get(place)
            if door is None:
                door = _lent(place, passed[place], count) if place in passed else _open(place, count, open_now)
                undo.callback(door.close)
            found.append(door)
        undo.pop_all()
    return found


def _lent(place: Place, pair: Pair, count: int) -> Door:
    datagrams, listening = pair
    udp.prepare(datagrams, place[0])
    listener.prepare(listening)
    return Door(place, tuple((datagrams.dup(), listening.dup()) for _ in range(count)), is_one=True)


def _open(place: Place, count: int, others: Iterable[Door]) -> Door:
    for _ in range(0 if place[1] else ANY):
        with contextlib.suppress(OSError):
            return _tried(place, count)
    try:
        return _tried(place, count)
    except OSError as fault:
        mine = next((door.place[0] for door in others if door.place[1] == place[1]), None)
        if fault.errno != errno.EADDRINUSE or mine is None:
            raise
        # a socket for all addresses of this machine, beside one for a single address
        raise OSError(fault.errno, f"{fault.strerror}, by this server for {mine}; that takes a restart") from fault


def _tried(place: Place, count: int) -> Door:
    host, port = place
    with contextlib.ExitStack() as undo:
        if count > 1 and port:  # sockets that share a port would not notice that somebody else has it
            with contextlib.ExitStack() as tried:
                _pair(host, port, tried, shared=False)
        pairs = []
        for _ in range(count):
            pairs.append(_pair(host, port, undo, shared=count > 1))
            port = pairs[0][0].getsockname()[1]  # 0 asks for any: the others take the one that this was given
        undo.pop_all()
    return Door(place, tuple(pairs))


def _pair(host: str, port: int, undo: contextlib.ExitStack, *, shared: bool) -> Pair:
    try:
        datagrams = undo.enter_context(udp.bind(host, port, shared=shared))
    except OSError as fault:
        raise OSError(fault.errno, f"{host} port {port}, UDP: {fault.strerror}") from fault
    try:
        return datagrams, undo.enter_context(_listen(host, datagrams.getsockname()[1], shared=shared))
    except OSError as fault:
        raise OSError(fault.errno, f"{host} port {port}, TCP: {fault.strerror}") from fault


def _listen(host: str, port: int, *, shared: bool = False) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.prepare(made)
        made.bind((host, port))
        made.listen(listener.BACKLOG)
    except OSError:
        made.close()
        raise
    return made
