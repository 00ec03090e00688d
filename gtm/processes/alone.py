"""All in one process: for tests, and for embedding."""

import asyncio
import logging
import signal
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from gtm.config.loaded import Limits, Loaded
from gtm.config.loaded import Server as Told
from gtm.control.control import Answering, Control
from gtm.control.desk import Desk
from gtm.control.watch import look
from gtm.health.table import State
from gtm.processes.renewing import Renewing
from gtm.processes.snapshot import Keeper, Start
from gtm.serve.answerer import Answerer
from gtm.serve.doors import Door, Pair, Place, opened

log = logging.getLogger("gtm")


class Server(Answering):
    """Serves a Corefile until it is told to stop."""

    def __init__(self, path: Path, loaded: Loaded, limits: Limits | None = None) -> None:
        """Serve what was loaded from ``path``, and load it from there again when it changes."""
        self.control = Control(path, loaded, self, None)
        self._desk = Desk(self.control, path)
        self._limits = limits
        self.answerer = Answerer(loaded.service, State(), self._conduct(loaded))
        self.engine = self.answerer.engine
        self._count = loaded.server.workers
        self._doors: list[Door] = []
        self._next: list[Door] = []
        self._passed: Mapping[Place, Pair] = {}
        self._keeper = Keeper(Start(path, loaded, time.time()))
        self._keeping: asyncio.Task[None] | None = None
        self._stop = asyncio.Event()
        self._running: asyncio.Task[None] | None = None

    @property
    def addresses(self) -> list[Place]:
        """Where it listens: the real ports, where the Corefile says 0."""
        return [door.address for door in self._doors]

    @property
    def workers(self) -> int:
        """How many processes answer."""
        return 1

    def begin(self, start: Start) -> None:
        """Take note that what is served may be older than the Corefile."""
        start.confess(self.control.reloader)
        self._keeper = Keeper(start)

    def open(self, passed: Mapping[Place, Pair]) -> None:
        """Open the sockets, or take those that were passed to us; OSError when one can't be had."""
        self._passed = passed
        self._doors = self._next = opened(self.control.loaded.server.listen, 1, passed=passed)

    async def start(self) -> None:
        """Answer as soon as the control part is ready; OSError when a socket can't be had."""
        if not self._doors:
            self.open({})
        self._running = asyncio.get_running_loop().create_task(self._run())
        await asyncio.wait(
            [self._running, asyncio.ensure_future(self.control.begun.wait())], return_when=asyncio.FIRST_COMPLETED
        )
        if self._running.done():
            self._running.result()
        for host, port in self.addresses:
            log.info("listening on %s, UDP and TCP", f"[{host}]:{port}" if ":" in host else f"{host}:{port}")

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        counting = self.answerer.tend(lambda: self.control.counted(self.answerer.tally()))
        tasks = [loop.create_task(counting), loop.create_task(self._desk.run())]
        try:
            await self.control.run()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _conduct(self, loaded: Loaded) -> Told:
        return replace(loaded.server, limits=self._limits or loaded.server.limits)

    async def prepare(self, loaded: Loaded) -> None:
        """Open what is to be listened on; OSError when it can't be had."""
        if loaded.server.workers != self._count:
            log.warning("the number of workers changes at a restart only")
        noted = await asyncio.to_thread(look, loaded.files)
        self._next = opened(loaded.server.listen, 1, self._doors, self._passed)
        self._keeper.note(noted)

    async def adopt(self, loaded: Loaded, state: State) -> None:
        """Answer from this configuration from now on."""
        if loaded.service is not self.engine.service:
            self.answerer.show()
            self.control.counted(self.answerer.tally())  # up to now, for the zones as they were
            self.engine.exchange(loaded.service, state)
        else:
            self.engine.learn(state)
        self.answerer.behave(self._conduct(loaded))
        before, self._doors = self._doors, self._next
        await self.answerer.listen(self._doors)
        for door in before:
            if door not in self._doors:
                door.close()
        self._keeping = asyncio.get_running_loop().create_task(self._keeper.keep(loaded))

    def publish(self, state: State) -> None:
        """Answer from this state from now on."""
        self.engine.learn(state)

    def heed(self, renewing: Renewing) -> None:
        """Heed signals from now on: SIGTERM and SIGINT end ``run``, SIGHUP loads the configuration anew."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        loop.add_signal_handler(signal.SIGHUP, renewing.begin)

    async def run(self) -> None:
        """Serve until told to stop, or until the control part fails: who probes no more must not go on as if he did."""
        assert self._running is not None, "it is started first"
        stopping = asyncio.ensure_future(self._stop.wait())
        await asyncio.wait([stopping, self._running], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        failed = self._running if self._running.done() else None
        await self.close()
        if failed is not None:
            failed.result()

    async def close(self) -> None:
        """Close every socket, and keep what must survive."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
        if self._keeping is not None:
            await asyncio.gather(self._keeping, return_exceptions=True)
        await self.control.stop()
        self.answerer.leave()
        await self.answerer.finish()
        self.answerer.close()
        for door in self._doors:
            door.close()
