"""The log's way out. It never waits for whoever reads it: a line that finds no room is dropped, and counted.

A pipe that nobody reads, a reader that stands still or a full disk costs lines of the log, and no answer.
"""

import logging
import os
import socket
import stat
from typing import Final

LONGEST: Final = 4000
"""Octets of a line at most: so much goes into a pipe as a whole or not at all."""
_FLAGS: Final = os.O_WRONLY | os.O_APPEND | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY


class Stderr(logging.Handler):
    """Writes to a descriptor; it may be shared with other processes, and goes on in children that are forked."""

    def __init__(self, descriptor: int = 2) -> None:
        """Write there; for whoever else has the descriptor open it stays as it is."""
        super().__init__()
        self.lost = 0
        self._socket: socket.socket | None = None
        self._descriptor: int | None = None
        if stat.S_ISSOCK(os.fstat(descriptor).st_mode):  # the journal's
            self._socket = socket.socket(fileno=os.dup(descriptor))
            return
        try:
            # opened anew, for not to wait is a mark of what is open, which others share
            self._descriptor = os.open(f"/proc/self/fd/{descriptor}", _FLAGS)
        except OSError:
            self._descriptor = os.dup(descriptor)

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line, or count it as lost."""
        try:
            line = self.format(record).encode("utf-8", "backslashreplace")
        except Exception as fault:  # noqa: BLE001  a stranger's record may hold anything
            line = f"ERROR a line of the log can't be shown: {fault!r}".encode("utf-8", "backslashreplace")
        if len(line) >= LONGEST:
            line = line[: LONGEST - 4] + "…".encode()
        if self.lost:
            line = b"WARNING %d lines of this log were lost: nobody took them\n%s" % (self.lost, line)
        try:
            self._write(line + b"\n")
        except OSError:
            self.lost += 1
        else:
            self.lost = 0

    def _write(self, octets: bytes) -> None:
        if self._socket is not None:
            self._socket.send(octets, socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)
        elif self._descriptor is not None:
            os.write(self._descriptor, octets)

    def close(self) -> None:
        """Let go of the descriptor."""
        super().close()
        if self._socket is not None:
            self._socket.close()
        if self._descriptor is not None:
            os.close(self._descriptor)
        self._socket = self._descriptor = None
