"""Connections that carry octets, plain or by TLS, one step at a time, so that each step can be timed.

The streams of asyncio keep 0.3 MB for each TLS connection; these keep what OpenSSL does.
"""

import asyncio
import socket
import ssl
import struct
from typing import Final, Protocol

_SIZE: Final = 8192
_SWIFT: Final = 4  # reads after which others get their turn, however fast the octets come
_AT_ONCE: Final = struct.pack("ii", 1, 0)


class Wire(Protocol):
    """A connection."""

    async def send(self, data: bytes) -> None:
        """Send all of it; OSError when it can't be."""
        ...

    async def receive(self) -> bytes:
        """Wait for some octets; none at the end of the connection."""
        ...


async def dial(address: str, port: int) -> socket.socket:
    """Connect to an IP address.

    The connection is reset when it is closed: an orderly end would leave 60 seconds of TIME_WAIT for each probe.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    connection = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        await asyncio.get_running_loop().sock_connect(connection, (address, port))
    except BaseException:
        connection.close()
        raise
    return connection


class Plain:
    """A connection without TLS."""

    def __init__(self, connection: socket.socket) -> None:
        """Speak over this connection, which stays its owner's to close."""
        self._connection = connection
        self._loop = asyncio.get_running_loop()
        self._reads = 0

    async def send(self, data: bytes) -> None:
        """Send all of it."""
        await self._loop.sock_sendall(self._connection, data)

    async def receive(self) -> bytes:
        """Wait for some octets."""
        self._reads += 1
        if self._reads > _SWIFT:
            await asyncio.sleep(0)
        return await self._loop.sock_recv(self._connection, _SIZE)


class Secure:
    """TLS over a plain connection; ``hands`` must be shaken first."""

    def __init__(self, below: Plain, context: ssl.SSLContext, host: str | None) -> None:
        """Take the host's name for SNI and verification; ValueError when it is none."""
        self._below = below
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)

    async def shake(self) -> None:
        """Shake hands; ssl.SSLError, an OSError, when that fails."""
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                await self._exchange()
            else:
                return await self._flush()

    def certificate(self) -> bytes:
        """Give the peer's certificate in DER."""
        return self._tls.getpeercert(binary_form=True) or b""

    async def send(self, data: bytes) -> None:
        """Send all of it."""
        self._tls.write(data)
        await self._flush()

    async def receive(self) -> bytes:
        """Wait for some octets. An end without TLS's own goodbye is an end all the same: HTTP says what is missing."""
        while True:
            try:
                return self._tls.read(_SIZE)
            except ssl.SSLWantReadError:
                await self._exchange()
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                return b""

    async def _exchange(self) -> None:
        await self._flush()
        data = await self._below.receive()
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()

    async def _flush(self) -> None:
        if self._outgoing.pending:
            await self._below.send(self._outgoing.read())
