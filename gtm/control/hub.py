"""The answering processes' lines to the control process: each is told the whole state, then what changes in it."""

import asyncio
import logging
import socket
from collections.abc import Callable
from typing import Final

from gtm.health.table import State
from gtm.stream import Broken, Counted, Frames, Hello, changes, frame, whole
from gtm.tally import Tally

log = logging.getLogger("gtm")
BEHIND: Final = 16 * 1024 * 1024
"""Octets that may wait for a process which does not read; then it must begin anew, with the whole state."""


class Hub:
    """Every line. ``generation`` is that of the configuration which the state belongs to; None: nothing is told yet."""

    def __init__(self, counted: Callable[[Tally], None]) -> None:
        """Pass on what the processes have ``counted``."""
        self._counted = counted
        self._lines: set[Line] = set()
        self._state = State()
        self._server: asyncio.Server | None = None
        self.generation: int | None = None

    async def start(self, listener: socket.socket) -> None:
        """Take calls at a listening socket."""
        # create_unix_server would remove the socket's file at the end, and the supervisor keeps it for who follows
        self._server = await asyncio.get_running_loop().create_server(lambda: Line(self), sock=listener)

    def publish(self, state: State) -> None:
        """Tell everybody who serves this generation, or an older one, of a state."""
        self._state = state
        for line in list(self._lines):
            self.inform(line)

    def inform(self, line: "Line") -> None:
        """Tell one line what it does not know; who serves a generation that is still to come has to wait."""
        if line.hello is not None and self.generation is not None and line.hello.generation <= self.generation:
            line.tell(self._state)

    def joined(self, line: "Line") -> None:
        """Take a line in."""
        self._lines.add(line)

    def left(self, line: "Line") -> None:
        """Forget a line."""
        self._lines.discard(line)

    def counted(self, tally: Tally) -> None:
        """Pass counts on."""
        self._counted(tally)

    @property
    def workers(self) -> int:
        """How many processes answer with the present configuration."""
        return len(
            {line.hello.worker for line in self._lines if line.hello and line.hello.generation == self.generation}
        )

    def close(self) -> None:
        """Hang up on everybody."""
        if self._server is not None:
            self._server.close()
        for line in list(self._lines):
            line.close()


class Line(asyncio.Protocol):
    """One line, and what was told over it."""

    def __init__(self, hub: Hub) -> None:
        """Belong to a hub."""
        self._hub = hub
        self._frames = Frames()
        self._transport: asyncio.WriteTransport | None = None
        self._told: State | None = None
        self.hello: Hello | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for the hello."""
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport
        self._hub.joined(self)

    def data_received(self, data: bytes) -> None:
        """Take the hello, then counts."""
        try:
            for message in self._frames.feed(data):
                if isinstance(message, Hello):
                    self.hello = message
                    self._hub.inform(self)
                elif isinstance(message, Counted):
                    self._hub.counted(message.tally)
        except Broken as fault:
            log.error("a worker does not make sense: %s", fault)  # noqa: TRY400  no stack helps here
            self.close()

    def tell(self, state: State) -> None:
        """Tell what is news."""
        if self._transport is None:
            return
        news = whole(state) if self._told is None else changes(self._told, state)
        if news is not None:
            self._transport.write(frame(news))
        self._told = state
        if self._transport.get_write_buffer_size() > BEHIND:
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  the protocol's signature
        """Leave."""
        self._transport = None
        self._hub.left(self)

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.abort()
