"""The supervisor: it holds the sockets and the last good configuration, and keeps a control process and workers alive.

It does nothing else, so that there is little in it that could fail. A worker that dies leaves its sockets, and what waits
in them, to the one that follows.
"""

import asyncio
import contextlib
import logging
import os
import selectors
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path
from secrets import token_bytes
from typing import Final

from gtm.config.fault import Faults
from gtm.config.load import load
from gtm.processes import inherited, rights
from gtm.processes.base import HUB, called_at, made
from gtm.processes.children import CONTROL, HANGS, WORKER, Child, Children
from gtm.processes.crew import HANG_UP, REFUSED, RELOADED, RESTARTED, SERVED, TAKE, TAKEN, Charge, keep
from gtm.processes.manager import Manager
from gtm.processes.signals import ENDING, Ended, breakable, heard
from gtm.processes.snapshot import Start
from gtm.processes.worker import BEAT, LEFT, LISTENING, Post, work
from gtm.serve.doors import Door, Pair, Place, opened

log = logging.getLogger("gtm")
LONGEST: Final = 60000
GRACE: Final = 10.0
"""Seconds that children have to end before they are killed."""
AFTER: Final = 5
"""How much the control process is nicer than who answers: where a core is short, answers come first."""


class Supervisor:
    """Serves a Corefile with several processes."""

    def __init__(self, start: Start) -> None:
        """Serve what was loaded."""
        self._begun, self._loaded = start, start.loaded
        self._count = start.loaded.server.workers
        self._generation = 1
        self._master = token_bytes(32)
        self._doors: list[Door] = []
        self._passed: dict[Place, Pair] = {}
        self._manager = Manager.found(os.environ)
        self._children = Children()
        self._due: list[tuple[float, str, int]] = []
        self._folder = Path()
        self._ending = False
        self._told = False
        self._is_settled = True
        self._selector = selectors.DefaultSelector()

    def run(self) -> int:
        """Serve until told to stop; OSError when the sockets can't be had, Denied when the rights can't. Gives the exit status."""
        server = self._loaded.server
        self._passed = inherited.received(os.environ)
        self._doors = opened(server.listen, self._count, passed=self._passed)
        inherited.left(self._passed, server.listen)
        rights.settle(self._loaded)
        with made() as folder, heard() as wakeup:
            self._folder = folder
            self._hub = called_at(folder / HUB)
            self._selector.register(wakeup, selectors.EVENT_READ, self._signalled)
            try:
                self._start(CONTROL, 0)
                for place in range(self._count):
                    self._start(WORKER, place)
                self._watch()
            finally:
                self._end()
        return 0

    def _watch(self) -> None:
        tick = time.monotonic() + 1
        while not self._ending:
            now = time.monotonic()
            due = min([tick, *(moment for moment, _, _ in self._due)])
            for key, _ in self._selector.select(max(0.0, due - now)):
                key.data(key.fileobj)
            now = time.monotonic()
            for one in [one for one in self._due if one[0] <= now]:
                self._due.remove(one)
                self._start(one[1], one[2])
            if now >= tick:
                tick = now + 1
                self._children.tick()
                self._vouch(now)

    def _start(self, kind: str, place: int) -> None:
        body: Callable[[socket.socket], None] = self._worker(place) if kind == WORKER else self._control()
        child = Child(kind, place, self._generation, time.monotonic())
        try:
            self._children.fork(child, body)
        except OSError as fault:
            log.error("%s can't be started: %s", child.name, fault)  # noqa: TRY400  no stack helps here
            self._due.append((time.monotonic() + 1, kind, place))
            return
        self._selector.register(child.line, selectors.EVENT_READ, lambda _: self._hear(child))
        if kind == CONTROL and self._told:  # a reload that the one before it had begun is over
            self._manager.reloaded(self._status())

    def _worker(self, place: int) -> Callable[[socket.socket], None]:
        def body(line: socket.socket) -> None:
            self._hub.close()
            line.setblocking(False)
            hub = self._folder / HUB
            asyncio.run(work(Post(place, self._generation, self._loaded, self._master, self._doors, hub, line)))

        return body

    def _control(self) -> Callable[[socket.socket], None]:
        places = [door.address for door in self._doors]
        charge = Charge(self._begun, self._generation, self._hub, self._folder, places, again=self._told)

        def body(line: socket.socket) -> None:
            for door in self._doors:
                door.close()
            line.setblocking(False)
            os.nice(AFTER)
            asyncio.run(keep(charge, line))

        return body

    def _hear(self, child: Child) -> None:
        try:
            word = child.line.recv(LONGEST)
        except OSError:
            return
        if not word:
            self._selector.unregister(child.line)
            return
        child.silent = 0
        if word == LISTENING:
            self._listens(child)
        elif word == LEFT:
            child.has_left = True
            self._settle()
        elif word == TAKE:
            self._take(child)
        elif word == RELOADED:
            self._manager.reloaded(self._status())
        elif word != BEAT:
            log.error("%s says what nobody understands: %r", child.name, word[:100])

    def _listens(self, child: Child) -> None:
        """Note that a worker answers: the one before it in its place may leave."""
        child.is_listening = True
        for other in self._workers():
            if other.place == child.place and other.generation < child.generation and not other.is_leaving:
                other.is_leaving = True
                other.signal(signal.SIGUSR1)
        if not self._told and all(one.is_listening for one in self._workers()):
            self._told = True
            self._tell(self._doors)
            self._manager.ready(self._status())
        self._settle()

    def _settle(self) -> None:
        """Tell the control process once every worker that answers does so from the present configuration."""
        if self._is_settled:
            return
        answering = [one for one in self._workers() if not one.has_left]
        fresh = {one.place for one in answering if one.is_listening and one.generation == self._generation}
        if len(fresh) == self._count and all(one.generation == self._generation for one in answering):
            self._is_settled = True
            self._say_control(SERVED)

    def _tell(self, doors: list[Door]) -> None:
        for door in doors:
            host, port = door.address
            log.info("listening on %s, UDP and TCP", f"[{host}]:{port}" if ":" in host else f"{host}:{port}")

    def _take(self, child: Child) -> None:
        """Take over the configuration that the control process found to be good, and let new workers answer from it."""
        try:
            with breakable():
                loaded = load(self._begun.path, self._loaded.lacking)
            doors = opened(loaded.server.listen, self._count, self._doors, self._passed)
        except Ended:
            return
        except Exception as fault:  # noqa: BLE001  whatever a new configuration does, the old one must go on
            words = str(fault) if isinstance(fault, Faults | OSError | ValueError) else repr(fault)
            self._say(child, REFUSED + words.encode()[: LONGEST - 100])
            return
        if loaded.server.workers != self._count:
            log.warning("the number of workers stays %d until a restart", self._count)
        gone = [door for door in self._doors if door not in doors]
        fresh = [door for door in doors if door not in self._doors]
        self._loaded, self._doors = loaded, doors
        self._begun = Start(self._begun.path, loaded, time.time())
        self._generation += 1
        self._is_settled = False
        self._due = [one for one in self._due if one[1] != WORKER]
        for door in gone:  # before the new workers would inherit them
            door.close()
        for place in range(self._count):
            self._start(WORKER, place)
        self._tell(fresh)
        places = " ".join(f"{host}|{port}" for host, port in (door.address for door in doors))
        self._say(child, TAKEN + f"{self._generation} {places}".encode())

    def _say(self, child: Child, word: bytes) -> None:
        with contextlib.suppress(OSError):
            child.line.send(word)

    def _say_control(self, word: bytes) -> None:
        for child in self._children.of(CONTROL):
            self._say(child, word)

    def _workers(self) -> list[Child]:
        return self._children.of(WORKER)

    def _signalled(self, wakeup: socket.socket) -> None:
        numbers = set(wakeup.recv(4096))
        if numbers & set(ENDING):
            self._ending = True
        if signal.SIGHUP in numbers:
            self._manager.reloading()
            self._say_control(HANG_UP)
        self._reap()

    def _reap(self) -> None:
        for child, code in self._children.ended():
            self._ended(child, code)

    def _ended(self, child: Child, code: int) -> None:
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(child.line)
        child.line.close()
        self._settle()
        mates = (one for one in self._children.living.values() if (one.kind, one.place) == (child.kind, child.place))
        follower = any(one.generation == self._generation or one.kind == CONTROL for one in mates)
        if self._ending or child.is_leaving or follower:
            return
        if child.kind == WORKER:
            self._say_control(RESTARTED)
        now = time.monotonic()
        delay = self._children.delay(child, now)
        log.error("%s %s; it is started again%s", child.name, how(code), f" in {delay:g} s" if delay else "")
        if delay:
            self._due.append((now + delay, child.kind, child.place))
        else:
            self._start(child.kind, child.place)

    def _vouch(self, now: float) -> None:
        """Tell the service manager that all is well while somebody answers, or nobody could have begun to."""
        answers = any(one.is_listening and one.silent < HANGS for one in self._workers())
        if answers or not self._told:
            self._manager.alive(now)

    def _status(self) -> str:
        answering = sum(one.is_listening for one in self._workers() if not one.is_leaving)
        return f"{answering} of {self._count} workers answer"

    def _end(self) -> None:
        """End every child: in order first, by force after a while."""
        self._ending = True
        self._manager.stopping()
        end = time.monotonic() + GRACE
        for child in self._children.living.values():
            with contextlib.suppress(KeyError, ValueError):
                self._selector.unregister(child.line)
        self._children.stop()
        while self._children.living and time.monotonic() < end:
            for key, _ in self._selector.select(0.05):
                key.data(key.fileobj)
        self._children.kill()
        for door in self._doors:
            door.close()
        self._hub.close()


def how(code: int) -> str:
    """Say how a child ended: by its exit status, or the negative number of a signal."""
    if code == -signal.SIGPROF:
        return "was stuck"
    return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"
