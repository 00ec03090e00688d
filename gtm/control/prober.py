"""Runs the probes whose turn has come, each under a deadline, and tells what they saw. A hung one delays no other.

There is one timer for all turns, and a task for a probe only while it is under way. What is told is always of a probe that
ended or was cut off; a check that leaves is told of no more.

Where this process itself stood still, a probe that was under way meanwhile may have failed by that. Such a failure is not
told: the check is looked at again, and the second such failure in a row counts.
"""

import asyncio
import logging
import resource
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import islice
from math import inf
from typing import Final

from gtm.chain.word import Observation
from gtm.control.attempt import Task, attempt, broken
from gtm.control.lanes import Lane, Lanes
from gtm.control.lookup import Lookup
from gtm.health.schedule import Schedule

log = logging.getLogger("gtm")
GRACE: Final = 0.1
"""Seconds after its time-out at which a probe that has not ended is cut off."""
PATIENCE: Final = 5
"""Turns of the loop that a probe has to tell of its own time-out where both came in the same turn."""
BATCH: Final = 50
"""Probes that are started before others get their turn on the loop."""
BEAT: Final = 0.1
"""Seconds between looks at whether this process stood still, while probes are under way."""
TOGETHER: Final = 0.005
"""Seconds within which turns are taken together: waking up costs more than a probe."""
DOUBT: Final = 0.5
"""Share of its time-out that a probe may lose by that before its failure is in doubt."""
AGAIN: Final = 0.1
"""Seconds until a check is looked at again whose failure was in doubt."""


@dataclass(slots=True, eq=False)
class _Run:
    """A probe under way."""

    key: str
    task: Task
    lane: Lane
    began: float
    doing: "asyncio.Task[Observation]"
    cut: asyncio.TimerHandle | None = None
    is_doubted: bool = False


