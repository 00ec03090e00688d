"""The operator's words on members: those that commands said, kept in the state folder, and those of a watched file.

A command's word is on disk before it is acknowledged. Of two on one member the command's counts, and of two in the file
the later; a word on a member that is not configured waits for a configuration that has it.
"""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal, NamedTuple

import msgspec

from gtm.config.fault import Fault
from gtm.config.loaded import Loaded
from gtm.config.report import Report
from gtm.config.source import At, read
from gtm.control import store
from gtm.control.door import OverrideRequest, Refused, ReleaseRequest
from gtm.control.filed import Reader
from gtm.health.override import DONE, Left, Members, Override, listed, refused, too_few, words
from gtm.health.table import State
from gtm.model.oneline import one_line

log = logging.getLogger("gtm")
FILE: Final = "overrides.json"
EVERYTHING: Final = "*"


class Saved(msgspec.Struct, frozen=True):
    """What the state folder holds: what commands said, and what the file said when it was read last without a fault."""

    overrides: tuple[Override, ...]
    version: Literal[1] = 1
    written: tuple[Override, ...] = ()


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


class Overrides:
    """All overrides of one server. Moments are seconds since 1970."""

    def __init__(self, loaded: Loaded, folder: Path | None, claim: store.Claim | None = None) -> None:
        """Begin with none; ``folder`` keeps what commands say. It outlives the server where ``[server] state`` names one.

        ``claim`` is the one on that folder, if others may have it.
        """
        self._folder, self._claim = folder, claim
        self._lock = asyncio.Lock()
        self._said: Mapping[str, Override] = {}
        self._written: tuple[Override, ...] = ()
        self._saved = Saved(())
        self.fault = ""
        """What is wrong with the file, where something is: then what it said before counts."""
        self.adopt(loaded)

    def adopt(self, loaded: Loaded) -> None:
        """Take over another configuration: who is meant may be different."""
        self.members = Members(loaded.pools.values(), loaded.addresses.values(), loaded.service.domains.values())
        self._said = self._renamed(self._said)
        self._standing = self._expanded()
        self._survives = self._folder is not None and loaded.server.state == self._folder

    def restore(self) -> str | None:
        """Take over what was kept before a restart; say what is lost where that can't be done."""
        if self._folder is None:
            return None
        lost = None
        try:
            self._saved = store.begin(self._folder, FILE, Saved) or self._saved
        except store.Damaged as fault:
            lost = f"overrides that were set before are lost: {fault}"
            if isinstance(fault.before, Saved):
                lost, self._saved = f"overrides are those of the save before: {fault}", fault.before
        except OSError as fault:
            lost = f"overrides that were set before are lost: {fault}"
        self._said = self._renamed({override.on: override for override in self._saved.overrides})
        self._stand(self._saved.written)
        return lost

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
            reason, by = one_line(request.reason), one_line(request.by)
            fresh = {key: Override(key, request.word, reason, by, now, request.until) for key in keys}
            before = replace(state, words=self.words(now))
            after = replace(state, words={**before.words, **dict.fromkeys(keys, request.word)})
            left = self.members.left(keys, before, after) if request.word in ("drain", "down") else ()
            short = None if request.anyway else too_few(left)
            if short is not None:
                raise Refused(short)
            replaced = tuple(each for each in self.in_force(now) if each.on in fresh)
            await self._keep({**self._said, **fresh}, now)
            end = f" until {_shown(request.until)}" if request.until else ""
            log.info("%s %s by %s%s: %s", listed(keys), DONE[request.word], by or "somebody", end, reason)
            return Done(tuple(fresh.values()), self._survives, left, replaced)

    def _meant(self, request: OverrideRequest, now: float) -> tuple[str, ...]:
        if not one_line(request.reason):
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
                log.info("%s released by %s", listed([each.on for each in gone]), one_line(request.by) or "somebody")
            return Done(gone, self._survives, kept=kept)

    async def expire(self, now: float) -> tuple[Override, ...]:
        """Forget what has ended, and give it; write down what is not, such as after a read, or when a file was removed.

        What can't be written ends all the same, and is tried again the next time.
        """
        async with self._lock:
            over = tuple(each for each in (*self._said.values(), *self._written) if not each.holds(now))
            self._stand(each for each in self._written if each.holds(now))
            kept = {key: each for key, each in self._said.items() if each.holds(now)}
            with suppress(Refused):
                await self._keep(kept, now)
            self._said = kept
            return over

    async def _keep(self, said: Mapping[str, Override], now: float) -> None:
        """Make this what commands have said, on disk first."""
        lasting = {key: each for key, each in said.items() if each.holds(now)}
        if self._folder is not None:
            saved = Saved(tuple(lasting.values()), written=self._written)
            try:
                await asyncio.to_thread(self._save, self._folder, saved)
            except OSError as fault:
                reason = (fault.strerror or str(fault)).lower()
                raise Refused(
                    f"nothing is changed, for it would not survive a restart: {self._folder}: {reason}"
                ) from fault
        self._said = lasting

    def _save(self, folder: Path, saved: Saved) -> None:
        """Write it down, unless that is on disk already; somebody may have removed it."""
        if self._claim is not None:
            self._claim.take()
        if saved != self._saved or (saved != Saved(()) and not (folder / FILE).exists()):
            store.save(folder, FILE, saved)
            self._saved = saved

    def read(self, file: Path | None, state: State, now: float) -> Noted:
        """Read the file of overrides, or that there is none any more; a faulty one changes nothing."""
        self.fault = ""
        if file is None:
            self._stand(())
            return Noted()
        source = read(file)
        if isinstance(source, Fault):
            self.fault = str(source)
            return Noted((source,))
        report = Report(file)
        before = replace(state, words=self.words(now))
        written = tuple(Reader(self.members, self._written, now, report).overrides(source))
        if report.faults:
            self.fault = str(report.faults[0])
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


def _shown(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
