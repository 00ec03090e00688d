"""Lines that are only ever added, in one file a day: ``YYYY-MM-DD.jsonl``, by UTC, kept for so many days.

The law: what ``add`` returned from is on the disk; a line that was torn by a crash or a full disk spoils no other line.
"""

import logging
import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

from gtm.control.store import sync

log = logging.getLogger("gtm")

_LONGEST: Final = 1 << 20
"""Octets of a line that are read; a longer one is none of ours."""


class Journal:
    """The files of a folder. Its methods block: they belong into a thread."""

    def __init__(self, folder: Path, days: int) -> None:
        """Keep ``days`` days; the folder is made when the first line comes."""
        self._folder, self._days = folder, days
        self._today: date | None = None

    def add(self, lines: list[bytes], moment: float) -> None:
        """Append lines to the file of a moment's day, and sync; OSError leaves the file as it was."""
        today = datetime.fromtimestamp(moment, UTC).date()
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._path(today)
        is_new = not path.exists()
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o640)
        try:
            _append(handle, lines)
        finally:
            os.close(handle)
        if is_new:
            sync(self._folder)
        if today != self._today:
            self._prune(today)
            self._today = today

    def days(self, since: float, until: float) -> list[date]:
        """List the days from ``since`` to ``until`` that have a file, both included, oldest first."""
        first, last = _day(since), _day(until)
        return [day for day, _ in self._files() if first <= day <= last]

    def lines(self, day: date) -> Iterator[bytes]:
        """Yield the lines of a day, in order."""
        path = self._path(day)
        try:
            with path.open("rb") as file:
                while line := file.readline(_LONGEST):
                    yield line
        except FileNotFoundError:
            return  # its days were over
        except OSError as fault:
            log.warning("%s: can't be read: %s", path, (fault.strerror or str(fault)).lower())

    def _path(self, day: date) -> Path:
        return self._folder / f"{day}.jsonl"

    def _files(self) -> list[tuple[date, Path]]:
        found = []
        for path in self._folder.glob("????-??-??.jsonl"):
            try:
                found.append((date.fromisoformat(path.stem), path))
            except ValueError:
                continue
        return sorted(found)

    def _prune(self, today: date) -> None:
        """Delete what is too old; nothing when the last day was that long ago: the clock may have jumped."""
        limit = today - timedelta(days=self._days)
        earlier = [(day, path) for day, path in self._files() if day < today]
        if not earlier or earlier[-1][0] < limit:
            return
        for day, path in earlier:
            if day < limit:
                path.unlink(missing_ok=True)


def _append(handle: int, lines: list[bytes]) -> None:
    size = os.lseek(handle, 0, os.SEEK_END)
    torn = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
    octets = memoryview((b"\n" if torn else b"") + b"".join(line + b"\n" for line in lines))
    try:
        while octets:
            octets = octets[os.write(handle, octets) :]
        os.fsync(handle)
    except OSError:
        os.ftruncate(handle, size)
        raise


def _day(moment: float) -> date:
    try:
        return datetime.fromtimestamp(moment, UTC).date()
    except (ValueError, OverflowError, OSError):
        return date.max if moment > 0 else date.min
