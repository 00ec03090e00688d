"""Thousands of targets in one process: a listener that answers at every loopback address, and notes who was late to ask.

Each line that comes in is answered with how many connections there were so far, and by how many seconds the latest of
those since the line before came later than one interval after the one to the same address.
"""

import asyncio
import ssl
import sys
from time import monotonic

REPLY = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n"


class Ledger:
    """When each address was asked last."""

    def __init__(self, interval: float) -> None:
        """Expect everybody to be asked once in an interval."""
        self._interval = interval
        self._last: dict[str, float] = {}
        self.count, self.late = 0, 0.0

    def note(self, address: str) -> None:
        """Take note of a connection."""
        now = monotonic()
        self.late = max(self.late, now - self._last.get(address, now) - self._interval)
        self._last[address] = now
        self.count += 1

    def report(self) -> str:
        """Tell of everybody, also of those who were not asked any more."""
        now = monotonic()
        worst = max([self.late, *(now - last - self._interval for last in self._last.values())])
        self.late = 0.0
        return f"{self.count} {worst}"


class Target(asyncio.Protocol):
    """One connection."""

    def __init__(self, ledger: Ledger) -> None:
        """Enter it into a ledger."""
        self._ledger = ledger

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note whom it is for."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._ledger.note(transport.get_extra_info("sockname")[0])

    def data_received(self, data: bytes) -> None:  # a request comes in one piece here
        """Answer."""
        self._transport.write(REPLY)
        self._transport.close()


async def main(port: str, interval: str, certificate: str = "") -> None:
    """Answer until the input ends."""
    loop, words, ledger = asyncio.get_running_loop(), asyncio.StreamReader(), Ledger(float(interval))
    loop.set_exception_handler(lambda *_: None)  # probes hang up as soon as they know enough
    context = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(words), sys.stdin)
    await loop.create_server(lambda: Target(ledger), "0.0.0.0", int(port), backlog=4096, ssl=context)
    while await words.readline():
        print(ledger.report(), flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
