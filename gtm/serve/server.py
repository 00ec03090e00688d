"""The server: sockets around an engine, and the configuration exchanged beneath it without a query being lost."""

import asyncio
import gc
import logging
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Final

from gtm.config.fault import Faults
from gtm.config.include import matching
from gtm.config.load import load
from gtm.config.loaded import Loaded
from gtm.engine import Engine
from gtm.serve import state, udp, watch
from gtm.serve.report import Reporter
from gtm.serve.tcp import Limits, Stream, Streams

log = logging.getLogger("gtm")
Place = tuple[str, int]
TURN: Final = 0.001
"""Seconds after which a thread that loads a configuration hands over to the one that answers."""


class Door:
    """One address: its UDP socket and its TCP listener."""

    def __init__(self, datagrams: socket.socket, listener: asyncio.Server) -> None:
        """Hold both."""
        self.datagrams, self.listener = datagrams, listener

    def close(self) -> None:
        """Stop listening; open connections go on."""
        asyncio.get_running_loop().remove_reader(self.datagrams)
        self.datagrams.close()
        self.listener.close()


class Server:
    """Serves a Corefile until it is told to stop."""

    def __init__(self, path: Path, loaded: Loaded, limits: Limits | None = None) -> None:
        """Serve what was loaded from ``path``, and load it from there again when it changes."""
        self._path = path
        self._loaded = loaded
        self.report = Reporter()
        self.engine = Engine(loaded.service, Random(), self.report)  # noqa: S311  shares, not secrets
        self._streams = Streams(lambda: self.engine.answer, time.time, limits or Limits())
        self._doors: dict[Place, Door] = {}
        self._saved: dict[str, str] = {}
        self._complaint = ""
        self._files = loaded.files
        self._seen = watch.Watch(self._look())
        self._reloading = asyncio.Lock()
        self._stop = asyncio.Event()
        self._tasks: set[asyncio.Task[bool]] = set()

    @property
    def addresses(self) -> list[Place]:
        """Where it listens: the real ports, where the Corefile says 0."""
        return [door.datagrams.getsockname()[:2] for door in self._doors.values()]

    async def start(self) -> None:
        """Open the sockets; OSError when one can't be had."""
        self._restore()
        await self._listen(self._loaded.server.listen)
        gc.freeze()
        for host, port in self.addresses:
            log.info("listening on %s, UDP and TCP", f"[{host}]:{port}" if ":" in host else f"{host}:{port}")

    def heed(self) -> None:
        """Heed signals from now on: SIGTERM and SIGINT end ``run``, SIGHUP loads the configuration anew."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        loop.add_signal_handler(signal.SIGHUP, self._hang_up)

    def _hang_up(self) -> None:
        task = asyncio.get_running_loop().create_task(self.reload())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def run(self) -> None:
        """Serve until told to stop."""
        tending = asyncio.get_running_loop().create_task(self._tend())
        await self._stop.wait()
        tending.cancel()
        self.close()

    def close(self) -> None:
        """Close every socket, and keep what must survive."""
        for door in self._doors.values():
            door.close()
        self._doors.clear()
        self._streams.close()
        self._keep()

    async def _listen(self, wanted: tuple[Place, ...]) -> None:
        """Open what is wanted and not open yet, then close what is no longer wanted; all or nothing."""
        opened: dict[Place, Door] = {}
        try:
            for place in wanted:
                if place not in self._doors:
                    opened[place] = await self._open(place)
        except OSError:
            for door in opened.values():
                door.close()
            raise
        for place in set(self._doors) - set(wanted):
            self._doors.pop(place).close()
        self._doors.update(opened)

    async def _open(self, place: Place) -> Door:
        loop = asyncio.get_running_loop()
        try:
            datagrams = udp.bind(*place)
        except OSError as fault:
            raise OSError(fault.errno, f"{place[0]} port {place[1]}, UDP: {fault.strerror}") from fault
        try:
            # port 0 asks for any: TCP takes the one that UDP was given
            host, port = datagrams.getsockname()[:2]
            listener = await loop.create_server(lambda: Stream(self._streams), host, port, backlog=256)
        except OSError as fault:
            datagrams.close()
            raise OSError(fault.errno, f"{place[0]} port {place[1]}, TCP: {fault.strerror}") from fault
        loop.add_reader(datagrams, lambda: udp.drain(datagrams, self.engine.answer, time.time()))
        return Door(datagrams, listener)

    async def reload(self) -> bool:
        """Load the configuration beside the running one, and exchange them; a faulty one changes nothing and is told."""
        async with self._reloading:
            before = await asyncio.to_thread(self._look)
            try:
                with unhurried():
                    loaded = await asyncio.to_thread(load, self._path)
                    await self._listen(loaded.server.listen)
                    self.engine.exchange(loaded.service, time.time())
            except Exception as fault:  # noqa: BLE001  whatever a new configuration does, the old one must go on
                self._watch(before, fault.files if isinstance(fault, Faults) else frozenset())
                for line in (str(fault) if isinstance(fault, Faults | OSError) else repr(fault)).splitlines():
                    log.error("configuration refused: %s", line)  # noqa: TRY400  a person needs the reason, not the stack
                log.error("the old configuration keeps answering")  # noqa: TRY400
                return False
            self._loaded = loaded
            self._watch(before, frozenset())
            for warning in loaded.warnings:
                log.warning("%s", warning)
            log.info("configuration loaded anew: %s", self._path)
            return True

    def _look(self) -> watch.Signature:
        """Look at every file that was read, and for new ones that ``include`` means."""
        folder = self._path.absolute().parent
        included = (file for pattern in self._loaded.server.include for file in matching(folder, pattern))
        return watch.look({*self._files, *included})

    def _watch(self, before: watch.Signature, blamed: frozenset[Path]) -> None:
        """Watch what is loaded, and what a refused configuration was made from; what changed since ``before`` is news."""
        self._files = self._loaded.files | blamed
        now = self._look()
        self._seen = watch.Watch({path: before.get(path, found) for path, found in now.items()})

    async def _tend(self) -> None:
        """Once a second: close stale connections, keep state, look whether files changed."""
        while True:
            await asyncio.sleep(1)
            try:
                await self._tend_once()
            except Exception as fault:  # noqa: BLE001  housekeeping must go on, and the answers anyway
                log.error("housekeeping: %r", fault)  # noqa: TRY400

    async def _tend_once(self) -> None:
        self._streams.sweep(asyncio.get_running_loop().time())
        self.engine.tick(time.time())
        await asyncio.to_thread(self._keep)
        if self._loaded.server.watch and self._seen.changed(await asyncio.to_thread(self._look)):
            await self.reload()

    def _keep(self) -> None:
        folder, held = self._loaded.server.state, dict(self.engine.state.held)
        if folder is None or held == self._saved:
            return
        try:
            state.save(folder, held)
        except OSError as fault:
            if str(fault) != self._complaint:
                log.error("state is not kept: %s", fault)  # noqa: TRY400  a person needs the reason, not the stack
            self._complaint = str(fault)
            return
        self._saved, self._complaint = held, ""

    def _restore(self) -> None:
        folder = self._loaded.server.state
        try:
            self._saved = state.load(folder) if folder else {}
        except (OSError, ValueError) as fault:
            log.warning("held members are forgotten: %s", fault)
        self.engine.hold(self._saved, time.time())


@contextmanager
def unhurried() -> Iterator[None]:
    """Load in a thread without keeping queries waiting: they get the interpreter back soon, and no collector walks what is loaded.

    What is loaded stays until the next load, and is freed when the last reference to it goes; so nothing in a
    configuration may refer to itself, and a test sees that it does not.
    """
    interval = sys.getswitchinterval()
    sys.setswitchinterval(TURN)
    gc.disable()
    try:
        yield
    finally:
        sys.setswitchinterval(interval)
        gc.freeze()
        gc.enable()
