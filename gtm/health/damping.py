"""Flap damping: what somebody is told of a subject that goes down and up, and when it is kept back. Pure.

The law. A change is told at once, unless ``most`` changes of the same subject were told within the last ``within`` seconds.
Then it is held back, and so is every later one, until the subject has stood still for ``settle`` seconds; one telling then
says where it stands and how often it changed. Where it has to be held back again within ``within`` seconds of that, it must
stand still for twice as long, and so on up to ``within``. What goes on flapping is told of every ``longest`` seconds.
"""

from collections import deque
from dataclasses import dataclass
from math import inf


@dataclass(frozen=True, slots=True)
class Damping:
    """The bounds of the law, in tellings and seconds."""

    most: int = 3
    within: float = 600.0
    settle: float = 60.0
    longest: float = 1800.0


@dataclass(frozen=True, slots=True)
class Telling:
    """What is to be told: down or up; how many changes it sums up, over how many seconds; what was told last.

    ``flaps`` is 0 for a change that is told at once.
    """

    is_down: bool
    was_down: bool
    flaps: int = 0
    seconds: float = 0.0


class Subject:
    """One subject: where it stands, what was told last, and what is held back. Moments are seconds; only differences count."""

    __slots__ = ("_changed", "_damping", "_flaps", "_held", "_settle", "_settled", "_told", "is_down", "told_down")

    def __init__(self, damping: Damping, *, told_down: bool = False) -> None:
        """Begin with what was told last; a subject nobody was told of is up."""
        self._damping = damping
        self.is_down = self.told_down = told_down
        self._told: deque[float] = deque(maxlen=damping.most)
        self._held: float | None = None
        self._changed = 0.0
        self._flaps = 0
        self._settle, self._settled = damping.settle, -inf

    def move(self, is_down: bool, now: float) -> Telling | None:
        """Say where the subject stands now; what comes back is to be told at once."""
        if is_down is self.is_down:
            return None
        self.is_down = is_down
        if self._held is None and not self._is_full(now):
            return self._tell(now, 0, 0.0)
        if self._held is None:
            self._hold(now)
        self._flaps += 1
        self._changed = now
        return None

    def due(self, now: float) -> Telling | None:
        """Give what was held back long enough."""
        if self._held is None:
            return None
        still = not 0 <= now - self._changed < self._settle  # a clock that was set back ends the wait
        if not still and 0 <= now - self._held < self._damping.longest:
            return None
        told = self._tell(now, self._flaps, max(0.0, self._changed - self._held))
        self._held, self._flaps = (None if still else now), 0
        if still:
            self._settled = now
        return told

    def rest(self) -> None:
        """Forget what is held back: the subject counts as standing where it was told to be."""
        self.is_down, self._held = self.told_down, None

    def next(self) -> float:
        """Say when ``due`` has something to give; infinity when it holds nothing."""
        if self._held is None:
            return inf
        return min(self._changed + self._settle, self._held + self._damping.longest)

    def _hold(self, now: float) -> None:
        again = 0 <= now - self._settled < self._damping.within
        most = max(self._damping.settle, self._damping.within)
        self._settle = min(2 * self._settle, most) if again else self._damping.settle
        self._held, self._flaps = now, 0

    def _is_full(self, now: float) -> bool:
        """Tell whether as many as may be were told lately."""
        lately = sum(0 <= now - moment < self._damping.within for moment in self._told)
        return lately >= self._damping.most

    def _tell(self, now: float, flaps: int, seconds: float) -> Telling:
        self._told.append(now)
        told = Telling(self.is_down, self.told_down, flaps, seconds)
        self.told_down = self.is_down
        return told
