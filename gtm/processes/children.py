"""Child processes: made by fork, so that what was loaded is there at once and its memory is shared."""

import contextlib
import gc
import logging
import os
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, NoReturn

from gtm.processes import kernel, watchdog

log = logging.getLogger("gtm")
CONTROL: Final = "control"
WORKER: Final = "worker"
SLOWEST: Final = {CONTROL: 5.0, WORKER: 0.8}
"""Seconds to wait at most before one that keeps ending is started again; without a worker nobody answers."""
STEADY: Final = 5.0
"""Seconds that a child must live for its end not to count as a bad start."""
HANGS: Final = 10
"""Seconds without a beat after which a child counts as hanging and is replaced."""
_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGCHLD)


@dataclass(eq=False)
class Child:
    """One child: what it is, and what was heard of it. ``line`` is our end of a socket pair."""

    kind: str
    place: int
    generation: int
    begun: float
    pid: int = 0
    line: socket.socket = field(init=False)
    is_listening: bool = False
    is_leaving: bool = False
    has_left: bool = False
    silent: int = 0

    @property
    def name(self) -> str:
        """What it is called in the log."""
        return f"worker {self.place}" if self.kind == WORKER else "the control process"

    def signal(self, number: int) -> None:
        """Send a signal, if it still lives."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)


@dataclass
class Children:
    """All children of a supervisor."""

    living: dict[int, Child] = field(default_factory=dict)
    bad: dict[tuple[str, int], int] = field(default_factory=dict)

    def fork(self, child: Child, body: Callable[[socket.socket], None]) -> None:
        """Start a child; it runs ``body`` with its end of the line, and nothing of ours after that. OSError when it can't be."""
        child.line, inner = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        child.line.setblocking(False)
        try:
            self._fork(child, body, inner)
        except OSError:
            child.line.close()
            raise
        finally:
            inner.close()
        self.living[child.pid] = child

    def _fork(self, child: Child, body: Callable[[socket.socket], None], inner: socket.socket) -> None:
        gc.freeze()  # a collection in the child would touch, and so copy, what it shares with us
        sys.stderr.flush()
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)  # a child must not take one as if it were still its parent
        try:
            child.pid = os.fork()
            if child.pid == 0:
                self._in_child(child, body, inner)
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)

    def _in_child(self, child: Child, body: Callable[[socket.socket], None], inner: socket.socket) -> NoReturn:
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            for number in _SIGNALS:
                signal.signal(number, signal.SIG_DFL)
            for number in (signal.SIGINT, signal.SIGHUP):  # what a terminal tells all is the supervisor's to pass on
                signal.signal(number, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
            who = f"{child.kind} {child.place}" if child.kind == WORKER else child.kind
            with contextlib.suppress(OSError):  # so that ps and top tell who is who
                kernel.rename(f"gtm {who}")
            watchdog.armed()
            for other in (*self.living.values(), child):
                other.line.close()
            body(inner)
            status = 0
        except BaseException:  # noqa: BLE001  nothing of a child may come back into the supervisor's code
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(status)

    def ended(self) -> Iterator[tuple[Child, int]]:
        """Yield the children that have ended since, each with its exit status, or the negative number of a signal."""
        while self.living:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            child = self.living.pop(pid, None)
            if child is not None:
                yield child, os.waitstatus_to_exitcode(status)

    def tick(self) -> None:
        """Let a second pass: who has said nothing for long is ended, while this process itself was not standing still.

        It writes down what it was doing, if it can, before it is ended by force.
        """
        for child in list(self.living.values()):
            child.silent += 1
            if child.silent == HANGS:
                log.error("%s has said nothing for %d s; it is killed", child.name, HANGS)
                child.signal(signal.SIGPROF)
            elif child.silent > HANGS:
                child.signal(signal.SIGKILL)

    def stop(self) -> None:
        """Ask every child to end."""
        for child in self.living.values():
            child.signal(signal.SIGTERM)
            child.signal(signal.SIGCONT)  # a stopped one could not hear it

    def kill(self) -> None:
        """End every child by force, and wait until none is left."""
        for child in self.living.values():
            child.signal(signal.SIGKILL)
        while self.living:
            if not list(self.ended()):
                time.sleep(0.005)

    def of(self, kind: str) -> list[Child]:
        """List the children of a kind."""
        return [child for child in self.living.values() if child.kind == kind]

    def delay(self, child: Child, now: float) -> float:
        """Say how many seconds to wait before a child that ended is started again: none, unless it ends again and again."""
        key = (child.kind, child.place)
        self.bad[key] = 0 if now - child.begun > STEADY else self.bad.get(key, 0) + 1
        return 0.0 if self.bad[key] < 2 else min(SLOWEST[child.kind], 0.1 * 2 ** self.bad[key])
