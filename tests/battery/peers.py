"""Peers on loopback that are of no use to whoever calls them, and what a call touches and leaves behind."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from functools import cache
from time import monotonic

HERE = "127.0.0.1"
NOISE = b"X-\xc3\x28: \x1b[31m\x07\r\n220-\r\n\x00" * 4096
BEHIND = 2.0  # seconds that closing may take
REACHING = ("socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostbyname")


@contextmanager
def held() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Hold one port for TCP and for UDP; nobody listens there yet."""
    while True:
        with ExitStack() as stack:
            stream = stack.enter_context(socket.socket())
            stream.bind((HERE, 0))
            datagrams = stack.enter_context(socket.socket(type=socket.SOCK_DGRAM))
            try:
                datagrams.bind(stream.getsockname())
            except OSError:  # somebody has the port for UDP
                continue
            yield stream, datagrams
            return


def is_stream(transport):
    return transport.get_extra_info("socket").type == socket.SOCK_STREAM


class Hasty(asyncio.Protocol):
    """Hangs up at once; answers a datagram with nothing."""

    def connection_made(self, transport):
        self.transport = transport
        if is_stream(transport):
            transport.close()

    def datagram_received(self, _, peer):
        self.transport.sendto(b"", peer)


class Noisy(asyncio.Protocol):
    """Begins like a server of HTTP and never stops talking; answers a datagram with noise."""

    def connection_made(self, transport):
        self.transport, self.may_write = transport, True
        if is_stream(transport):
            transport.write(b"HTTP/1.1 503 \x1b[31mNo\r\n")
            self.talk()

    def talk(self):
        if self.may_write and not self.transport.is_closing():
            self.transport.write(NOISE)
            asyncio.get_running_loop().call_soon(self.talk)

    def pause_writing(self):
        self.may_write = False

    def resume_writing(self):
        self.may_write = True
        self.talk()

    def datagram_received(self, _, peer):
        for size in (0, 1, 12, 500):
            self.transport.sendto(NOISE[:size], peer)


@asynccontextmanager
async def closed() -> AsyncIterator[int]:
    with held() as (stream, datagrams):
        datagrams.close()
        yield stream.getsockname()[1]


@asynccontextmanager
async def silent() -> AsyncIterator[int]:
    with held() as (stream, _):
        stream.listen(64)
        yield stream.getsockname()[1]


@asynccontextmanager
async def talking(kind: type[asyncio.Protocol]) -> AsyncIterator[int]:
    loop = asyncio.get_running_loop()
    with held() as (stream, datagrams):
        transport, _ = await loop.create_datagram_endpoint(kind, sock=datagrams)
        async with await loop.create_server(kind, sock=stream):
            yield stream.getsockname()[1]
        transport.close()
        await asyncio.sleep(0)  # it says goodbye in the next turn


PEERS = {
    "nobody listens": closed,
    "never speaks": silent,
    "hangs up at once": lambda: talking(Hasty),
    "never stops talking": lambda: talking(Noisy),
}


@cache
def _touched() -> list[str]:
    """Hear of every address that this process reaches for, from now on: an audit hook stays for good."""
    found: list[str] = []

    def hear(event, given):
        if event in REACHING:
            address = given[0] if event.startswith("socket.get") else given[1]
            found.append(str(address[0] if isinstance(address, tuple) else address))

    sys.addaudithook(hear)
    return found


def descriptors() -> int:
    return len(os.listdir("/dev/fd"))  # noqa: PTH208  how many, and nothing of them


class Behind:
    """What is open and under way before a call, and what of it is more afterwards."""

    def __init__(self):
        self.heard = _touched()
        self.heard.clear()
        self.faults = []
        asyncio.get_running_loop().set_exception_handler(lambda _, told: self.faults.append(f"{told}"))
        self.descriptors, self.tasks = descriptors(), asyncio.all_tasks()

    async def wrong(self, allowed=frozenset({HERE})):
        """List what was reached for and should not have been, what nobody caught, and what is left after a time to close it."""
        until = monotonic() + BEHIND
        await asyncio.sleep(0)  # what was put off until the next turn is told of as well
        while (left := self._left()) and monotonic() < until:  # noqa: ASYNC110  no event tells that all is closed
            await asyncio.sleep(0.01)
        return left + self.faults + [f"reached for {address}" for address in {*self.heard} - {*allowed, "None"}]

    def _left(self):
        tasks = [f"left {task.get_name()} behind" for task in asyncio.all_tasks() - self.tasks]
        more = descriptors() - self.descriptors
        return tasks + ([f"left {more} descriptors open"] if more > 0 else [])
