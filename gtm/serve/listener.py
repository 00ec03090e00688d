"""Taking TCP connections in: a few in a turn, and none for a while when the system has no room for more."""

import asyncio
import errno
import logging
import socket
from typing import Final

from gtm.serve.streams import Streams
from gtm.serve.tcp import Stream

log = logging.getLogger("gtm")
BACKLOG: Final = 256
TURN: Final = 16
"""Connections that are taken in before others get their turn."""
PAUSE: Final = 0.1
"""Seconds without new connections when there is no descriptor or memory for one."""
ROOM: Final = 4
"""Connections that are closed for others each time."""
SILENCE: Final = 60.0
"""Seconds between two words on that in the log."""
UNSENT: Final = 65536
"""Octets of replies that the system takes from us before it has sent them."""
UNREAD: Final = 65536
"""Octets of queries that the system holds for us."""
DEAD: Final = 10_000
"""Milliseconds that the system goes on trying to send, also when we have closed."""
_SCARCE: Final = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
_NOTSENT_LOWAT: Final = 25  # of Linux; Python's socket module has no name for it


def prepare(opened: socket.socket) -> None:
    """Make a socket fit to be listened at; each connection has these options from it."""
    opened.setblocking(False)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, UNREAD)
    # without the first, a reply waits for the client's word on the one before
    for option, value in ((socket.TCP_NODELAY, 1), (_NOTSENT_LOWAT, UNSENT), (socket.TCP_USER_TIMEOUT, DEAD)):
        opened.setsockopt(socket.IPPROTO_TCP, option, value)


class Listener:
    """Takes connections in from when it is made until it is closed; the socket stays open."""

    def __init__(self, opened: socket.socket, streams: Streams) -> None:
        """Begin."""
        self._socket, self._streams = opened, streams
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[object]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._said = float("-inf")
        self._begin()

    def _begin(self) -> None:
        self._loop.add_reader(self._socket, self._accept)

    def close(self) -> None:
        """Take in no more."""
        self._loop.remove_reader(self._socket)
        if self._timer is not None:
            self._timer.cancel()

    def _accept(self) -> None:
        for _ in range(TURN):
            try:
                made, _peer = self._socket.accept()
            except OSError as fault:
                if fault.errno in _SCARCE:
                    self._pause(fault)
                return
            task = self._loop.create_task(self._join(made))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _join(self, made: socket.socket) -> None:
        try:
            made.setblocking(False)
            await self._loop.connect_accepted_socket(lambda: Stream(self._streams), made)
        except OSError as fault:
            made.close()
            log.debug("a connection was lost as it was taken in: %s", fault)

    def _pause(self, fault: OSError) -> None:
        """Wait a little; whoever was quiet longest makes room."""
        self._loop.remove_reader(self._socket)
        self._timer = self._loop.call_later(PAUSE, self._begin)
        for _ in range(ROOM):
            self._streams.evict()
        now = self._loop.time()
        if now - self._said > SILENCE:
            self._said = now
            log.warning("no room for TCP connections: %s; those that are quiet are closed for others", fault.strerror)
