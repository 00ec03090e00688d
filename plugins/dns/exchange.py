"""A question to a server and its reply, over a fresh socket; what is no reply to the question is passed over."""

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

import dns.flags
import dns.message

from .question import answer

_DATAGRAM: Final = 65535
_RESET: Final = struct.pack("ii", 1, 0)


class Exchange:
    """One question on its way to a server."""

    def __init__(self, query: dns.message.Message, address: str, port: int) -> None:
        """Ask this of whoever is there."""
        self._query = query
        self._at = (address, port)
        self._family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.way = ""
        """The way that it goes where that is not the one that was asked for."""
        self._step = "in connect"
        self._others = 0

    @property
    def where(self) -> str:
        """Say how far it came."""
        others = f"; other messages that came: {self._others}" if self._others else ""
        return f"{self._step}{self.way}{others}"

    async def ask(self, *, by_tcp: bool) -> dns.message.Message:
        """Ask, over TCP as well where the datagram had no room for the whole reply; OSError when nothing can come."""
        if not by_tcp:
            reply = await self._over_udp()
            if not reply.flags & dns.flags.TC:
                return reply
            self._step, self.way = "in connect", " over TCP, after a truncated reply"
        return await self._over_tcp()

    async def _over_udp(self) -> dns.message.Message:
        """Ask by datagram; the socket is connected, so that the kernel keeps out what others send."""
        loop = asyncio.get_running_loop()
        with self._socket(socket.SOCK_DGRAM) as made:
            await loop.sock_connect(made, self._at)
            await loop.sock_sendall(made, self._query.to_wire())
            return await self._reply(partial(loop.sock_recv, made, _DATAGRAM))

    async def _over_tcp(self) -> dns.message.Message:
        """Ask over a connection of its own."""
        loop = asyncio.get_running_loop()
        with self._socket(socket.SOCK_STREAM) as made:
            # everything is said when it is closed, and a reset leaves no TIME_WAIT behind
            made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            await loop.sock_connect(made, self._at)
            await loop.sock_sendall(made, self._query.to_wire(prepend_length=True))
            return await self._reply(partial(_message, made))

    async def _reply(self, receive: Callable[[], Awaitable[bytes]]) -> dns.message.Message:
        self._step = "waiting for the reply"
        while True:
            reply = answer(self._query, await receive())
            if reply is not None:
                return reply
            self._others += 1
            await asyncio.sleep(0)  # octets that are there already come without a pause, and others want their turn

    def _socket(self, kind: socket.SocketKind) -> socket.socket:
        made = socket.socket(self._family, kind)
        made.setblocking(False)
        return made


async def _message(made: socket.socket) -> bytes:
    (length,) = struct.unpack("!H", await _exactly(made, 2))
    return await _exactly(made, length)


async def _exactly(made: socket.socket, length: int) -> bytes:
    octets = bytearray()
    while len(octets) < length:
        more = await asyncio.get_running_loop().sock_recv(made, length - len(octets))
        if not more:
            raise ConnectionError("connection closed before the reply")
        octets += more
    return bytes(octets)
