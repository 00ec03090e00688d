"""A question to a server and its reply, over a fresh socket; what is no reply to the question is passed over."""

import asyncio
import socket
import struct
from typing import Final

import dns.flags
import dns.message

from .question import answer

_DATAGRAM: Final = 65535
_RESET: Final = struct.pack("ii", 1, 0)


async def over_udp(query: dns.message.Message, address: str, port: int) -> dns.message.Message:
    """Ask by datagram; the socket is connected, so that the kernel keeps out what others send. OSError when it is refused."""
    loop = asyncio.get_running_loop()
    with _socket(address, socket.SOCK_DGRAM) as made:
        await loop.sock_connect(made, (address, port))
        await loop.sock_sendall(made, query.to_wire())
        while True:
            reply = answer(query, await loop.sock_recv(made, _DATAGRAM))
            if reply is not None:
                return reply
            await asyncio.sleep(0)  # octets that are there already come without a pause, and others want their turn


async def over_tcp(query: dns.message.Message, address: str, port: int) -> dns.message.Message:
    """Ask over a connection of its own; OSError when there is none, or when it ends without a reply."""
    loop = asyncio.get_running_loop()
    with _socket(address, socket.SOCK_STREAM) as made:
        # everything is said when it is closed, and a reset leaves no TIME_WAIT behind
        made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        await loop.sock_connect(made, (address, port))
        await loop.sock_sendall(made, query.to_wire(prepend_length=True))
        while True:
            (length,) = struct.unpack("!H", await _exactly(made, 2))
            reply = answer(query, await _exactly(made, length))
            if reply is not None:
                return reply
            await asyncio.sleep(0)  # octets that are there already come without a pause, and others want their turn


async def ask(query: dns.message.Message, address: str, port: int, *, by_tcp: bool) -> dns.message.Message:
    """Ask a server, over TCP as well where the datagram had no room for the whole reply."""
    if not by_tcp:
        reply = await over_udp(query, address, port)
        if not reply.flags & dns.flags.TC:
            return reply
    return await over_tcp(query, address, port)


def _socket(address: str, kind: socket.SocketKind) -> socket.socket:
    made = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind)
    made.setblocking(False)
    return made


async def _exactly(made: socket.socket, length: int) -> bytes:
    octets = bytearray()
    while len(octets) < length:
        more = await asyncio.get_running_loop().sock_recv(made, length - len(octets))
        if not more:
            raise ConnectionError("connection closed before the reply")
        octets += more
    return bytes(octets)
