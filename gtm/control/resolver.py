"""Looks names outside our zones up in the background, again and again: a task for each, so that a slow one delays no other."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from random import Random
from typing import Final

from gtm.config.loaded import Sought
from gtm.control.recursion import ask
from gtm.health.resolving import Answer, Failure, Finding, heard
from gtm.model.resolved import Resolved

log = logging.getLogger("gtm")
AT_ONCE: Final = 32
"""Lookups that are under way at once."""
PATIENCE: Final = 3.0
"""Seconds that the first answers, or those of a new configuration, wait for names of which nothing is known."""

Ask = Callable[[Sought], Awaitable[Answer | Failure]]


class Resolver:
    """Keeps what names resolve to up to date. ``told`` is called when any of it changed, ``counted`` after each lookup."""

    def __init__(
        self,
        told: Callable[[], None],
        counted: Callable[[str], None],
        clock: Callable[[], float],
        chance: Random,
        ask: Ask = ask,
    ) -> None:
        """Begin with no name. ``clock`` gives seconds since 1970."""
        self._told, self._counted, self._clock, self._chance, self._ask = told, counted, clock, chance, ask
        self._sought: Mapping[str, Sought] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._tried: dict[str, asyncio.Event] = {}
        self._slots = asyncio.Semaphore(AT_ONCE)
        self.findings: dict[str, Finding] = {}

    def restore(self, findings: Mapping[str, Finding]) -> None:
        """Go on from what was known before a restart; ``keep`` must follow."""
        self.findings = dict(findings)

    def keep(self, sought: Mapping[str, Sought]) -> None:
        """Look these up from now on and no others; what is known of those that stay is kept."""
        for key in [key for key in self._tasks if self._sought.get(key) != sought.get(key)]:
            self._tasks.pop(key).cancel()
            del self._tried[key]
        self.findings = {key: self.findings.get(key, Finding()) for key in sought}
        self._sought = dict(sought)
        self._tried = {key: self._tried.get(key) or asyncio.Event() for key in sought}
        for key in sought.keys() - self._tasks.keys():
            self._tasks[key] = asyncio.get_running_loop().create_task(self._tend(key))

    async def prepare(self, sought: Mapping[str, Sought]) -> None:
        """Look these up as well, and wait a little for those of which nothing is known."""
        self.keep({**self._sought, **sought})
        unknown = [key for key in sought if self.findings[key].addresses is None]
        waits = [asyncio.ensure_future(self._tried[key].wait()) for key in unknown]
        if waits:
            await asyncio.wait(waits, timeout=PATIENCE)
        for wait in waits:
            wait.cancel()

    def close(self) -> None:
        """Look nothing up any more."""
        for task in self._tasks.values():
            task.cancel()
        self._tasks.clear()

    @property
    def resolved(self) -> dict[str, Resolved]:
        """What queries may be told, by the subject of its fact."""
        return {key: known for key, finding in self.findings.items() if (known := finding.resolved) is not None}

    async def _tend(self, key: str) -> None:
        """Look a name up whenever it is time, beginning now."""
        while True:
            async with self._slots:
                said = await self._ask(self._sought[key])
            before = self.findings[key]
            after = self.findings[key] = heard(before, said, self._clock(), self._chance.random())
            self._counted("failed" if isinstance(said, Failure) else "answered" if said.addresses else "denied")
            _say(key, before, after)
            self._tried[key].set()
            if before.resolved != after.resolved:
                try:
                    self._told()
                except Exception as fault:  # noqa: BLE001  the next lookup must come
                    log.error("what %s resolves to can't be told: %r", key, fault)  # noqa: TRY400  as housekeeping says it
            await asyncio.sleep(after.until - self._clock())


def _say(key: str, before: Finding, after: Finding) -> None:
    """Tell the log of what begins and of what ends."""
    if after.doubt and not (before.tries and after.tries):
        log.warning("%s: %s", key, after.doubt)
    elif before.addresses and after.addresses == ():
        log.warning("%s: it has no address any more", key)
    elif before.doubt and not after.doubt:
        log.info("%s is looked up again: %s", key, after.resolved)