def room() -> int:
    """Say how many probes may be under way in all, so that sockets are left for others."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 10_000 if soft == resource.RLIM_INFINITY else max(16, soft * 3 // 4 - 64)


class Prober:
    """Probes checks, by their keys. ``told`` takes each observation and says whether to look again soon."""

    def __init__(
        self,
        told: Callable[[Task, Observation], bool],
        lookup: Lookup,
        schedule: Schedule,
        clock: Callable[[], float] = time.monotonic,
        most: int | None = None,
    ) -> None:
        """Begin with no check; at most ``most`` probes are under way, by default as many as files may be opened."""
        self._told, self._lookup, self._schedule, self._clock = told, lookup, schedule, clock
        self._most = room() if most is None else most
        self._tasks: Mapping[str, Task] = {}
        self._lanes = Lanes()
        self._runs: dict[str, _Run] = {}
        self._leftover: dict[str, asyncio.Task[Observation]] = {}
        self._doubted: set[str] = set()
        self._pending: set[str] = set()
        self._settled = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._armed = inf
        self._takes_turns = self._is_starting = False
        self.dropped = 0
        """Failures that were not told, for this process stood still."""

    def running(self) -> int:
        """Count the probes under way."""
        return len(self._runs)

    @property
    def stuck(self) -> int:
        """Count the probes that were cut off and do not end; their checks fail until they do."""
        return len(self._leftover)

    @property
    def late(self) -> list[tuple[str, float]]:
        """List the checks that missed their turn by three intervals or more, and by how many seconds."""
        self._queue_due()
        self._start_soon()
        return self._schedule.late(self._clock())

    def keep(self, tasks: Mapping[str, Task]) -> None:
        """Probe these checks from now on and no others; probes of what left are ended, and not told of."""
        self._tasks = dict(tasks)
        for run in [run for key, run in self._runs.items() if key not in tasks]:
            self._abandon(run)
        self._doubted &= tasks.keys()
        self._settle(self._pending - tasks.keys())
        self._schedule.keep({key: task.probe.template for key, task in tasks.items()}, self._clock())
        self._arm()

    async def round(self) -> None:
        """Probe every check once, before ``run``; what has not ended after the longest time-out has no data."""
        assert not self._takes_turns, "a round comes before run"
        longest = max((task.probe.template.timeout for task in self._tasks.values()), default=0.0)
        self._pending = set(self._tasks)
        self._settled.clear()
        self._settle(set())
        for key, task in self._tasks.items():
            self._lanes.queue(key, task.probe.plugin)
        self._start()
        try:
            async with asyncio.timeout(longest + 2 * GRACE):
                await self._settled.wait()
        except TimeoutError:
            if self._pending:
                log.warning("%d checks had no turn within %.3g s and have no data yet", len(self._pending), longest)
        finally:
            await self._clear()

    async def run(self) -> None:
        """Probe each check when its turn comes, until cancelled; once."""
        self._takes_turns = True
        self._turn()
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            self._takes_turns = False
            await self._clear()

    async def _clear(self) -> None:
        """End all that is under way, and give it a moment to let go of its sockets."""
        self._pending.clear()
        self._lanes.clear()
        for run in list(self._runs.values()):
            self._abandon(run)
        self._disarm()
        if self._leftover:
            await asyncio.wait(self._leftover.values(), timeout=GRACE)

    def _arm(self) -> None:
        """Set the timer to the next turn, or to the next look at the clock."""
        now = self._clock()
        turn = self._schedule.next() if self._takes_turns else None
        moment = min(inf if turn is None else max(turn, now + TOGETHER), now + BEAT if self._runs else inf)
        if moment < self._armed:
            self._disarm()
            self._armed = moment
            self._timer = asyncio.get_running_loop().call_later(moment - now, self._turn)

    def _disarm(self) -> None:
        self._armed = inf
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _turn(self) -> None:
        """Take the turns that have come."""
        try:
            self._doubt(self._clock() - self._armed)
            self._disarm()
            self._queue_due()
            self._start()
        finally:
            self._arm()

    def _doubt(self, lag: float) -> None:
        """Doubt what is under way if this process stood still for a good part of its time.

        This comes before the time-outs that ran out meanwhile, for the timer was set to an earlier moment.
        """
        if lag > 0:
            for run in self._runs.values():
                run.is_doubted |= lag > DOUBT * run.task.probe.template.timeout

    def _queue_due(self) -> None:
        if self._takes_turns:
            for key in self._schedule.due(self._clock()):
                self._lanes.queue(key, self._tasks[key].probe.plugin)

    def _start(self) -> None:
        """Start what may start: a few, then others get their turn on the loop first."""
        self._is_starting = False
        room = min(BATCH, self._most - len(self._runs))
        started = 0
        for key, lane in islice(self._lanes.ready(self._tasks), max(room, 0)):
            self._begin(key, lane)
            started += 1
        if started == BATCH:
            self._start_soon()
        self._arm()

    def _start_soon(self) -> None:
        if self._lanes and not self._is_starting:
            self._is_starting = True
            asyncio.get_running_loop().call_soon(self._start)

    def _begin(self, key: str, lane: Lane) -> None:
        task, loop = self._tasks[key], asyncio.get_running_loop()
        trying = _refused(task) if key in self._leftover else attempt(task, self._lookup, self._clock)
        doing = loop.create_task(trying)
        run = self._runs[key] = _Run(key, task, lane, self._clock(), doing)
        lane.running += 1
        run.cut = loop.call_later(task.probe.template.timeout + GRACE, self._overdue, run, PATIENCE)
        doing.add_done_callback(partial(self._ended, run))

    def _overdue(self, run: _Run, turns: int) -> None:
        """Cut a probe off, but first let it tell of a time-out that came late, in the same turn as this."""
        if turns and not run.doing.done():
            asyncio.get_running_loop().call_soon(self._overdue, run, turns - 1)
        elif not run.doing.done() and self._runs.get(run.key) is run:
            self._cut(run)

    def _cut(self, run: _Run) -> None:
        """Give a probe up that has not ended in time, whether it lets itself be cancelled or not."""
        self._leave(run)
        timeout = run.task.probe.template.timeout
        said = f'timed out after {timeout:.3g} s: plugin "{run.task.probe.plugin}" did not end'
        self._tell(run, Observation(False, said, self._clock() - run.began))

    def _abandon(self, run: _Run) -> None:
        """Give a probe up without a word."""
        self._leave(run)
        self._release(run)

    def _leave(self, run: _Run) -> None:
        self._leftover.setdefault(run.key, run.doing)
        run.doing.cancel()

    def _ended(self, run: _Run, doing: "asyncio.Task[Observation]") -> None:
        """Take note that a probe's task has ended, in time or long given up."""
        if self._leftover.get(run.key) is doing:
            del self._leftover[run.key]
        fault = asyncio.CancelledError() if doing.cancelled() else doing.exception()
        if self._runs.get(run.key) is run:
            self._tell(run, broken(run.task, fault, self._clock() - run.began) if fault else doing.result())

    def _tell(self, run: _Run, seen: Observation) -> None:
        """End a probe with what it saw."""
        self._release(run)
        again = None
        try:
            if run.is_doubted and not seen.is_well and run.key not in self._doubted:
                self._doubted.add(run.key)
                self.dropped += 1
                again = AGAIN
            else:
                self._doubted.discard(run.key)
                again = run.task.probe.template.confirm if self._told(run.task, seen) else None
        finally:
            self._schedule.done(run.key, self._clock(), again=again)
            self._settle({run.key})
            self._start_soon()
            self._arm()

    def _release(self, run: _Run) -> None:
        del self._runs[run.key]
        run.lane.running -= 1
        if run.cut is not None:
            run.cut.cancel()

    def _settle(self, keys: set[str]) -> None:
        """Take note that a round has no need to wait for these."""
        self._pending -= keys
        if not self._pending:
            self._settled.set()


async def _refused(task: Task) -> Observation:
    return Observation(False, f'plugin "{task.probe.plugin}" does not end the probe before', 0.0)
