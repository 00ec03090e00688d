"""Whose turn it is to be probed. Pure: every moment is in monotonic seconds, and is told.

A check's turns are slots at a fixed rate: slot, slot + interval, and so on, whatever happens meanwhile. A slot that comes
while its probe is still under way, or while the machine stands still, is skipped and never made up for. So the work is
constant, a hung probe delays nobody, and the phases, once spread by chance, stay spread.

Before its first slot a check has an early look, so that there is a verdict soon however long the interval is. Early looks
of many are spread, at ``RATE`` a second and within the interval. After a pause of the machine it is the same again, for
early looks that were missed in it as well. A confirming look is an early look too: it moves no slot, and where the slot
comes first, that is the confirming look.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from math import floor
from random import Random
from typing import Final

from gtm.health.judge import MISSED
from gtm.model.template import Template

RATE: Final = 500
"""Early looks in a second: as many as 5,000 checks at an interval of 10 s need all the time."""
PAUSE: Final = 1.0
"""Seconds by which turns may be taken late, as on a busy machine; what is later than that was missed in a pause."""


@dataclass(slots=True)
class _Turn:
    """A check's next turns; ``early`` is before the slot, or None. ``started`` is set while its probe is under way."""

    template: Template
    slot: float
    early: float | None
    started: float | None = None

    @property
    def moment(self) -> float:
        return self.slot if self.early is None else min(self.early, self.slot)

    def skip(self, now: float) -> None:
        """Pass over the slots that have come."""
        if self.slot <= now:
            interval = self.template.interval
            self.slot += (floor((now - self.slot) / interval) + 1) * interval


class Schedule:
    """The turns of all checks, by their keys. A step costs O(log n)."""

    def __init__(self, chance: Random) -> None:
        """Begin with no check; ``chance`` spreads the turns."""
        self._chance = chance
        self._turns: dict[str, _Turn] = {}
        self._heap: list[tuple[float, str]] = []  # one entry of a waiting check is right; others are outdated

    def keep(self, templates: Mapping[str, Template], now: float) -> None:
        """Probe these checks from now on, each by its template, and forget all others.

        A check that is new, or has another interval than before, is spread by chance; the others keep their turns.
        """
        kept = {key: turn for key, turn in self._turns.items() if key in templates}
        anew = [key for key, template in templates.items() if not _keeps(kept.get(key), template)]
        for key in anew:
            template = templates[key]
            early = self._spread(now, template, len(anew))
            started = kept[key].started if key in kept else None
            kept[key] = _Turn(template, early + self._chance.random() * template.interval, early, started)
        for key, turn in kept.items():
            turn.template = templates[key]
        self._turns = kept
        self._heap = [(turn.moment, key) for key, turn in kept.items() if turn.started is None]
        heapify(self._heap)

    def due(self, now: float) -> list[str]:
        """Hand out the checks whose turn has come, the oldest first; they count as under way until they are done."""
        found: list[str] = []
        missed: list[str] = []
        while self._heap and self._heap[0][0] <= now:
            moment, key = heappop(self._heap)
            turn = self._turns[key]
            if turn.started is not None or turn.moment != moment:
                continue
            # who had a turn put off may have it now however late it is, lest he starve: but not all of them at once
            if now - moment > PAUSE and (turn.early is None or len(found) >= RATE):
                missed.append(key)
                turn.skip(now)
                turn.early = None
            else:
                turn.started = now
                found.append(key)
        for key in missed:
            self._turns[key].early = self._spread(now, self._turns[key].template, len(missed))
            self._wait(key)
        return found

    def done(self, key: str, now: float, *, again: float | None = None) -> None:
        """Take note that a check was probed; ``again`` is in how many seconds to look again, if that is before its slot.

        One that was not handed out may be done as well: that spares it its early look. One that is not kept is ignored.
        """
        turn = self._turns.get(key)
        if turn is None:
            return
        if turn.started is None:  # spared its early look, which might have come up to an interval later
            turn.slot = now + (turn.slot - now) % turn.template.interval
        turn.started = None
        turn.skip(now)
        turn.early = None if again is None else now + again
        self._wait(key)

    def next(self) -> float | None:
        """Give the moment of the next turn; None when no check waits for one."""
        while self._heap:
            moment, key = self._heap[0]
            turn = self._turns[key]
            if turn.started is None and turn.moment == moment:
                return moment
            heappop(self._heap)
        return None

    def late(self, now: float) -> list[tuple[str, float]]:
        """List the checks that missed their turn by three intervals or more, and by how many seconds.

        One whose probe is under way has missed it when, besides, its time-out has passed. Ask after ``due``: that knows
        of a pause of the machine, and puts off the turns that were missed in it.
        """
        found = []
        for key, turn in self._turns.items():
            bound = MISSED * turn.template.interval
            since = turn.moment
            if turn.started is not None:
                since, bound = turn.started, bound + turn.template.timeout
            if now - since >= bound:
                found.append((key, now - since))
        return found

    def _spread(self, now: float, template: Template, count: int) -> float:
        """Draw a moment for the early look of one of ``count``."""
        return now + self._chance.random() * min(template.interval, count / RATE)

    def _wait(self, key: str) -> None:
        heappush(self._heap, (self._turns[key].moment, key))


def _keeps(turn: _Turn | None, template: Template) -> bool:
    return turn is not None and turn.template.interval == template.interval
