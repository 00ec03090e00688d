"""The frame of the admin door: how many may come in at once, how long they may dawdle, and what every answer looks like.

Where there are as many as there may be, whoever asks for nothing makes room: idle connections can't keep the operator out.
"""

import asyncio
from collections.abc import Mapping
from typing import Final

import msgspec
from aiohttp import web
from aiohttp.web_request import BaseRequest

MOST: Final = 64
"""Connections at a time."""
IDLE: Final = 15.0
"""Seconds that a connection may take to bring a whole head, be it the first or one after an answer."""
LINE: Final = 8190
FIELDS: Final = 64
"""Octets of a line of a head, and how many there may be."""
HEADERS: Final = {"Server": "gtm", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
FULL: Final = b"HTTP/1.1 503 Service Unavailable\r\nServer: gtm\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


def answer(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """Answer with a value as JSON, laid out for people."""
    body = msgspec.json.format(msgspec.json.encode(value)) + b"\n"
    return web.Response(
        body=body, status=status, content_type="application/json", headers={**HEADERS, **(headers or {})}
    )


def told(status: int, words: str, headers: Mapping[str, str] | None = None) -> web.Response:
    """Answer with what is wrong."""
    return answer({"error": words}, status, headers)


class Gate(asyncio.Protocol):
    """Lets a connection in, or turns it away when there are as many as there may be and each is being answered."""

    def __init__(self, manager: web.Server) -> None:
        """Stand before what speaks HTTP."""
        self._manager = manager

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Hand the connection over, or end it."""
        assert isinstance(transport, asyncio.Transport)
        if len(self._manager.connections) >= MOST and not self._makes_room():
            transport.write(FULL)
            transport.close()
            return
        handler = _Handler(
            self._manager,
            loop=asyncio.get_running_loop(),
            access_log=None,  # type: ignore[arg-type]  # that switches it off
            keepalive_timeout=IDLE,
            lingering_time=0.0,
            max_line_size=LINE,
            max_field_size=LINE,
            max_headers=FIELDS,
            auto_decompress=False,
        )
        transport.set_protocol(handler)
        handler.connection_made(transport)

    def _makes_room(self) -> bool:
        """Hang up on the oldest connection that has not asked for anything; False when there is none."""
        idle = (each for each in self._manager.connections if isinstance(each, _Handler) and each.is_idle)
        oldest = next(idle, None)
        if oldest is not None:
            oldest.force_close()
        return oldest is not None


class _Handler(web.RequestHandler):
    """Says what is wrong with a request that is no HTTP as every other answer is said, and without the log's attention."""

    __slots__ = ()

    @property
    def is_idle(self) -> bool:
        """Tell whether no request is being answered: none has come as a whole, or the last one is done with."""
        return self._current_request is None and not self._messages and self.transport is not None

    def handle_error(
        self,
        request: BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002  aiohttp's signature
    ) -> web.StreamResponse:
        """Answer what could not even be read."""
        if request.writer.output_size > 0:
            raise ConnectionError("a part of the answer is on its way") from exc
        response = told(status, "that is no request that can be understood")
        response.force_close()
        return response
