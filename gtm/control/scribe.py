"""Who writes down what must survive: verdicts as soon as one has changed, and all of it once a second.

Who follows a control process that was killed goes by what was written last. Were that older than what answers go by, a
dead backend would be answered again.
"""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from gtm.control.believer import DRILL, Believer
from gtm.control.memory import (
    ALERTS,
    RESOLVED,
    STICKY,
    VERDICTS,
    Alerts,
    Memory,
    Sticky,
    Stood,
    Verdicts,
    named,
    written,
)
from gtm.control.notifier import Notifier
from gtm.control.resolver import Resolver
from gtm.model import event as events

REFRESH: Final = 30.0
"""Seconds after which verdicts are written down again although none has changed, so that they count as fresh."""
REST: Final = 9.0
"""How many times longer than a writing took nothing more is written: many verdicts in a row cost a tenth of the time."""


class Scribe:
    """Writes down what is believed, what people were told and what names resolve to."""

    def __init__(self, memory: Memory, believer: Believer, notifier: Notifier, resolver: Resolver) -> None:
        """Write into a memory."""
        self._memory, self._believer, self._notifier, self._resolver = memory, believer, notifier, resolver
        self._news = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, "scribe")
        self._written = 0.0
        self._known: object = None
        self._unkept = ""

    def hear(self) -> None:
        """Take note that something may have changed that must not wait."""
        self._news.set()

    async def run(self) -> None:
        """Write down at once what must not wait, until cancelled."""
        while True:
            await self._news.wait()
            self._news.clear()
            began = time.monotonic()
            await self._write({})
            await asyncio.sleep(REST * (time.monotonic() - began))

    async def remember(self, *, hurried: bool = False) -> None:
        """Write down all that changed; ``hurried``: verdicts in any case."""
        alerts = Alerts(self._believer.alerting.told, self._notifier.pending)
        await self._write({ALERTS: alerts, RESOLVED: named(self._resolver.findings)}, hurried=hurried)
        if (fault := self._memory.fault) != self._unkept:
            self._unkept = fault
            if fault:
                self._believer.event(events.STATE_NOT_KEPT, "state", fault)

    async def close(self) -> None:
        """Write down all of it, for the last time."""
        await self.remember(hurried=True)
        self._thread.shutdown(wait=False)

    async def _write(self, values: dict[str, object], *, hurried: bool = False) -> None:
        """Write these, and what must not wait; in one thread, so that an older value never comes last."""
        believer, state = self._believer, self._believer.world.state
        # a drill ends with this process
        beliefs = {key: each for key, each in believer.world.table.beliefs.items() if each.reason != DRILL}
        values = {STICKY: Sticky(dict(state.held), dict(state.last)), **values}
        known = ({key: each.verdict for key, each in beliefs.items()}, dict(believer.since), believer.brake.held)
        if hurried or known != self._known or time.monotonic() - self._written > REFRESH:
            values[VERDICTS] = Verdicts(written(beliefs), self._stood(), believer.brake.held)
            self._known, self._written = known, time.monotonic()
        loop = asyncio.get_running_loop()
        saved = await loop.run_in_executor(self._thread, lambda: [self._memory.save(*each) for each in values.items()])
        if not all(saved):
            self._known = None  # so that it is tried again

    def _stood(self) -> dict[str, Stood]:
        since = self._believer.since
        return {each.key: Stood(each.health, each.available, since[each.key]) for each in self._believer.standings}
