"""The alert log (R-115): every alert, and what became of it on each channel, kept and searched.

Nothing here makes the caller wait for a disk: what is noted goes to a thread, which writes and syncs it. While that fails
what was noted waits in a bounded memory and is tried again. Without a folder the last entries are kept in memory.
"""

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from math import inf
from pathlib import Path
from typing import Final

import msgspec

from gtm.chain.word import Alert
from gtm.control.door import AlertQuery
from gtm.control.journal import Journal
from gtm.control.wanted import fits, needles
from gtm.model.event import ALERT_LOST

log = logging.getLogger("gtm")

FOLDER: Final = "alerts"
MOST: Final = 10_000
"""Notes that are kept in memory where there is no folder; ten times as many may wait for a disk."""
DAMAGED: Final = 100
"""Damaged lines that are told of."""
AGAIN: Final = 10.0
"""Seconds after which a disk that refused is tried again."""
DAY: Final = 86400.0


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One alert as it is looked up; ``outcomes`` say what became of it, such as ``delivered to webhook hooks.example.com``."""

    moment: float
    event: str
    subject: str
    reason: str
    key: str = ""
    flaps: int = 0
    pools: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    name: str = ""
    outcomes: tuple[str, ...] = ()


class _Line(msgspec.Struct, omit_defaults=True):
    """A line of the log: an alert, or the outcome of some on one channel."""

    alert: Alert | None = None
    keys: tuple[str, ...] = ()
    outcome: str = ""
    moment: float = 0.0


_DECODER: Final = msgspec.json.Decoder(_Line)
_OF_ALERT: Final = b'{"alert":'
_OF_OUTCOME: Final = b'{"keys":'
"""How lines begin that we wrote ourselves; what begins otherwise is read to the end."""


class AlertLog:
    """Takes notes and finds them again; ``close`` waits until they are on the disk."""

    def __init__(
        self, state: Path | None, days: int = 90, clock: Callable[[], float] = time.time, again: float = AGAIN
    ) -> None:
        """Keep ``days`` days in the state folder, or the last ``MOST`` entries in memory.

        ``clock`` gives seconds since 1970; a disk that refused is tried again after so many seconds.
        """
        self._journal = Journal(state / FOLDER, days) if state else None
        self._clock, self._again = clock, again
        self._most = 10 * MOST if state else MOST
        self._waiting: deque[tuple[float, bytes]] = deque(maxlen=self._most)
        self._news = threading.Condition()
        self._ended = self._fails = False
        self._lost = self._writing = 0
        self._damaged: set[int] = set()
        self._thread = threading.Thread(target=self._write, name="alert log", daemon=True)
        if self._journal:
            self._thread.start()

    def add(self, alerts: Iterable[Alert]) -> None:
        """Note alerts."""
        self._note(_Line(alert=alert) for alert in alerts)

    def outcome(self, alerts: Iterable[Alert], words: str) -> None:
        """Note what became of alerts that were noted before."""
        self._note((_Line(keys=tuple(alert.key for alert in alerts), outcome=words, moment=self._clock()),))

    def lost(self, alerts: tuple[Alert, ...], channel: str, words: str) -> None:
        """Note that a channel was given up for these alerts, and why: an entry of its own, of which nobody is told."""
        self.outcome(alerts, f"given up on {channel}: {words}")
        pools = tuple(dict.fromkeys(pool for alert in alerts for pool in alert.pools))
        domains = tuple(dict.fromkeys(domain for alert in alerts for domain in alert.domains))
        many = "1 alert is" if len(alerts) == 1 else f"{len(alerts)} alerts are"
        reason, key = f"{many} lost: {words}", f"{ALERT_LOST}|{alerts[0].key}|{channel}"
        self.add([Alert(ALERT_LOST, f"channel:{channel}", reason, self._clock(), key, 0, pools, domains)])

    def _note(self, lines: Iterable[_Line]) -> None:
        now = self._clock()
        with self._news:
            for line in lines:
                self._lost += self._journal is not None and len(self._waiting) == self._most
                self._waiting.append((now, msgspec.json.encode(line)))
            self._news.notify_all()

    def flush(self, seconds: float = 5.0) -> bool:
        """Wait until all that was noted is on the disk; False when it is not within so many seconds."""
        with self._news:
            return self._news.wait_for(lambda: not (self._waiting or self._writing), seconds if self._journal else 0)

    def close(self) -> None:
        """Write what waits, if the disk takes it, and end."""
        with self._news:
            self._ended = True
            self._news.notify_all()
        if self._journal:
            self._thread.join()

    def _write(self) -> None:
        while True:
            with self._news:
                self._news.wait_for(lambda: self._waiting or self._ended)
                if not self._waiting:
                    return
                batch = list(self._waiting)
                self._waiting.clear()
                self._writing = len(batch)
            left = self._written(batch)
            with self._news:
                self._writing = 0
                self._lost += max(0, len(left) + len(self._waiting) - self._most)
                self._waiting = deque([*left, *self._waiting], self._most)
                self._news.notify_all()
                if left and (self._ended or self._news.wait_for(lambda: self._ended, self._again)):
                    return

    def _written(self, batch: list[tuple[float, bytes]]) -> list[tuple[float, bytes]]:
        """Write, and give back what could not be."""
        assert self._journal
        days: dict[int, list[tuple[float, bytes]]] = {}
        for noted in batch:
            days.setdefault(int(noted[0] // DAY), []).append(noted)
        left = []
        for noted_then in days.values():
            try:
                self._journal.add([line for _, line in noted_then], noted_then[0][0])
            except OSError as fault:
                left += noted_then
                self._say(fault)
        if not left and (self._fails or self._lost):
            log.warning("the alert log is written again; %d notes were lost", self._lost)
            self._fails, self._lost = False, 0
        return left

    def _say(self, fault: OSError) -> None:
        if not self._fails:
            log.error(
                "the alert log can't be written: %s; its notes wait in memory", (fault.strerror or str(fault)).lower()
            )
        self._fails = True

    async def query(self, wanted: AlertQuery) -> list[Entry]:
        """Find entries, the newest last."""
        return await asyncio.to_thread(self.find, wanted)

    def find(self, wanted: AlertQuery) -> list[Entry]:
        """Find entries, the newest last; this reads files, the newest first, until there are enough."""
        since, until = wanted.since or 0.0, inf if wanted.until is None else wanted.until
        pages = self._pages(since, until + DAY)
        found: dict[str, Alert] = {}
        first = len(pages)
        while first and len(found) < wanted.limit:
            first -= 1
            found = self._matching(pages[first](), wanted, since, until) | found
        alerts = sorted(found.values(), key=lambda alert: alert.moment)[-wanted.limit :]
        outcomes: dict[str, dict[str, None]] = {alert.key: {} for alert in alerts}
        for page in pages[first:] if alerts else ():
            for line in self._decoded(octets for octets in page() if not octets.startswith(_OF_ALERT)):
                for key in outcomes.keys() & line.keys:
                    outcomes[key][line.outcome] = None
        return [_entry(alert, outcomes[alert.key]) for alert in alerts]

    def _pages(self, since: float, until: float) -> list[Callable[[], Iterable[bytes]]]:
        """Give the lines of each day, oldest first, and what waits; a line that is being written meanwhile may come twice."""
        if not self._fails:
            self.flush(1.0)
        with self._news:
            self._news.wait_for(lambda: not self._writing, 1.0)
            waiting = [line for _, line in self._waiting]
        journal = self._journal
        days = journal.days(since, until) if journal else []
        return [*(partial(journal.lines, day) for day in days if journal), lambda: waiting]

    def _matching(self, page: Iterable[bytes], wanted: AlertQuery, since: float, until: float) -> dict[str, Alert]:
        """Read the newest alerts of a page that fit, by their keys."""
        words, found = needles(wanted), dict[str, Alert]()
        hopeful = (line for line in page if not line.startswith(_OF_OUTCOME) and all(word in line for word in words))
        for line in self._decoded(hopeful):
            alert = line.alert
            if alert and alert.key not in found and since <= alert.moment <= until and fits(alert, wanted):
                found[alert.key] = alert
                if len(found) > wanted.limit:
                    del found[next(iter(found))]
        return found

    def _decoded(self, page: Iterable[bytes]) -> Iterator[_Line]:
        for octets in page:
            try:
                yield _DECODER.decode(octets)
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                self._skip(octets)

    def _skip(self, octets: bytes) -> None:
        line = octets.strip()
        if line and hash(line) not in self._damaged and len(self._damaged) < DAMAGED:
            self._damaged.add(hash(line))
            log.warning("the alert log has a damaged line, skipped: %.60r", line)


def _entry(alert: Alert, outcomes: Iterable[str]) -> Entry:
    return Entry(
        alert.moment,
        alert.event,
        alert.subject,
        alert.reason,
        alert.key,
        alert.flaps,
        alert.pools,
        alert.domains,
        alert.name,
        tuple(outcomes),
    )
