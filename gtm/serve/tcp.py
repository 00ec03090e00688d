"""One TCP connection (RFC 7766, RFC 9210): its queries are answered in the order in which they came.

It ends without losing a reply that the client still takes: we stop sending, and go on reading for a while without looking
at what comes, because closing at once would make the system reset the connection. Only who does not read is reset.
"""

import asyncio
import socket
import struct
import time
from typing import TYPE_CHECKING, Final

from gtm.dns.query import HEADER
from gtm.dns.transport import TCP
from gtm.serve import proxy
from gtm.serve.streams import CHUNK, Streams
from gtm.serve.udp import Answer

if TYPE_CHECKING:
    from gtm.serve.clients import Client

HELD: Final = 65536
"""Octets of unread replies beyond which a connection is not answered."""
_LONG: Final = 512
"""Octets for which a query counts as one more."""
_PREFIX: Final = 2


class Stream(asyncio.BufferedProtocol):
    """A connection."""

    def __init__(self, streams: Streams) -> None:
        """Belong to a server's connections."""
        self._streams = streams
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._client: Client | None = None  # nobody until the PROXY header was read, where there must be one
        self._active = self._loop.time()
        self._partial: float | None = None  # since when a message is incomplete
        self._stuck: float | None = None  # since when replies are not read
        self._leaving: float | None = None  # since when it is being closed
        self._is_over = False  # no message follows
        self._is_half = False  # the client stopped sending
        self.waits = False
        self.peer = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a place, or leave at once."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.set_write_buffer_limits(high=HELD)
        peer = (transport.get_extra_info("peername") or ("",))[0]
        if peer and peer in self._streams.listed:
            self.peer, self._partial = peer, self._active
        elif not peer or not self._enter(peer):  # gone already, or one too many
            self.cut()
            return
        self._streams.admit(self)

    def _enter(self, peer: str) -> bool:
        self.peer, self._client = peer, self._streams.enter(peer)
        return self._client is not None

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  the protocol's signature
        """Give the place back."""
        self._transport = None
        self._streams.leave(self)
        if self._client is not None:
            self._client.count -= 1
            self._client = None
        self._buffer.clear()

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002  the protocol's signature
        """Read into what all connections share: it is taken out at once."""
        return self._streams.scratch

    def buffer_updated(self, nbytes: int) -> None:
        """Collect octets, and wait for a turn when a message is complete."""
        if self._leaving is not None:
            return
        self._buffer += self._streams.scratch[:nbytes]
        self._active = self._loop.time()
        self._streams.used(self)
        if self._client is not None or self._introduced():
            self._look()

    def eof_received(self) -> bool:
        """Answer what is still to be answered, then close: the client only stopped sending."""
        self._is_over = self._is_half = True
        self._look()
        return self._leaving is None

    def _introduced(self) -> bool:
        """Read for whom a proxy speaks; False while that is not known, or is nobody who may come in."""
        try:
            header = proxy.parse(self._buffer)
        except proxy.Malformed:
            self.cut()
            return False
        if header is None:
            return False
        del self._buffer[: header.size]
        if not self._enter(header.source or self.peer):
            self.cut()
            return False
        return True

    def _end(self) -> int | None:
        """Tell where the first message ends, if it is complete."""
        if len(self._buffer) < _PREFIX:
            return None
        size = int.from_bytes(self._buffer[:_PREFIX])
        if size < HEADER.size:  # no message: what follows can't be told apart
            self._is_over = True
            return None
        return _PREFIX + size if len(self._buffer) >= _PREFIX + size else None

    def _look(self) -> None:
        """See what is to be done with what was read."""
        transport, client = self._transport, self._client
        if transport is None or self._leaving is not None:
            return
        is_complete = client is not None and self._end() is not None
        if not is_complete and self._is_over:
            self.close()
            return
        is_begun = not is_complete and (client is None or bool(self._buffer))
        self._partial = (self._partial or self._active) if is_begun else None
        may = self._stuck is None and (client is None or client.spent < self._streams.limits.rate)
        if is_complete and may and not self.waits:
            self.waits = True
            self._streams.ready(self)
        if self._stuck is not None or (is_complete and (not may or len(self._buffer) > CHUNK)):
            transport.pause_reading()
        else:
            transport.resume_reading()

    def serve(self, answer: Answer, now: float, most: int) -> int:
        """Answer some of what has come, at most so many; tell for how many queries that counts."""
        self.waits = False
        transport, client, limit = self._transport, self._client, self._streams.limits.rate
        if transport is None or client is None or self._stuck is not None or self._leaving is not None:
            return 0
        begun, replies, cost, before = time.perf_counter(), bytearray(), 0, client.spent
        while cost < most and len(replies) < HELD and client.spent < limit and (end := self._end()) is not None:
            message = bytes(self._buffer[_PREFIX:end])
            del self._buffer[:end]
            client.spent += 1
            cost += 1 + end // _LONG
            reply = answer(message, self.peer, now, TCP)
            if reply is not None:
                replies += len(reply).to_bytes(_PREFIX) + reply
        self._streams.took(time.perf_counter() - begun, client.spent - before)
        self._active = self._loop.time()
        if replies:
            transport.write(replies)
        self._look()
        return cost

    def pause_writing(self) -> None:
        """Stop answering: the client does not read."""
        self._stuck = self._loop.time()

    def resume_writing(self) -> None:
        """Go on."""
        self._stuck = None
        self._look()

    def check(self, now: float) -> None:
        """Close it if it is idle, slow or unread for longer than it may be; else go on with what had to wait for a new second."""
        limits = self._streams.limits
        if self._leaving is not None:
            if now - self._leaving > limits.message:
                self.cut()
        elif self._stuck is not None:
            if now - self._stuck > limits.unread:
                self.cut()
        elif self._partial is not None:
            if now - self._partial > limits.message:
                self.close()
        elif now - self._active > limits.idle:
            self.close()
        else:
            self._look()

    def close(self) -> None:
        """End it in peace: what comes is not looked at any more, and when the client has stopped sending as well it is over."""
        transport = self._transport
        if transport is None or self._leaving is not None:
            return
        self._leaving = self._loop.time()
        self._buffer.clear()
        if self._is_half or transport.get_write_buffer_size():
            transport.close()
            return
        try:
            transport.write_eof()
        except OSError:  # reset by the client, as we shall hear
            transport.abort()
        transport.resume_reading()

    def cut(self) -> None:
        """End it at once, and be forgotten."""
        transport, self._transport = self._transport, None
        self._streams.leave(self)
        if transport is None:
            return
        if transport.get_write_buffer_size():
            # what it does not read must not stay in the kernel either
            opened = transport.get_extra_info("socket")
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
