"""A watchdog over an event loop: what holds it up is named in the log, and a process that is stuck ends.

It counts turns of its own, not seconds, and the system counts the time that the process really ran: one that was stopped,
or whose machine slept, is not stuck. While code in C holds the interpreter no thread of ours has a turn; then the system
ends the process by SIGPROF, on which it writes down what every thread was doing.
"""

import asyncio
import faulthandler
import logging
import os
import signal
import sys
import threading
import traceback
from types import FrameType
from typing import Final

from gtm.chain.plugin import Plugin

log = logging.getLogger("gtm")
TURN: Final = 0.125
"""Seconds between two looks."""
LATE: Final = 3
"""Looks in a row without a word of the loop after which the log is told, once: between 0.25 s and 0.5 s."""
STUCK: Final = 5.0
"""Seconds after which the process ends."""
QUIET: Final = 60.0
"""Seconds in which the log is told of one hold-up at most."""
ENDED: Final = 70
"""The exit status of a process that its watchdog has ended."""


def armed() -> None:
    """Be ready to say what every thread is doing when this process is ended by SIGPROF or by a fault in C."""
    faulthandler.enable()
    if hasattr(faulthandler, "register"):
        faulthandler.register(signal.SIGPROF, chain=True)


class Watchdog:
    """Watches the loop of the thread that makes it, until told to stop."""

    def __init__(self, who: str) -> None:
        """Watch; ``who`` names this process in the log."""
        self._who = who
        self._loop = asyncio.get_running_loop()
        self._watched = threading.get_ident()
        self._heard = True
        self._silent = 0
        self._quiet = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
        self._beat()
        self._thread.start()

    def stop(self) -> None:
        """Watch no longer."""
        self._over.set()
        signal.setitimer(signal.ITIMER_PROF, 0)
        self._thread.join()

    def _beat(self) -> None:
        self._heard = True
        signal.setitimer(signal.ITIMER_PROF, STUCK)

    def _watch(self) -> None:
        while not self._over.wait(TURN):
            self._quiet -= 1
            if self._heard:
                self._heard, self._silent = False, 0
                try:
                    self._loop.call_soon_threadsafe(self._beat)
                except RuntimeError:  # it is closed
                    return
                continue
            self._silent += 1
            if self._silent == LATE and self._quiet <= 0:
                self._quiet = round(QUIET / TURN)
                self._tell("is held up")
            elif self._silent * TURN >= STUCK:
                self._tell(f"was held up for {STUCK:g} s, and ends")
                sys.stderr.flush()
                os._exit(ENDED)

    def _tell(self, what: str) -> None:
        frame = sys._current_frames().get(self._watched)  # noqa: SLF001  there is no other way to see another thread
        plugin = culprit(frame)
        stack = "".join(traceback.format_stack(frame)) if frame else ""
        log.error("%s %s%s; it is doing this:\n%s", self._who, what, f" by plugin {plugin}" if plugin else "", stack)


def culprit(frame: FrameType | None) -> str:
    """Name the plugin that is at work in this stack, and where; nothing if none is."""
    inner = frame
    while frame is not None:
        plugin = frame.f_locals.get("self")
        if isinstance(plugin, Plugin):
            where = inner or frame
            return f'"{plugin.name}" ({where.f_code.co_filename}:{where.f_lineno})'
        frame = frame.f_back
    return ""
