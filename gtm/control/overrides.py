"""The operator's words on members: those that commands said, kept in the state folder, and those of a watched file.

A command's word is on disk before it is acknowledged. Of two on one member the command's counts, and of two in the file
the later; a word on a member that is not configured waits for a configuration that has it.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal, NamedTuple

import msgspec

from gtm.config.decode import decode
from gtm.config.fault import Fault
from gtm.config.loaded import Loaded
from gtm.config.report import Report
from gtm.config.schema import Table, Text
from gtm.config.source import At, Source
from gtm.config.source import read as read_source
from gtm.control import store
from gtm.control.door import OverrideRequest, Refused, ReleaseRequest
from gtm.health.override import KINDS, Left, Members, Override, refused, too_few, words
from gtm.health.table import State

FILE: Final = "overrides.json"
EVERYTHING: Final = "*"


class Saved(msgspec.Struct, frozen=True):
    """What the state folder holds."""

    overrides: tuple[Override, ...]
    version: Literal[1] = 1


class Done(msgspec.Struct, frozen=True):
    """What came of a request: the overrides that were set or taken back, and those that these took the place of.

    ``left`` tells of the groups that members were taken from, ``kept`` of overrides that stand in the file and stay;
    ``survives`` is whether a restart finds it so.
    """

    overrides: tuple[Override, ...]
    survives: bool
    left: tuple[Left, ...] = ()
    replaced: tuple[Override, ...] = ()
    kept: tuple[Override, ...] = ()


class Noted(NamedTuple):
    """What reading the file showed: faults, for which nothing was changed, and doubts."""

    faults: tuple[Fault, ...] = ()
    warnings: tuple[Fault, ...] = ()


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


class Overrides:
    """All overrides of one server. Moments are seconds since 1970."""

    def __init__(self, loaded: Loaded, folder: Path | None) -> None:
        """Begin with none; ``folder`` keeps what commands say. It outlives the server where ``[server] state`` names one."""
        self._folder = folder
        self._lock = asyncio.Lock()
        self._said: Mapping[str, Override] = {}
        self._written: tuple[Override, ...] = ()
        self.adopt(loaded)

    def adopt(self, loaded: Loaded) -> None:
        """Take over another configuration: who is meant may be different."""
        self.members = Members(loaded.pools.values(), loaded.addresses.values(), loaded.service.domains.values())
        self._said = self._renamed(self._said)
        self._standing = self._expanded()
        self._survives = self._folder is not None and loaded.server.state is not None

    def restore(self) -> str | None:
        """Take over what was kept before a restart; say what is lost where that can't be done."""
        if self._folder is None:
            return None
        try:
            saved = store.begin(self._folder, FILE, Saved)
        except store.Damaged as fault:
            if not isinstance(fault.before, Saved):
                return f"overrides that were set before are lost: {fault}"
            self._said = {override.on: override for override in fault.before.overrides}
            return f"overrides are those of the save before: {fault}"
        except OSError as fault:
            return f"overrides that were set before are lost: {fault}"
        self._said = self._renamed({override.on: override for override in saved.overrides} if saved else {})
        return None

    def _renamed(self, said: Mapping[str, Override]) -> Mapping[str, Override]:
        return {key: msgspec.structs.replace(each, on=key) for on, each in said.items() for key in self.members.now(on)}

    def words(self, now: float) -> dict[str, str]:
        """Give the word on each key, for ``World.heed``."""
        return words(self.in_force(now), now)

    def in_force(self, now: float) -> tuple[Override, ...]:
        """List the overrides that count, one for each member, by key; also those whose member is not configured now."""
        found = {override.on: override for override in self._standing if override.holds(now)}
        found |= {key: override for key, override in self._said.items() if override.holds(now)}
        return tuple(found[key] for key in sorted(found))

    def is_idle(self, override: Override) -> bool:
        """Tell whether an override waits for a configuration that has its member."""
        return override.on not in self.members

    def next(self) -> float | None:
        """Tell when the next override ends."""
        return min((each.until for each in (*self._said.values(), *self._written) if each.until), default=None)

    async def set(self, request: OverrideRequest, state: State, now: float) -> Done:
        """Do what a command asks; Refused in words when that can't be, and then nothing is changed."""
        async with self._lock:
            keys = self._meant(request, now)
            fresh = {
                key: Override(key, request.word, request.reason.strip(), request.by, now, request.until) for key in keys
            }
            before = replace(state, words=self.words(now))
            after = replace(state, words={**before.words, **dict.fromkeys(keys, request.word)})
            left = self.members.left(keys, before, after) if request.word in ("drain", "down") else ()
            short = None if request.anyway else too_few(left)
            if short is not None:
                raise Refused(short)
            replaced = tuple(each for each in self.in_force(now) if each.on in fresh)
            await self._keep({**self._said, **fresh}, now)
            return Done(tuple(fresh.values()), self._survives, left, replaced)

    def _meant(self, request: OverrideRequest, now: float) -> tuple[str, ...]:
        if not request.reason.strip():
            raise Refused("a reason is missing; say why, for whoever is on call next")
        if request.until is not None and request.until <= now:
            raise Refused(f"it would have ended at {_shown(request.until)}, which is past")
        try:
            keys = self.members.meant(request.on)
        except ValueError as fault:
            raise Refused(str(fault)) from fault
        unlawful = refused(request.word, keys)
        if unlawful is not None:
            raise Refused(unlawful)
        return keys

    async def release(self, request: ReleaseRequest, now: float) -> Done:
        """Take overrides back; Refused in words when there is none, or only such as stand in the file."""
        async with self._lock:
            standing = {override.on: override for override in self._standing if override.holds(now)}
            known = {each.on: each for each in self.in_force(now)}
            if EVERYTHING in request.on:
                keys = tuple(known)
            else:
                try:
                    keys = self.members.among(request.on, known)
                except ValueError as fault:
                    raise Refused(str(fault)) from fault
            gone = tuple(self._said[key] for key in keys if key in self._said)
            kept = tuple(standing[key] for key in keys if key in standing)
            if kept and not gone:
                places = ", ".join(dict.fromkeys(f"{each.on} at {each.where}" for each in kept[:5]))
                raise Refused(f"what stands in the file is taken out there: {places}")
            if gone:
                await self._keep({key: each for key, each in self._said.items() if key not in keys}, now)
            return Done(gone, self._survives, kept=kept)

    async def expire(self, now: float) -> tuple[Override, ...]:
        """Forget what has ended, and give it."""
        async with self._lock:
            over = tuple(each for each in (*self._said.values(), *self._written) if not each.holds(now))
            self._stand(each for each in self._written if each.holds(now))
            if any(each.on in self._said for each in over):
                kept = {key: each for key, each in self._said.items() if each.holds(now)}
                try:
                    await self._keep(kept, now)
                except Refused:  # it ends all the same: whoever reads the file again sees that it is over
                    self._said = kept
            return over

    async def _keep(self, said: Mapping[str, Override], now: float) -> None:
        """Make this what commands have said, on disk first."""
        lasting = {key: each for key, each in said.items() if each.holds(now)}
        if self._folder is not None:
            try:
                await asyncio.to_thread(store.save, self._folder, FILE, Saved(tuple(lasting.values())))
            except OSError as fault:
                reason = (fault.strerror or str(fault)).lower()
                raise Refused(
                    f"nothing is changed, for it would not survive a restart: {self._folder}: {reason}"
                ) from fault
        self._said = lasting

    def read(self, file: Path | None, state: State, now: float) -> Noted:
        """Read the file of overrides, or that there is none any more; a faulty one changes nothing."""
        if file is None:
            self._stand(())
            return Noted()
        source = read_source(file)
        if isinstance(source, Fault):
            return Noted((source,))
        report = Report(file)
        before = replace(state, words=self.words(now))
        written = tuple(self._tables(source, now, report))
        if report.faults:
            return Noted(report.faults, report.warnings)
        self._stand(each for each in written if each.holds(now))
        after = replace(state, words=self.words(now))
        taken = {
            key for key, word in after.words.items() if word in ("drain", "down") and before.words.get(key) != word
        }
        for each in self.members.left(taken, before, after):
            if not each.is_enough:
                report.warn(At(source, ()), f"{each}, and keep_at_least is {each.least}")
        return Noted(warnings=report.warnings)

    def _tables(self, source: Source, now: float, report: Report) -> Iterator[Override]:
        known = {(each.on, each.word): each.since for each in self._written}
        changed = _changed(source.file, now)
        top = At(source, ())
        table = decode(source.data, FileTable, top, report)
        first: dict[str, At] = {}
        for position, entry in enumerate(table.override if table else ()):
            if entry is None:
                continue
            at = top.to("override", position)
            self._laws(entry, at, first, now, report)
            since = known.get((entry.on, entry.word), changed)
            yield Override(entry.on, entry.word, entry.reason, entry.by, since, _moment(entry.until), str(at))

    def _laws(self, entry: OverrideTable, at: At, first: dict[str, At], now: float, report: Report) -> None:
        if not entry.on:
            return
        if first.setdefault(entry.on, at) is not at:
            report.fault(at.to("on"), f'"{entry.on}" is named twice; first at {first[entry.on]}')
        until = _moment(entry.until)
        if entry.until and until is None:
            report.fault(at.to("until"), f"{entry.until} names no time zone; end it with Z for UTC, or with +08:00")
        elif until is not None and until <= now:
            report.warn(at.to("until"), "it has ended")
        unlawful = refused(entry.word, [entry.on])
        if unlawful is not None:
            report.fault(at.to("word"), unlawful)
        try:
            self.members.meant([entry.on])
        except ValueError as fault:
            if entry.on.partition(":")[0] in KINDS:
                report.warn(at.to("on"), f"{fault}; it waits for a configuration that has it")
            else:
                report.fault(at.to("on"), str(fault))

    def _stand(self, written: Iterable[Override]) -> None:
        self._written = tuple(written)
        self._standing = self._expanded()

    def _expanded(self) -> tuple[Override, ...]:
        """Give the file's overrides for each member that is meant; one that means nobody now, as it stands."""
        found = []
        for override in self._written:
            try:
                keys = self.members.meant([override.on])
            except ValueError:
                keys = (override.on,)
            found += [msgspec.structs.replace(override, on=key) for key in keys]
        return tuple(found)


def _changed(file: Path, now: float) -> float:
    try:
        return min(now, file.stat().st_mtime)
    except OSError:
        return now


def _moment(until: datetime | None) -> float | None:
    return until.timestamp() if until and until.tzinfo else None


def _shown(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
