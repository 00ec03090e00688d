"""One request and its response, bounded in octets; the protocol itself is h11's."""

from typing import Final

import h11

from .progress import BODY, FIRST_BYTE, HEADERS, Failed, Progress
from .search import Search
from .wire import Wire

HEADERS_LIMIT: Final = 32768
_BEGINS: Final = b"HTTP/"
_ALERT: Final = b"\x15\x03"  # how TLS says that it was not spoken to in TLS


class Exchange:
    """A request that was sent over a fresh connection."""

    def __init__(self, wire: Wire, progress: Progress) -> None:
        """Speak over a connection."""
        self._wire = wire
        self._progress = progress
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=2 * HEADERS_LIMIT)
        self._received = 0

    async def head(self, request: h11.Request) -> h11.Response:
        """Ask, and wait for the final response's headers; interim ones count as part of them."""
        self._progress.enter(FIRST_BYTE)
        await self._wire.send((self._http.send(request) or b"") + (self._http.send(h11.EndOfMessage()) or b""))
        start = b""
        while True:
            event = self._next(start)
            if isinstance(event, h11.Response):
                return event
            if event is h11.NEED_DATA:
                if self._received >= HEADERS_LIMIT:
                    raise Failed(f"headers longer than {HEADERS_LIMIT} octets")
                start = await self._begin(start)

    async def _begin(self, start: bytes) -> bytes:
        """Hear more of the headers; give the first octets of all, for what speaks no HTTP often waits for us to speak again."""
        data = await self._wire.receive()
        if not data:
            raise Failed("connection closed in the headers" if start else "connection closed before the response")
        if not start:
            self._progress.enter(HEADERS)
        if len(start) < len(_BEGINS):
            start += data[:64]
            if start.startswith(_ALERT):
                raise Failed("not HTTP: TLS is spoken there")
            if not start.startswith(_BEGINS[: len(start)]):
                raise Failed(f'not HTTP: it begins with "{_shown(start)}"')
        self._take(data)
        return start

    async def body(self, search: Search) -> None:
        """Read the body until the search is over; Failed with what it lacks."""
        self._progress.enter(BODY)
        bound = self._received + 2 * search.limit + HEADERS_LIMIT  # chunks may be wrapped in a lot of nothing
        while True:
            event = self._next(_BEGINS)
            if isinstance(event, h11.Data):
                if search.feed(event.data):
                    break
            elif event is not h11.NEED_DATA:
                break
            elif self._received >= bound:
                raise Failed(f"body's framing is longer than {bound} octets")
            else:
                self._take(await self._wire.receive())
        search.conclude()

    def _take(self, data: bytes) -> None:
        self._received += len(data)
        self._http.receive_data(data)

    def _next(self, start: bytes) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        try:
            return self._http.next_event()
        except h11.RemoteProtocolError as fault:
            if self._http.trailing_data[1]:
                raise Failed("connection closed in the body") from fault
            raise Failed(f"not HTTP: {_lowered(str(fault))}" if start else "not HTTP") from fault


def _shown(octets: bytes) -> str:
    return octets.splitlines()[0][:40].decode("ascii", "replace") if octets.strip() else ""


def _lowered(text: str) -> str:
    return text[:1].lower() + text[1:]
