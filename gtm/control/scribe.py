"""Who writes down what must survive, verdicts as soon as one has changed and all of it once a second, and who reads it back.

Who follows a control process that was killed goes by what was written last. Were that older than what answers go by, a
dead backend would be answered again.
"""

import asyncio
import logging
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from gtm.config.loaded import Loaded
from gtm.control.believer import DRILL, Believer
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
    agreed,
    believed,
    found,
    named,
    written,
)
from gtm.control.notifier import Notifier, Pending
from gtm.control.resolver import Resolver
from gtm.health.standing import Standing
from gtm.health.table import State
from gtm.model import event as events

log = logging.getLogger("gtm")
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

    def restore(self, loaded: Loaded, start: str, now: float, answered: State | None, *, again: bool) -> Sticky:
        """Go on from what was so before a restart; ``start`` is as in ``[server]``. What it gives is to be taken over last.

        ``again``: only the control process was restarted, and answers went by ``answered`` meanwhile, where that is known.
        """
        memory = self._memory
        sticky = memory.load(STICKY, Sticky, "held members are") or Sticky()
        names = memory.load(RESOLVED, Names, "what names resolve to is") or Names()
        kept = memory.load(VERDICTS, Verdicts, "verdicts are") or Verdicts()
        alerts = memory.load(ALERTS, Alerts, "what was told, and what waited to be told, is") or Alerts()
        self._resolver.restore(found(names))
        self._believer.resolve(self._resolver.resolved)
        checks = [check for address in loaded.addresses.values() for check in address.checks]
        templates = {check.key: loaded.probes[check.template].template for check in checks}
        since = 0.0 if again else now - REFRESH - 1
        sure = start != "probe"
        beliefs = believed(kept.checks, templates, since, is_sure=sure) if start != "up" else {}
        if answered is not None:
            sticky = Sticky(dict(answered.held), dict(answered.last))
            beliefs = agreed(beliefs, loaded.addresses.values(), templates, answered.down, now)
        if start == "last" and not again and len(beliefs) < len(templates):
            lacking = f"{len(templates) - len(beliefs)} of {len(templates)} checks"
            log.warning("%s have no fresh verdict; their addresses count as up until they are probed", lacking)
        members = kept.members if beliefs or not kept.checks else {}  # else it is too long ago to say since when
        stood = ((Standing(key, was.health, was.available, ""), was.since) for key, was in members.items())
        self._believer.restore(beliefs, alerts.told, stood, kept.brake)
        self._notifier.restore(alerts.pending)
        return sticky

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

    async def promise(self, pending: Pending) -> None:
        """Write down what people are about to be told."""
        await self._save({ALERTS: Alerts(self._believer.alerting.told, pending)})

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
        if not await self._save(values):
            self._known = None  # so that it is tried again

    async def _save(self, values: Mapping[str, object]) -> bool:
        loop = asyncio.get_running_loop()
        saved = await loop.run_in_executor(self._thread, lambda: [self._memory.save(*each) for each in values.items()])
        return all(saved)

    def _stood(self) -> dict[str, Stood]:
        since = self._believer.since
        return {each.key: Stood(each.health, each.available, since[each.key]) for each in self._believer.standings}
