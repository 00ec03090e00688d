"""The control part of a server: it probes, judges, remembers, tells people, and opens the admin door. It never answers a query."""

import asyncio
import logging
import time
from pathlib import Path
from random import Random
from typing import Final, Protocol

from gtm.chain.word import Observation
from gtm.config.loaded import Loaded
from gtm.control import watch
from gtm.control.alertlog import AlertLog
from gtm.control.attempt import Task
from gtm.control.believer import Believer
from gtm.control.clock import Clock
from gtm.control.lookup import Lookup
from gtm.control.memory import (
    ALERTS,
    RESOLVED,
    STICKY,
    VERDICTS,
    Alerts,
    Memory,
    Names,
    Sticky,
    Stood,
    Verdicts,
    believed,
    found,
    named,
    written,
)
from gtm.control.metrics import Metrics
from gtm.control.notifier import Notifier
from gtm.control.overrides import Overrides
from gtm.control.prober import Prober
from gtm.control.problems import aging
from gtm.control.reload import Reloader
from gtm.control.resolver import Resolver
from gtm.health.schedule import Schedule
from gtm.health.standing import Standing
from gtm.health.table import Belief, State
from gtm.model import event as events
from gtm.tally import Tally

log = logging.getLogger("gtm")
REFRESH: Final = 30.0
"""Seconds after which verdicts are written down again although none has changed, so that they count as fresh."""
UNSURE: Final = 1_000_000
"""Rounds that speak against a verdict from before a restart, so that the first round decides."""


class Answering(Protocol):
    """Those that answer, as the control part sees them."""

    async def prepare(self, loaded: Loaded) -> None:
        """Do all that may fail before a configuration can be served; OSError or ValueError says why it can't be."""
        ...

    async def adopt(self, loaded: Loaded, state: State) -> None:
        """Answer from a configuration, and from the state that goes with it, from now on."""
        ...

    def publish(self, state: State) -> None:
        """Answer from a state from now on."""
        ...

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """Where the answers are."""
        ...

    @property
    def workers(self) -> int:
        """How many processes answer."""
        ...


