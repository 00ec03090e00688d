"""One TCP connection from beginning to end, on a raw socket: 5,000 targets are probed by one process."""

import asyncio
import errno
import socket
import struct
from typing import Final

LIMIT: Final = 4096
"""Octets within which the expected text must stand."""
_AT_ONCE: Final = struct.pack("ii", 1, 0)


async def connect(address: str, port: int) -> socket.socket:
    """Open a connection to an IP address; OSError when there is none."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    connection = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        await asyncio.get_running_loop().sock_connect(connection, (address, port))
        if meets_itself(connection):
            raise ConnectionRefusedError(errno.ECONNREFUSED, "connected to itself")
    except BaseException:
        reset(connection)
        raise
    return connection


def meets_itself(connection: socket.socket) -> bool:
    """Tell whether nobody listens, and the system happened to choose the port that was called for our own end."""
    return bool(connection.getsockname() == connection.getpeername())


def reset(connection: socket.socket) -> None:
    """Hang up with a reset.

    An orderly end would leave 60 seconds of TIME_WAIT on this machine for each probe, and a server that hears the reset
    before it accepts is not even woken.
    """
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
    connection.close()


async def converse(connection: socket.socket, send: bytes, expect: str) -> None:
    """Say something, and listen until the expected text was heard; OSError in words when it can't be heard any more."""
    loop = asyncio.get_running_loop()
    if send:
        await loop.sock_sendall(connection, send)
    wanted, heard = expect.encode(), bytearray()
    while wanted not in heard:
        if len(heard) >= LIMIT:
            raise OSError(f"no {quoted(expect)} in the first {LIMIT} octets")
        more = await loop.sock_recv(connection, LIMIT - len(heard))
        if not more:
            raise OSError(f"connection closed before {quoted(expect)} was said")
        heard += more


def quoted(text: str) -> str:
    """Show an expected text on one line."""
    return f'"{" ".join(text.split())}"'
