"""Sockets that whoever started us has opened already, as systemd does for a socket unit (sd_listen_fds(3)).

An address is taken from there only where both a UDP socket and a TCP listener were passed for it: a name server is asked
over both.
"""

import logging
import os
import socket
from collections import defaultdict
from collections.abc import Iterable, Mapping, MutableMapping
from typing import Final

from gtm.serve.doors import Pair, Place

log = logging.getLogger("gtm")
_FIRST: Final = 3
_KINDS: Final = {socket.SOCK_DGRAM: "UDP", socket.SOCK_STREAM: "TCP"}


def received(environment: MutableMapping[str, str]) -> dict[Place, Pair]:
    """Take over what was passed to this process, by address; the log is told what is of no use.

    Nothing of it stays in the environment, and programs that are executed inherit none of the sockets.
    """
    pid, count = environment.pop("LISTEN_PID", ""), environment.pop("LISTEN_FDS", "")
    names = environment.pop("LISTEN_FDNAMES", "").split(":")
    if pid != str(os.getpid()) or not count.isdecimal():
        return {}
    found: defaultdict[Place, dict[socket.SocketKind, socket.socket]] = defaultdict(dict)
    for place in range(int(count)):
        called = f'"{names[place]}"' if place < len(names) and names[place] else f"number {_FIRST + place}"
        _sort(_FIRST + place, called, found)
    pairs = {
        place: (kinds[socket.SOCK_DGRAM], kinds[socket.SOCK_STREAM])
        for place, kinds in found.items()
        if len(kinds) == 2
    }
    for (host, port), kinds in found.items():
        if len(kinds) != 2:
            log.warning(
                "%s port %d: only a %s socket was passed; pass one of each kind", host, port, _KINDS[next(iter(kinds))]
            )
            next(iter(kinds.values())).close()
    return pairs


def _sort(number: int, called: str, found: Mapping[Place, dict[socket.SocketKind, socket.socket]]) -> None:
    """Put a descriptor where it belongs, or say why it belongs nowhere."""
    try:
        os.set_inheritable(number, False)
        passed = socket.socket(fileno=number)
    except OSError as fault:
        log.warning("passed socket %s is of no use: %s", called, fault.strerror)
        return
    why = _useless(passed)
    if why:
        log.warning("passed socket %s is of no use: %s", called, why)
        passed.close()
        return
    host, port = passed.getsockname()[:2]
    before = found[host, port].setdefault(passed.type, passed)
    if before is not passed:
        log.warning("passed socket %s is of no use: %s port %d was passed twice", called, host, port)
        passed.close()


def _useless(passed: socket.socket) -> str:
    """Say why a socket is none that queries can come to, or nothing."""
    if passed.family not in (socket.AF_INET, socket.AF_INET6):
        return "it is for no IP address"
    if passed.type == socket.SOCK_STREAM and not passed.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        return "it does not listen; leave Accept=no"
    if passed.type not in _KINDS:
        return "it is neither UDP nor TCP"
    if passed.family == socket.AF_INET6 and not passed.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY):
        return "it takes IPv4 as well; say BindIPv6Only=ipv6-only"
    return ""


def left(pairs: Mapping[Place, Pair], places: Iterable[Place]) -> None:
    """Tell of what was passed and is not listened on: nobody answers there, and the port is taken."""
    for host, port in pairs.keys() - set(places):
        shown = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        log.warning('sockets were passed for %s, which listen does not name; add "%s" there', shown, shown)