class Control:
    """The control part. ``folder`` is where it remembers what it can't lose, if the Corefile names no state folder."""

    def __init__(self, path: Path, loaded: Loaded, answering: Answering, folder: Path | None) -> None:
        """Control a server that answers from what was loaded."""
        self.loaded, self.answering = loaded, answering
        self.begun = asyncio.Event()
        self.clock = Clock()
        self.memory = Memory(loaded.server.state or folder)
        self.believer = Believer(loaded, self.clock.now, answering.publish)
        self.metrics = Metrics()
        self.metrics.keep(loaded)
        self.reloader = Reloader(path, loaded, self._take)
        self.overrides = Overrides(loaded, self.memory.folder)
        self._lookup = Lookup(loaded.server.probe_deny)
        self.prober = Prober(self._told, self._lookup, Schedule(Random()))  # noqa: S311  jitter
        self.alertlog = AlertLog(self.memory.folder, loaded.server.alert_days, self.clock.now)
        chance = Random()  # noqa: S311  jitter
        self.notifier = Notifier(loaded.channels, self.alertlog, chance, counted=self.metrics.alerted)
        self.resolver = Resolver(self._resolved, self.metrics.resolved, self.clock.now, chance)
        self.restarts = 0
        self._tasks: set[asyncio.Task[bool]] = set()
        self._written = 0.0
        self._file: tuple[Path | None, watch.Signature] = (None, {})
        self._known: object = None
        self._unkept = ""

    async def run(self, *, again: bool = False) -> None:
        """Control until cancelled. ``again``: a control process before this one has ended, and answers went on meanwhile."""
        start = "last" if again else self.loaded.server.start
        self._restore(start, again=again)
        self._doubt(self.loaded)
        self.prober.keep(self._tasks_of(self.loaded))
        try:
            known = asyncio.create_task(self.resolver.prepare(self.loaded.foreign))
            if start == "probe" or (again and not self.believer.world.table.beliefs):
                await self.prober.round()
                self.believer.hear()
            await known
            await self.answering.adopt(self.loaded, self.believer.world.state)
            self.begun.set()
            async with asyncio.TaskGroup() as group:
                group.create_task(self.prober.run())
                group.create_task(self.notifier.run())
                group.create_task(self._tend())
        finally:
            self.resolver.close()

    async def stop(self) -> None:
        """Remember everything."""
        self.believer.settle()
        await self._remember(hurried=True)
        await asyncio.to_thread(self.alertlog.close)

    def _tasks_of(self, loaded: Loaded) -> dict[str, Task]:
        checks = {check.key: check for address in loaded.addresses.values() for check in address.checks}
        return {key: Task(check, loaded.probes[check.template]) for key, check in checks.items()}

    def _told(self, task: Task, observation: Observation) -> bool:
        self.metrics.probed(task.probe.template.name, observation.seconds, is_well=observation.is_well)
        return self.believer.told(task, observation)

    def _resolved(self) -> None:
        self.believer.resolve(self.resolver.resolved)

    def restarted(self) -> None:
        """Hear that a worker had to be started again."""
        self.restarts += 1
        self.metrics.restarted()

    def counted(self, tally: Tally) -> None:
        """Add what an answering process has counted."""
        self.metrics.tallied(tally)

    def hang_up(self) -> None:
        """Load the configuration anew, as on SIGHUP."""
        task = asyncio.get_running_loop().create_task(self.reload())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def reload(self) -> bool:
        """Load the configuration anew, once there are answers; False when it was refused."""
        await self.begun.wait()
        done = await self.reloader.reload()
        self.metrics.reloaded(is_taken=done)
        if not done and self.reloader.refused:
            words = "; ".join(self.reloader.refused[1])[:1000]
            self.believer.event(events.CONFIGURATION_REFUSED, "configuration", words)
        return done

    async def _take(self, loaded: Loaded) -> None:
        await self.answering.prepare(loaded)
        await self.resolver.prepare(loaded.foreign)
        self.loaded = loaded
        state = self.believer.exchange(loaded)
        self.overrides.adopt(loaded)
        self._lookup.forbid(loaded.server.probe_deny)
        self.prober.keep(self._tasks_of(loaded))
        self.notifier.exchange(loaded.channels)
        self.metrics.keep(loaded)
        self._doubt(loaded)
        await self.answering.adopt(loaded, state)
        self.resolver.keep(loaded.foreign)

    def _doubt(self, loaded: Loaded) -> None:
        for words in aging(loaded, time.time()):
            log.warning("%s", words)

    async def _tend(self) -> None:
        """Once a second: time passes, alerts go out, state is kept, files are looked at."""
        patience = (
            time.monotonic() + max((one.template.timeout for one in self.loaded.probes.values()), default=0.0) + 30
        )
        while True:
            await asyncio.sleep(1)
            try:
                await self._tend_once(is_patient=time.monotonic() < patience)
            except Exception as fault:  # noqa: BLE001  housekeeping must go on, and the answers anyway
                log.error("housekeeping: %r", fault)  # noqa: TRY400

    async def _tend_once(self, *, is_patient: bool) -> None:
        self.clock.follow(quiet=self.believer.alerting.next() is None)
        self.believer.tick(time.time())
        if not is_patient or self.believer.is_complete:
            self.believer.hear()
        await self._expire()
        for key, seconds in self.prober.late:
            self.believer.event(events.PROBE_LATE, key, f"its probe is late by {seconds:.0f} s")
        await self._send()
        await self._remember()
        if self.loaded.server.watch and await self.reloader.changed():
            await self.reload()

    async def _expire(self) -> None:
        """Let overrides end, and read their file when it changes."""
        now = time.time()
        for override in await self.overrides.expire(now):
            log.info("the override of %s (%s) has ended", override.on, override.word)
        file = self.loaded.server.overrides
        seen = (file, await asyncio.to_thread(watch.look, [file] if file else []))
        if seen != self._file:
            self._file = seen
            self._read_overrides(file)
        self.heed()

    def _read_overrides(self, file: Path | None) -> None:
        noted = self.overrides.read(file, self.believer.world.state, time.time())
        for fault in noted.faults:
            log.error("overrides refused: %s", fault)
        for warning in noted.warnings:
            log.warning("%s", warning)

    def heed(self) -> None:
        """Let the overrides count that are in force."""
        self.believer.heed(self.overrides.words(time.time()))

    async def _send(self) -> None:
        alerts = self.believer.due()
        if alerts:
            self.metrics.told(alerts)
            self.alertlog.add(alerts)
            batches = self.believer.batches(alerts)
            pending = dict(self.notifier.pending)
            for key, batch in batches:
                pending[key] = (*pending.get(key, ()), batch)
            # on disk before anybody is told: after a crash it is told again, and under the same key
            await asyncio.to_thread(self.memory.save, ALERTS, Alerts(self.believer.alerting.told, pending))
            for key, batch in batches:
                self.notifier.send(key, batch)

    def _restore(self, start: str, *, again: bool) -> None:
        sticky = self.memory.load(STICKY, Sticky, "held members are") or Sticky()
        self.believer.world.hold(sticky.held, self.clock.now())
        self.believer.world.recall(sticky.last, self.clock.now())
        self.resolver.restore(found(self.memory.load(RESOLVED, Names, "what names resolve to is") or Names()))
        self._resolved()
        kept = self.memory.load(VERDICTS, Verdicts, "verdicts are") or Verdicts()
        alerts = self.memory.load(ALERTS, Alerts, "what was told, and what waited to be told, is") or Alerts()
        beliefs: dict[str, Belief] = {}
        if start != "up":
            since = 0.0 if again else self.clock.now() - REFRESH - 1
            against = UNSURE if start == "probe" else 0
            beliefs = {key: belief for key, belief in believed(kept.checks, against).items() if belief.until >= since}
        members = kept.members if beliefs or not kept.checks else {}  # else it is too long ago to say since when
        stood = ((Standing(key, was.health, was.available, ""), was.since) for key, was in members.items())
        self.believer.restore(beliefs, alerts.told, stood, kept.brake)
        self.notifier.restore(alerts.pending)
        lost = self.overrides.restore()
        if lost is not None:
            log.warning("%s", lost)
        file = self.loaded.server.overrides
        self._file = (file, watch.look([file] if file else []))
        self._read_overrides(file)
        self.heed()
        self.believer.begin()

    async def _remember(self, *, hurried: bool = False) -> None:
        state, beliefs = self.believer.world.state, self.believer.world.table.beliefs
        values: dict[str, object] = {STICKY: Sticky(dict(state.held), dict(state.last))}
        values[ALERTS] = Alerts(self.believer.alerting.told, self.notifier.pending)
        values[RESOLVED] = named(self.resolver.findings)
        verdicts = {key: belief.verdict for key, belief in beliefs.items()}
        known = (verdicts, dict(self.believer.since), self.believer.brake.held)
        if hurried or known != self._known or time.monotonic() - self._written > REFRESH:
            values[VERDICTS] = Verdicts(written(beliefs), self._stood(), self.believer.brake.held)
            self._known, self._written = known, time.monotonic()
        saved = await asyncio.to_thread(lambda: [self.memory.save(name, value) for name, value in values.items()])
        if not all(saved):
            self._known = None  # so that it is tried again
        if (fault := self.memory.fault) != self._unkept:
            self._unkept = fault
            if fault:
                self.believer.event(events.STATE_NOT_KEPT, "state", fault)

    def _stood(self) -> dict[str, Stood]:
        since = self.believer.since
        return {each.key: Stood(each.health, each.available, since[each.key]) for each in self.believer.standings}
