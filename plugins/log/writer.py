"""Appends lines to a file that others may move away, fill up or forbid: it says so once, and goes on when it can."""

import logging
import os
from collections.abc import Sequence
from pathlib import Path

MODE = 0o640


class Writer:
    """A file that is appended to, whole lines at a time; a file that was moved is left, and one opened in its place."""

    def __init__(self, path: Path, logger: logging.Logger) -> None:
        """Write to a path from the first line on; the logger hears of what goes wrong."""
        self._path, self._logger = path, logger
        self._handle: int | None = None
        self._lost = 0
        self._is_torn = False

    def write(self, lines: Sequence[str]) -> None:
        """Append lines; where that can't be done they are lost and counted."""
        if not lines:
            return
        octets = "".join(f"{line}\n" for line in lines).encode("utf-8", "backslashreplace")
        rest = memoryview(octets)
        try:
            handle = self._opened()
            if self._is_torn:
                os.write(handle, b"\n")
                self._is_torn = False
            while rest:
                rest = rest[os.write(handle, rest) :]
        except OSError as fault:
            if not self._lost:
                reason = (fault.strerror or str(fault)).lower()
                self._logger.warning("%s: can't be written: %s; lines are lost until it can", self._path, reason)
            done = octets[: len(octets) - len(rest)]
            self._lost += len(lines) - done.count(b"\n")
            self._is_torn |= bool(done) and not done.endswith(b"\n")
            self._close()
            return
        if self._lost:
            self._logger.warning("%s: is written again; %d lines were lost", self._path, self._lost)
            self._lost = 0

    def _opened(self) -> int:
        """Give the open file, a new one where the path leads elsewhere by now."""
        if self._handle is not None and not self._is_there(self._handle):
            self._close()
        if self._handle is None:
            # a pipe that nobody reads must not hold us
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK | os.O_CLOEXEC
            self._handle = os.open(self._path, flags, MODE)
        return self._handle

    def _is_there(self, handle: int) -> bool:
        try:
            return os.path.samestat(os.stat(self._path), os.fstat(handle))  # noqa: PTH116  samestat takes these
        except FileNotFoundError:
            return False

    def _close(self) -> None:
        if self._handle is not None:
            handle, self._handle = self._handle, None
            os.close(handle)

    def __del__(self) -> None:
        self._close()
