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
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from gtm.config.fault import Faults
from gtm.config.load import load
from gtm.config.loaded import Loaded
from gtm.processes.children import CONTROL, WORKER, Child, Children
from gtm.processes.crew import HANG_UP, REFUSED, RESTARTED, SERVED, TAKE, TAKEN, keep
from gtm.processes.worker import BEAT, LEFT, LISTENING, Post, work
from gtm.serve.doors import Door, opened

log = logging.getLogger("gtm")
HANGS: Final = 10
"""Seconds without a beat after which a child counts as hanging and is replaced."""
LONGEST: Final = 60000
GRACE: Final = 10.0
"""Seconds that children have to end before they are killed."""
PATIENCE: Final = 5.0
"""Seconds beyond the longest time-out that a worker waits to hear of the world."""


class Supervisor:
    """Serves a Corefile with several processes."""

    def __init__(self, path: Path, loaded: Loaded) -> None:
        """Serve what was loaded from ``path``."""
        self._path, self._loaded = path, loaded
        self._count = loaded.server.workers
        self._generation = 1
        self._doors: list[Door] = []
        self._children = Children()
        self._due: list[tuple[float, str, int]] = []
        self._folder = Path()
        self._ending = False
        self._told = False
        self._is_settled = True
        self._selector = selectors.DefaultSelector()

    def run(self) -> int:
        """Serve until told to stop; OSError when the sockets can't be had. Gives the exit status."""
        self._doors = opened(self._loaded.server.listen, self._count)
        with tempfile.TemporaryDirectory(prefix="gtm-") as folder, _signals() as wakeup:
            self._folder = Path(folder)
            self._hub = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._hub.bind(str(self._folder / "hub"))
            self._hub.listen(64)
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
                self._beats()

    def _start(self, kind: str, place: int) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        child = Child(kind, place, self._generation, 0, ours, time.monotonic())
        body: Callable[[socket.socket], None] = self._worker(place) if kind == WORKER else self._control()
        try:
            self._children.fork(child, body, theirs)
        except OSError as fault:
            log.error("%s can't be started: %s", child.name, fault)  # noqa: TRY400  no stack helps here
            ours.close()
            theirs.close()
            self._due.append((time.monotonic() + 1, kind, place))
            return
        self._selector.register(ours, selectors.EVENT_READ, lambda _: self._hear(child))

    def _worker(self, place: int) -> Callable[[socket.socket], None]:
        longest = max((probe.template.timeout for probe in self._loaded.probes.values()), default=0.0)

        def body(line: socket.socket) -> None:
            self._hub.close()
            service, hub = self._loaded.service, self._folder / "hub"
            post = Post(place, self._generation, service, self._doors, hub, line, longest + PATIENCE)
            line.setblocking(False)
            asyncio.run(work(post))

        return body

    def _control(self) -> Callable[[socket.socket], None]:
        again = self._told
        places = [door.address for door in self._doors]

        def body(line: socket.socket) -> None:
            for door in self._doors:
                door.close()
            line.setblocking(False)
            asyncio.run(keep(self._path, self._loaded, self._generation, self._hub, line, self._folder, places, again))

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
            loaded = load(self._path)
            doors = opened(loaded.server.listen, self._count, self._doors)
        except Exception as fault:  # noqa: BLE001  whatever a new configuration does, the old one must go on
            words = str(fault) if isinstance(fault, Faults | OSError | ValueError) else repr(fault)
            self._say(child, REFUSED + words.encode()[: LONGEST - 100])
            return
        if loaded.server.workers != self._count:
            log.warning("the number of workers stays %d until a restart", self._count)
        gone = [door for door in self._doors if door not in doors]
        fresh = [door for door in doors if door not in self._doors]
        self._loaded, self._doors = loaded, doors
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
        for child in self._children.living.values():
            if child.kind == CONTROL:
                self._say(child, word)

    def _workers(self) -> list[Child]:
        return [child for child in self._children.living.values() if child.kind == WORKER]

    def _signalled(self, wakeup: socket.socket) -> None:
        numbers = set(wakeup.recv(4096))
        if numbers & {signal.SIGTERM, signal.SIGINT}:
            self._ending = True
        if signal.SIGHUP in numbers:
            self._say_control(HANG_UP)
        self._reap()

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            child = self._children.living.pop(pid, None)
            if child is not None:
                self._ended(child, os.waitstatus_to_exitcode(status))

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
        how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"
        log.error("%s %s; it is started again%s", child.name, how, f" in {delay:g} s" if delay else "")
        if delay:
            self._due.append((now + delay, child.kind, child.place))
        else:
            self._start(child.kind, child.place)

    def _beats(self) -> None:
        """Replace a child that has said nothing for long, while this process itself was not standing still."""
        for child in list(self._children.living.values()):
            child.silent += 1
            if child.silent == HANGS:
                log.error("%s has said nothing for %d s; it is killed", child.name, HANGS)
                child.signal(signal.SIGKILL)

    def _end(self) -> None:
        """End every child: in order first, by force after a while."""
        self._ending = True
        end = time.monotonic() + GRACE
        for child in self._children.living.values():
            with contextlib.suppress(KeyError, ValueError):
                self._selector.unregister(child.line)
            child.signal(signal.SIGTERM)
            child.signal(signal.SIGCONT)  # a stopped one could not hear it
        while self._children.living and time.monotonic() < end:
            for key, _ in self._selector.select(0.05):
                key.data(key.fileobj)
        for child in self._children.living.values():
            child.signal(signal.SIGKILL)
        while self._children.living:
            self._reap()
        for door in self._doors:
            door.close()
        self._hub.close()


@contextlib.contextmanager
def _signals() -> Iterator[socket.socket]:
    """Let signals be read from a socket."""
    reading, writing = socket.socketpair()
    reading.setblocking(False)
    writing.setblocking(False)
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)
    before = {number: signal.signal(number, lambda *_: None) for number in numbers}
    old = signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)
    try:
        yield reading
    finally:
        signal.set_wakeup_fd(old)
        for number, handler in before.items():
            signal.signal(number, handler)
        reading.close()
        writing.close()
