"""The TCP connections of a server: how many there may be, and whose turn it is.

Every limit is a field of ``Limits``; ``sweep``, once a second, closes what has outstayed one. In one turn of the event loop
all connections together are answered no more than ``TURN`` queries, so that datagrams never wait for long.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final, Protocol

from gtm.config.loaded import Limits
from gtm.serve.clients import Client, Clients
from gtm.serve.proxy import Listed
from gtm.serve.udp import Answer

TURN: Final = 64
"""Queries that are answered before others than connections get their turn; a long one counts for several."""
VISIT: Final = 16
"""Queries of one connection that are answered before other connections get theirs."""
CHUNK: Final = 16384
"""Octets that are read from a connection at once."""


class Connection(Protocol):
    """What takes turns; ``waits`` tells whether it stands in the queue of those that have something to answer."""

    waits: bool

    def serve(self, answer: Answer, now: float, most: int) -> int:
        """Answer some of what has come, at most so many; tell for how many queries that counts."""

    def check(self, now: float) -> None:
        """Close it if it has outstayed a limit; else go on with what had to wait for a new second."""

    def cut(self) -> None:
        """End it at once, and be forgotten."""


class Streams:
    """The open connections."""

    def __init__(
        self,
        answer: Callable[[], Answer],
        clock: Callable[[], float],
        limits: Limits,
        took: Callable[[float, int], None] = lambda _seconds, _queries: None,
    ) -> None:
        """Answer through whatever ``answer`` gives at the time; ``clock`` gives seconds since 1970.

        ``took`` hears how many seconds it took to answer how many queries. ``limits`` and ``listed``, the peers whose
        connections begin with a PROXY header, may be set anew at any time.
        """
        self.answer, self.clock, self.limits, self.took = answer, clock, limits, took
        self.listed = Listed()
        self.scratch = memoryview(bytearray(CHUNK))
        self._open: dict[Connection, None] = {}  # the one that was quiet longest comes first
        self._clients = Clients()
        self._ready: deque[Connection] = deque()

    def admit(self, stream: Connection) -> None:
        """Take a connection in; when all places are taken, the one that was quiet longest goes."""
        while len(self._open) >= self.limits.connections:
            self.evict()
        self._open[stream] = None

    def evict(self) -> None:
        """Close the connection that was quiet longest, if there is one."""
        for stream in self._open:
            stream.cut()
            return

    def enter(self, peer: str) -> Client | None:
        """Count one more connection of a peer's; None when it has as many as one may have."""
        return self._clients.enter(peer, self.limits.per_client)

    def used(self, stream: Connection) -> None:
        """Note that a connection was used."""
        if stream in self._open:
            del self._open[stream]
            self._open[stream] = None

    def leave(self, stream: Connection) -> None:
        """Forget a connection."""
        self._open.pop(stream, None)

    def ready(self, stream: Connection) -> None:
        """Put a connection that has something to answer in the queue."""
        if not self._ready:
            asyncio.get_running_loop().call_soon(self._turn)
        self._ready.append(stream)

    def _turn(self) -> None:
        answer, now, left = self.answer(), self.clock(), TURN
        waiting = self._ready
        try:
            while waiting and left > 0:
                try:
                    left -= waiting[0].serve(answer, now, min(VISIT, left))
                finally:  # it stands at the head until now, so that who comes meanwhile knows of this turn
                    waiting.popleft()
        finally:
            if waiting:
                asyncio.get_running_loop().call_soon(self._turn)

    def sweep(self, now: float) -> None:
        """Close the connections that have outstayed a limit; ``now`` in seconds of the event loop's clock.

        From now on clients may again ask as much as they may in a second.
        """
        self._clients.beat()
        for stream in list(self._open):
            stream.check(now)

    def close(self) -> None:
        """Close all at once."""
        for stream in list(self._open):
            stream.cut()

    def __len__(self) -> int:
        """Count the connections."""
        return len(self._open)
