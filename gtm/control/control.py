"""The control part of a server: it probes, judges, remembers, tells people, and opens the admin door. It never answers a query."""

import asyncio
import logging
import time
from pathlib import Path
from random import Random
from typing import Protocol

from gtm.chain.word import Observation
from gtm.config.loaded import Loaded
from gtm.control import watch
from gtm.control.alertlog import AlertLog
from gtm.control.attempt import Task
from gtm.control.believer import Believer
from gtm.control.clock import Clock
from gtm.control.lookup import Lookup
from gtm.control.memory import Memory
from gtm.control.metrics import Metrics
from gtm.control.notifier import Notifier
from gtm.control.overrides import Overrides
from gtm.control.prober import Prober
from gtm.control.problems import aging
from gtm.control.reload import Reloader
from gtm.control.resolver import Resolver
from gtm.control.scribe import Scribe
from gtm.health.schedule import Schedule
from gtm.health.table import State
from gtm.model import event as events
from gtm.tally import Tally

log = logging.getLogger("gtm")


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
        self.believer = Believer(loaded, self.clock.now, self._publish)
        self.metrics = Metrics()
        self.metrics.keep(loaded)
        self.reloader = Reloader(path, loaded, self._take)
        self.overrides = Overrides(loaded, self.memory.folder, self.memory.claim)
        self._lookup = Lookup(loaded.server.probe_deny)
        self.prober = Prober(self._told, self._lookup, Schedule(Random()))  # noqa: S311  jitter
        self.alertlog = AlertLog(self.memory.folder, loaded.server.alert_days, self.clock.now)
        chance = Random()  # noqa: S311  jitter
        self.notifier = Notifier(loaded.channels, self.alertlog, chance, counted=self.metrics.alerted)
        self.resolver = Resolver(self._resolved, self.metrics.resolved, self.clock.now, chance)
        self.restarts = 0
        self._tasks: set[asyncio.Task[bool]] = set()
        self._scribe = Scribe(self.memory, self.believer, self.notifier, self.resolver)
        self._watched = watch.Watch({})
        self._knows = False

    async def run(self, *, again: bool = False, answered: State | None = None) -> None:
        """Control until cancelled. ``again``: a control process before this one has ended, and answers went on meanwhile.

        They went by what was ``answered``, where that is known.
        """
        start = "last" if again else self.loaded.server.start
        self._restore(start, again=again, answered=answered)
        self._knows = True
        self._doubt(self.loaded)
        if not again:
            self._tell_refused()
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
                group.create_task(self._scribe.run())
                group.create_task(self._tend())
        finally:
            self.resolver.close()

    async def stop(self) -> None:
        """Remember everything, unless it was not even known what was so before."""
        if self._knows:
            self.believer.settle()
            await self._scribe.close()
        await asyncio.to_thread(self.alertlog.close)
        self.memory.close()

    def _tasks_of(self, loaded: Loaded) -> dict[str, Task]:
        checks = {check.key: check for address in loaded.addresses.values() for check in address.checks}
        return {key: Task(check, loaded.probes[check.template]) for key, check in checks.items()}

    def _told(self, task: Task, observation: Observation) -> bool:
        self.metrics.probed(task.probe.template.name, observation.seconds, is_well=observation.is_well)
        return self.believer.told(task, observation)

    def _publish(self, state: State) -> None:
        self.answering.publish(state)
        self._scribe.hear()

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
        if not done:
            self._tell_refused()
        return done

    def _tell_refused(self) -> None:
        if self.reloader.refused:
            words = "; ".join(self.reloader.refused[1])[:1000]
            self.believer.event(events.CONFIGURATION_REFUSED, "configuration", words)

    async def _take(self, loaded: Loaded) -> None:
        await self.answering.prepare(loaded)
        await self.resolver.prepare(loaded.foreign)
        if loaded.server.state != self.loaded.server.state:
            log.warning("the state folder stays %s until a restart; move what is in it along", self.memory.folder)
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
        longest = max((one.template.timeout for one in self.loaded.probes.values()), default=0.0)
        patience = time.monotonic() + longest + 30
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
        await self._scribe.remember()
        if self.loaded.server.watch and await self.reloader.changed():
            await self.reload()

    async def _expire(self) -> None:
        """Let overrides end, and read their file when it has changed and stands still again."""
        for override in await self.overrides.expire(time.time()):
            log.info("the override of %s (%s) has ended", override.on, override.word)
        if self._watched.changed(await asyncio.to_thread(self._look)):
            self._read_overrides()
        self.heed()

    def _look(self) -> watch.Signature:
        file = self.loaded.server.overrides
        return watch.look([file] if file else [])

    def _read_overrides(self) -> None:
        file = self.loaded.server.overrides
        noted = self.overrides.read(file, self.believer.world.state, time.time())
        for fault in noted.faults:
            log.error("overrides refused: %s; those of before stay", fault)
        for warning in noted.warnings:
            log.warning("%s", warning)
        if file and not noted.faults:
            log.info("overrides are those of %s", file)

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
            try:
                await self._scribe.promise(pending)
            finally:  # also when this process is told to end meanwhile: then they are kept as pending
                for key, batch in batches:
                    self.notifier.send(key, batch)

    def _restore(self, start: str, *, again: bool, answered: State | None) -> None:
        sticky = self._scribe.restore(self.loaded, start, self.clock.now(), answered, again=again)
        lost = self.overrides.restore()
        if lost is not None:
            log.warning("%s", lost)
        self._watched = watch.Watch(self._look())
        self._read_overrides()
        self.heed()
        # last, for they are settled by what is believed and by the operator's words
        self.believer.world.hold(sticky.held, self.clock.now())
        self.believer.world.recall(sticky.last, self.clock.now())
        self.believer.begin()
