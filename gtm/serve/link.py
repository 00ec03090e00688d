"""An answering process's line to the control process: news come in, counts go out. When it is cut, answers go on and it is made again."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final

from gtm.stream import Broken, Counted, Frames, Hello, Message, News, frame
from gtm.tally import Tally

log = logging.getLogger("gtm")
AGAIN: Final = 0.1
"""Seconds before the line is tried again."""


class Link(asyncio.Protocol):
    """The line. ``heard`` is called with every piece of news, in order."""

    def __init__(self, path: Path, hello: Hello, heard: Callable[[News], None]) -> None:
        """Say ``hello`` at this socket."""
        self._path, self._hello, self._heard = path, hello, heard
        self._transport: asyncio.WriteTransport | None = None
        self._frames = Frames()
        self._lost = asyncio.Event()

    async def run(self) -> None:
        """Keep the line, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            self._lost.clear()
            try:
                await loop.create_unix_connection(lambda: self, str(self._path))
                await self._lost.wait()
            except OSError as fault:
                log.debug("no line to the control process: %s", fault)
            await asyncio.sleep(AGAIN)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say who this is."""
        assert isinstance(transport, asyncio.WriteTransport)
        self._frames, self._transport = Frames(), transport
        self._write(self._hello)

    def data_received(self, data: bytes) -> None:
        """Pass news on."""
        try:
            for message in self._frames.feed(data):
                if isinstance(message, News):
                    self._heard(message)
        except Broken as fault:
            log.error("the control process does not make sense: %s", fault)  # noqa: TRY400  no stack helps here
            if self._transport is not None:
                self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  the protocol's signature
        """Begin anew."""
        self._transport = None
        self._lost.set()

    @property
    def ready(self) -> bool:
        """Tell whether what is written will go out: the control process reads, and has read all so far."""
        return self._transport is not None and self._transport.get_write_buffer_size() == 0

    def tell(self, tally: Tally) -> None:
        """Send counts. Only when ``ready``, or they may pile up."""
        self._write(Counted(tally))

    def _write(self, message: Message) -> None:
        if self._transport is not None:
            self._transport.write(frame(message))
