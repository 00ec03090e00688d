"""The service manager, where one has started us (systemd): it hears when we are ready, and that we are alive.

The protocol is sd_notify(3): lines of KEY=value, as one datagram to the socket that NOTIFY_SOCKET names.
"""

import contextlib
import os
import socket
import time
from collections.abc import MutableMapping
from typing import Final, Self

_SLACK: Final = 2
"""How many times within its patience the manager hears of us."""


class Manager:
    """Tells the service manager how we are; without one, nobody."""

    def __init__(self, place: str = "", patience: float | None = None) -> None:
        """Tell it at this place; it ends us when it hears nothing for ``patience`` seconds, None for never."""
        self._place = "\0" + place[1:] if place.startswith("@") else place
        self._pause = None if patience is None else patience / _SLACK
        self._due = 0.0
        self._is_reloading = False

    @classmethod
    def found(cls, environment: MutableMapping[str, str]) -> Self:
        """Find the manager by the environment, and leave nothing of it there for those whom we start."""
        place = environment.pop("NOTIFY_SOCKET", "")
        micros, pid = environment.pop("WATCHDOG_USEC", ""), environment.pop("WATCHDOG_PID", "")
        is_ours = micros.isdecimal() and int(micros) > 0 and pid in ("", str(os.getpid()))
        return cls(place if place[:1] in ("/", "@") else "", int(micros) / 1e6 if is_ours else None)

    def ready(self, status: str) -> None:
        """Tell that all is as it should be, at the start or after a reload."""
        self._is_reloading = False
        self._tell("READY=1", f"STATUS={status}")

    def reloading(self) -> None:
        """Tell that a configuration is being loaded; ``ready`` ends it."""
        self._is_reloading = True
        self._tell("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def reloaded(self, status: str) -> None:
        """Tell that the reload is over, if one was told of."""
        if self._is_reloading:
            self.ready(status)
        else:
            self.status(status)

    def status(self, words: str) -> None:
        """Tell people how we are."""
        self._tell(f"STATUS={words}")

    def stopping(self) -> None:
        """Tell that we are about to end."""
        self._tell("STOPPING=1", "STATUS=stopping")

    def alive(self, now: float) -> None:
        """Tell that we live, when it is time to; ``now`` in steady seconds."""
        if self._pause is not None and now >= self._due:
            self._due = now + self._pause
            self._tell("WATCHDOG=1")

    def _tell(self, *lines: str) -> None:
        if not self._place:
            return
        words = "\n".join(line.replace("\n", " ") for line in lines).encode()
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as opened:
            opened.setblocking(False)  # a manager that does not listen must not keep us
            opened.sendto(words, self._place)
