"""How many answers of one kind a network is sent: what its own clients never notice, and who forges addresses does (response rate limiting).

Time is an argument; the memory is bounded whatever is asked.
"""

from enum import Enum, auto
from typing import Final

_MOST: Final = 32768
"""Kinds and networks that are counted at once; when there are more, all begin anew."""


class Word(Enum):
    """What is to be done with an answer that is one too many."""

    TRUNCATE = auto()
    WITHHOLD = auto()


class Limiter:
    """Counts answers second by second."""

    __slots__ = ("_from", "_rate", "_seen", "_slip", "_truncated", "_until", "_withheld")

    def __init__(self, rate: int, slip: int) -> None:
        """Let ``rate`` answers of a kind pass in a second; every ``slip``-th beyond that is truncated, none with 0."""
        self._rate, self._slip = rate, slip
        self._seen: dict[int, int] = {}
        self._from = self._until = 0.0
        self._truncated = self._withheld = 0

    def stops(self, key: int, now: float) -> Word | None:
        """Count an answer; None lets it pass. ``key`` stands for a network and a kind, ``now`` is in seconds."""
        if not self._from <= now < self._until or len(self._seen) >= _MOST:
            self._from, self._until = now, now + 1
            self._seen.clear()
        count = self._seen[key] = self._seen.get(key, 0) + 1
        if count <= self._rate:
            return None
        if self._slip and not (count - self._rate) % self._slip:
            self._truncated += 1
            return Word.TRUNCATE
        self._withheld += 1
        return Word.WITHHOLD

    def take(self) -> tuple[int, int]:
        """Give how many answers were truncated and withheld since the last time."""
        found = self._truncated, self._withheld
        self._truncated = self._withheld = 0
        return found
