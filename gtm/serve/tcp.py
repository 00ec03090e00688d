"""TCP (RFC 7766, RFC 9210): several queries on one connection, answered as they come, within limits.

Every limit is a field of ``Limits``; the sweep, once a second, closes what has outstayed one.
"""

import asyncio
import socket
import struct
import time
from collections.abc import Callable
from typing import Final

from gtm.config.loaded import Limits
from gtm.serve.udp import Answer

TURN: Final = 64
"""Queries of one connection that are answered before others get their turn."""
HELD: Final = 131072
"""Octets of unanswered queries, or of unread replies, beyond which a connection is not read from."""


class Streams:
    """The open connections of a server."""

    def __init__(
        self,
        answer: Callable[[], Answer],
        clock: Callable[[], float],
        limits: Limits,
        took: Callable[[float, int], None] = lambda _seconds, _queries: None,
    ) -> None:
        """Answer through whatever ``answer`` gives at the time; ``clock`` gives seconds since 1970.

        ``took`` hears how many seconds it took to answer how many queries.
        """
        self.answer, self.clock, self.limits, self.took = answer, clock, limits, took
        self._open: dict[Stream, None] = {}  # the one that was quiet longest comes first

    def admit(self, stream: "Stream") -> bool:
        """Take a connection in; when all places are taken, the one that was quiet longest goes."""
        if sum(other.peer == stream.peer for other in self._open) >= self.limits.per_client:
            return False
        if len(self._open) >= self.limits.connections:
            next(iter(self._open)).close()
        self._open[stream] = None
        return True

    def used(self, stream: "Stream") -> None:
        """Note that a connection was used."""
        if stream in self._open:
            del self._open[stream]
            self._open[stream] = None

    def leave(self, stream: "Stream") -> None:
        """Forget a connection."""
        self._open.pop(stream, None)

    def sweep(self, now: float) -> None:
        """Close the connections that have outstayed a limit; ``now`` in seconds of the event loop's clock."""
        for stream in list(self._open):
            if stream.overstays(now, self.limits):
                stream.close()

    def close(self) -> None:
        """Close all."""
        for stream in list(self._open):
            stream.close()

    def __len__(self) -> int:
        """Count the connections."""
        return len(self._open)


class Stream(asyncio.Protocol):
    """One connection."""

    def __init__(self, streams: Streams) -> None:
        """Belong to a server's connections."""
        self._streams = streams
        self._buffer = bytearray()
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._active = self._loop.time()
        self._stuck: float | None = None
        self._partial: float | None = None
        self._ended = False
        self.peer = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a place, or leave at once."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self.peer = (transport.get_extra_info("peername") or ("",))[0]
        transport.set_write_buffer_limits(high=HELD)
        if not self._streams.admit(self):
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  the protocol's signature
        """Give the place back."""
        self._transport = None
        self._streams.leave(self)

    def data_received(self, data: bytes) -> None:
        """Collect octets, and answer the messages that are complete."""
        self._buffer += data
        self._active = self._loop.time()
        self._streams.used(self)
        self._pump()

    def eof_received(self) -> bool:
        """Answer what is still to be answered, then close: the client only stopped sending."""
        self._ended = True
        self._pump()
        return True

    def _pump(self) -> None:
        transport, start = self._transport, 0
        if transport is None:
            return
        answer, now = self._streams.answer(), self._streams.clock()
        begun, count = time.perf_counter(), 0
        while count < TURN:
            if self._stuck is not None or len(self._buffer) - start < 2:
                break
            end = start + 2 + int.from_bytes(self._buffer[start : start + 2])
            if len(self._buffer) < end:
                break
            reply = answer(bytes(self._buffer[start + 2 : end]), self.peer, now, stream=True)
            start = end
            count += 1
            if reply is not None:
                transport.write(len(reply).to_bytes(2) + reply)
        if start:
            self._streams.took(time.perf_counter() - begun, count)
        if start and (self._buffer[start:] or self._ended):
            self._loop.call_soon(self._pump)
        del self._buffer[:start]
        if self._ended and start == 0 and self._stuck is None:
            transport.close()
        self._partial = (self._partial if self._partial and not start else self._active) if self._buffer else None
        self._pace(transport)

    def _pace(self, transport: asyncio.Transport) -> None:
        """Read on only while there is room for what comes."""
        if transport.is_closing():
            return
        if self._stuck is not None or len(self._buffer) > HELD:
            transport.pause_reading()
        else:
            transport.resume_reading()

    def pause_writing(self) -> None:
        """Stop answering: the client does not read."""
        self._stuck = self._loop.time()

    def resume_writing(self) -> None:
        """Go on."""
        self._stuck = None
        self._loop.call_soon(self._pump)

    def overstays(self, now: float, limits: Limits) -> bool:
        """Tell whether it is idle, slow or unread for longer than it may be."""
        if self._stuck is not None:
            return now - self._stuck > limits.unread
        if self._partial is not None and len(self._buffer) <= HELD:
            return now - self._partial > limits.message
        return now - self._active > limits.idle

    def close(self) -> None:
        """End it: replies that the client still takes are sent first, unless it does not read, or keeps us waiting."""
        self._streams.leave(self)
        if self._transport is not None:
            if self._stuck is not None or self._partial is not None:
                # what it does not read must not stay in the kernel either
                opened = self._transport.get_extra_info("socket")
                opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self._transport.abort()
            else:
                self._transport.close()
