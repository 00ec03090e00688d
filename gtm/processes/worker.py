"""A worker: it answers from the last state that it was told, whatever becomes of the process that told it."""

import asyncio
import logging
import signal
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gtm.config.loaded import Loaded
from gtm.health.table import State
from gtm.processes.rights import shed
from gtm.processes.watchdog import Watchdog
from gtm.processes.word import find_word
from gtm.serve.answerer import Answerer
from gtm.serve.doors import Door
from gtm.serve.link import Link
from gtm.stream import Hello, News, heard

log = logging.getLogger("gtm")
LISTENING: Final = b"listening"
LEFT: Final = b"left"
BEAT: Final = b"beat"
SOON: Final = 0.5
"""Seconds after which a worker goes by the word that was left, if the control process does not speak."""
PATIENCE: Final = 5.0
"""Seconds beyond the longest time-out that a worker waits to hear of the world."""
LEAVING: Final = 12.0
"""Seconds that a worker which is to leave gives its connections; an idle one is closed after 10 anyway."""


@dataclass(frozen=True)
class Post:
    """What a worker is given: its place, what it serves and where, the line to the control process, and its supervisor.

    ``master`` is what cookies are made with, the same in every worker.
    """

    place: int
    generation: int
    loaded: Loaded
    master: bytes
    doors: list[Door]
    hub: Path
    above: socket.socket

    @property
    def patience(self) -> float:
        """Give the seconds after which it answers as if everybody were up, when nothing was heard of the world by then."""
        return max((probe.template.timeout for probe in self.loaded.probes.values()), default=0.0) + PATIENCE


async def work(post: Post) -> None:
    """Answer until told to stop (SIGTERM), to leave (SIGUSR1), or until the supervisor is gone."""
    worker = _Worker(post)
    await worker.run()


class _Worker:
    def __init__(self, post: Post) -> None:
        self._post = post
        self._answerer = Answerer(post.loaded.service, State(), post.loaded.server, post.place, post.master)
        self._link = Link(post.hub, Hello(post.place, post.generation), self._hear)
        self._told = asyncio.Event()
        self._stop = asyncio.Event()
        self._leave = asyncio.Event()

    def _hear(self, news: News) -> None:
        self._answerer.engine.learn(heard(self._answerer.engine.state, news))
        self._told.set()

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._stop.set)
        loop.add_signal_handler(signal.SIGUSR1, self._leave.set)
        loop.add_reader(self._post.above, self._above)
        shed()
        watchdog = Watchdog(f"worker {self._post.place}")
        tasks = [loop.create_task(work) for work in (self._link.run(), self._begin(), self._answerer.tend(self._beat))]
        stopped, left = loop.create_task(self._stop.wait()), loop.create_task(self._leave.wait())
        await asyncio.wait([stopped, left], return_when=asyncio.FIRST_COMPLETED)
        if not self._stop.is_set():
            self._answerer.leave()
            for door in self._post.doors:
                door.close()
            self._tell(LEFT)
            end = loop.time() + LEAVING
            while self._answerer.open and loop.time() < end and not self._stop.is_set():  # noqa: ASYNC110  connections tell nobody
                await asyncio.sleep(0.1)
        self._answerer.leave()
        await self._answerer.finish()
        self._beat()  # what was counted last
        for task in (*tasks, stopped, left):
            task.cancel()
        watchdog.stop()
        self._answerer.close()

    def _above(self) -> None:
        """Stop when the supervisor is gone; it says nothing while it lives."""
        try:
            word = self._post.above.recv(1)
        except BlockingIOError:
            return
        except OSError:  # gone, and has not read all that was said
            word = b""
        if not word:
            self._stop.set()

    async def _begin(self) -> None:
        await self._informed()
        try:
            await self._answerer.listen(self._post.doors)
        except OSError as fault:
            log.error("worker %d can't listen: %s", self._post.place, fault)  # noqa: TRY400  no stack helps here
            self._stop.set()
            return
        self._tell(LISTENING)

    async def _informed(self) -> None:
        """Wait to hear of the world; when nobody tells, take the word that was left, and if there is none, wait longer."""
        for patience in (SOON, self._post.patience):
            try:
                async with asyncio.timeout(patience):
                    await self._told.wait()
            except TimeoutError:
                word = find_word(self._post.hub.parent, self._post.generation)
                if word is not None:
                    self._hear(word)
            if self._told.is_set():
                return
        log.warning("worker %d: nothing is heard of the world; answering as if everybody were up", self._post.place)

    def _beat(self) -> None:
        self._tell(BEAT)
        if self._link.ready:
            self._link.tell(self._answerer.tally())

    def _tell(self, word: bytes) -> None:
        try:
            self._post.above.send(word)
        except OSError:  # full or gone: it will see for itself
            return
