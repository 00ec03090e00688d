"""Overrides that stand in a file, for those who keep them in git: read, and checked against what is configured."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Literal

from gtm.config.decode import decode
from gtm.config.report import Report
from gtm.config.schema import Table, Text
from gtm.config.source import At, Source
from gtm.health.override import FAR, KINDS, Members, Override, refused
from gtm.model.oneline import one_line


class OverrideTable(Table, frozen=True):
    """``[[override]]`` of the file. ``until`` names its time zone."""

    on: Text
    word: Literal["drain", "up", "down"]
    reason: Text
    by: str = ""
    until: datetime | None = None


class FileTable(Table, frozen=True):
    """The file."""

    override: tuple[OverrideTable | None, ...] = ()


class Reader:
    """Reads one file. ``before`` is what it said last, whose entries keep their ``since``; ``now`` in seconds since 1970."""

    def __init__(self, members: Members, before: Iterable[Override], now: float, report: Report) -> None:
        """Write down in ``report`` what is wrong."""
        self._members, self._now, self._report = members, now, report
        self._known = {(each.on, each.word): each.since for each in before}
        self._first: dict[str, At] = {}

    def overrides(self, source: Source) -> Iterator[Override]:
        """Yield what the file says, as it says it: a glob is one override still."""
        changed = _changed(source.file, self._now)
        top = At(source, ())
        table = decode(source.data, FileTable, top, self._report)
        for position, entry in enumerate(table.override if table else ()):
            if entry is None:
                continue
            at = top.to("override", position)
            self._laws(entry, at)
            since = self._known.get((entry.on, entry.word), changed)
            reason, by = one_line(entry.reason), one_line(entry.by)
            yield Override(entry.on, entry.word, reason, by, since, _moment(entry.until), str(at))

    def _laws(self, entry: OverrideTable, at: At) -> None:
        if not entry.on:
            return
        if self._first.setdefault(entry.on, at) is not at:
            self._report.fault(at.to("on"), f'"{entry.on}" is named twice; first at {self._first[entry.on]}')
        if entry.reason and not one_line(entry.reason):
            self._report.fault(at.to("reason"), "it says nothing; say why, for whoever is on call next")
        until = _moment(entry.until)
        if entry.until and until is None:
            self._report.fault(
                at.to("until"), f"{entry.until} names no time zone; end it with Z for UTC, or with +08:00"
            )
        elif until is not None and until <= self._now:
            self._report.warn(at.to("until"), "it has ended")
        unlawful = refused(entry.word, [entry.on])
        if unlawful is not None:
            self._report.fault(at.to("word"), unlawful)
        try:
            self._members.meant([entry.on])
        except ValueError as fault:
            if entry.on.partition(":")[0] in KINDS:
                self._report.warn(at.to("on"), f"{fault}; it waits for a configuration that has it")
            else:
                self._report.fault(at.to("on"), str(fault))


def _changed(file: Path, now: float) -> float:
    try:
        return min(now, max(0.0, file.stat().st_mtime))
    except OSError:
        return now


def _moment(until: datetime | None) -> float | None:
    return min(until.timestamp(), FAR) if until and until.tzinfo else None
