"""The time of day, without its jumps: what is counted in seconds must not end early or late because somebody set the clock."""

import logging
import time
from collections.abc import Callable
from typing import Final

log = logging.getLogger("gtm")
JUMP: Final = 2.0
"""Seconds by which the clock may differ before it counts as set."""


class Clock:
    """Seconds since 1970, going on steadily; it follows a clock that was set only when that harms nobody."""

    def __init__(self, wall: Callable[[], float] = time.time, steady: Callable[[], float] = time.monotonic) -> None:
        """Begin with the time of day."""
        self._wall, self._steady = wall, steady
        self._offset = wall() - steady()
        self._said = 0.0

    def now(self) -> float:
        """Give the moment."""
        return self._steady() + self._offset

    def follow(self, *, quiet: bool) -> None:
        """Follow the time of day if nothing that was begun is waiting for an end; tell once of a jump."""
        offset = self._wall() - self._steady()
        jump = offset - self._offset
        if abs(jump) > JUMP and abs(offset - self._said) > JUMP:
            self._said = offset
            log.warning("the clock was set by %+.0f s; no verdict changes by that", jump)
        if quiet:
            self._offset = offset
