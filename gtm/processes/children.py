"""Child processes: made by fork, so that what was loaded is there at once and its memory is shared."""

import contextlib
import gc
import os
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NoReturn

CONTROL: Final = "control"
WORKER: Final = "worker"
STEADY: Final = 5.0
"""Seconds that a child must live for its end not to count as a bad start."""
_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGCHLD)


@dataclass(eq=False)
class Child:
    """One child: what it is, and what was heard of it. ``line`` is our end of a socket pair."""

    kind: str
    place: int
    generation: int
    pid: int
    line: socket.socket
    begun: float
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

    def fork(self, child: Child, body: Callable[[socket.socket], None], inner: socket.socket) -> None:
        """Start a child; it runs ``body`` with its end of the line, and nothing of ours after that."""
        gc.freeze()  # a collection in the child would touch, and so copy, what it shares with us
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            self._in_child(child, body, inner)
        inner.close()
        child.pid = pid
        self.living[pid] = child

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
                Path("/proc/self/comm").write_text(f"gtm {who}", "ascii")
            for other in (*self.living.values(), child):
                other.line.close()
            body(inner)
            status = 0
        except BaseException:  # noqa: BLE001  nothing of a child may come back into the supervisor's code
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(status)

    def delay(self, child: Child, now: float) -> float:
        """Say how many seconds to wait before a child that ended is started again: none, unless it ends again and again."""
        key = (child.kind, child.place)
        self.bad[key] = 0 if now - child.begun > STEADY else self.bad.get(key, 0) + 1
        return 0.0 if self.bad[key] < 2 else min(5.0, 0.1 * 2 ** self.bad[key])
