"""Chance and turn: how a plan draws.

Law of the cycle. Let member *j* have weight *w* of a total *W*. After *i* draws, for every *i*, its count is ``floor(i*w/W)``
or ``ceil(i*w/W)``: its *k*-th turn falls into draws ``floor((k-1)*W/w)`` up to, not including, ``ceil(k*W/w)`` (the
windows of proportionate fair scheduling). So within any run of consecutive draws each count is less than 2 off its share.
Within those windows the order is drawn by lot, and each whole cycle is turned round by the toss of a coin: two clients that ask
strictly in turn meet each member equally often, which a plain smooth rotation would not give them.
"""

from collections import deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from itertools import islice
from math import gcd
from random import Random
from typing import Final, Protocol

from gtm.chain.store import Store

SIGHT: Final = 1024
"""How many draws ahead are looked at. A turn whose window is longer is left to its last part."""

KEPT: Final = 32
"""How many stretches of whole cycles a deck keeps to pick from."""


class Draw(Protocol):
    """Says which option is next."""

    def next(self) -> int:
        """Give the index of an option, or of the rotation to answer with."""
        ...


class Rotation:
    """All in turn, the order rotated right by one for each query (R-52, R-71)."""

    __slots__ = ("_size", "_turn")

    def __init__(self, size: int) -> None:
        """Rotate over ``size`` options, beginning as written."""
        self._size = size
        self._turn = 0

    def next(self) -> int:
        """Give the index of the option that comes first."""
        first = self._turn
        self._turn = first - 1 if first else self._size - 1
        return first


class Lottery:
    """One by weight, each draw independent of all others."""

    __slots__ = ("_chance", "_range", "_weights")

    def __init__(self, weights: Sequence[int], chance: Random) -> None:
        """Draw among weights of which at least one is positive."""
        self._weights, self._chance = weights, chance
        self._range = range(len(weights))

    def next(self) -> int:
        """Draw."""
        return self._chance.choices(self._range, self._weights)[0]


class Deck:
    """Whole cycles of one set of weights, drawn beforehand, for every choice with these weights: a new one costs much more."""

    __slots__ = ("_chance", "_drawn", "_size", "_turns")

    def __init__(self, weights: Sequence[int], chance: Random) -> None:
        """Draw cycles for weights of which at least one is positive, and whose total is at most ``SIGHT``."""
        total = sum(weights)
        self._chance, self._turns = chance, _turns(weights, chance)
        self._size = total * max(1, 64 // total)
        self._drawn: list[list[int]] = []

    def deal(self) -> list[int]:
        """Pick cycles and turn them round by lot; now and then draw anew."""
        pick = int(self._chance.random() * KEPT)
        if pick >= len(self._drawn) or self._chance.random() < 1 / KEPT:
            self._drawn[pick : pick + 1] = [list(islice(self._turns, self._size))]
            pick = min(pick, len(self._drawn) - 1)
        drawn = self._drawn[pick]
        return drawn[::-1] if self._chance.random() < 0.5 else drawn[:]


class Cycle:
    """One by weight, in exact shares and unforeseeable order (the law above)."""

    __slots__ = ("_deal", "_ready")

    def __init__(self, deal: Callable[[], list[int]]) -> None:
        """Take whole cycles from a deck, or one draw at a time of a cycle that is too long to lay out."""
        self._deal = deal
        self._ready: list[int] = []

    def next(self) -> int:
        """Draw."""
        if not self._ready:
            self._ready = self._deal()
        return self._ready.pop()


def _turns(weights: Sequence[int], chance: Random) -> Iterator[int]:
    """Yield members for ever within the windows of the law.

    ``slack[d - now - 1]`` is how many draws before draw ``d`` are to spare once all is done that is due by then. Where it
    is 0, only what is due by then may be served; else one that is due later may, by chance, the likelier the nearer its
    deadline. Serving it costs each ``d`` before its own deadline one.
    """
    total = sum(weights)
    members = [member for member, weight in enumerate(weights) if weight]
    turn = [1] * len(weights)
    release = [0] * len(weights)
    deadline = [-(-total // weight) if weight else 0 for weight in weights]
    slack: deque[int] = deque()
    now = 0
    while True:
        while len(slack) < min(total, SIGHT):
            slack.append(_spare(now, now + len(slack) + 1, weights, turn))
        tight = now + 1 + next((ahead for ahead, spare in enumerate(slack) if not spare), len(slack))
        free = [member for member in members if release[member] <= now and deadline[member] <= tight]
        if not free:  # every other turn is spent: the one whose deadline is nearest, though it is out of sight
            nearest = min(deadline[member] for member in members if release[member] <= now)
            free = [member for member in members if deadline[member] == nearest and release[member] <= now]
        odds = [1 / (deadline[member] - now) for member in free]
        chosen = chance.choices(free, odds)[0] if len(free) > 1 else free[0]
        for ahead in range(min(deadline[chosen] - now - 1, len(slack))):
            slack[ahead] -= 1
        slack.popleft()
        now += 1
        release[chosen] = turn[chosen] * total // weights[chosen]
        turn[chosen] += 1
        deadline[chosen] = -(-turn[chosen] * total // weights[chosen])
        yield chosen


def _spare(now: int, due: int, weights: Sequence[int], turn: Sequence[int]) -> int:
    total = sum(weights)
    owed = (max(0, due * weight // total - served + 1) for weight, served in zip(weights, turn, strict=True))
    return due - now - sum(owed)


class Draws:
    """The draw states of every choice, kept by (question, group, candidates), so that they outlive the plans (rules R-52, R-58)."""

    def __init__(self, chance: Random, size: int = 65536) -> None:
        """Keep about ``size`` states; ``chance`` is the only source of randomness."""
        self._chance = chance
        self._store: Store[Hashable, Draw] = Store(size)
        self._decks: Store[tuple[int, ...], Deck] = Store(1024)

    def rotation(self, key: Hashable, size: int) -> Draw:
        """Give the rotation of a choice."""
        return self._kept(("all", key), lambda: Rotation(size))

    def weighted(self, key: Hashable, weights: Sequence[int], *, at_random: bool) -> Draw:
        """Give the draw by weight of a choice; where every weight is 0 all count alike."""
        shares = weights if any(weights) else [1] * len(weights)
        if at_random:
            return self._kept(("random", key), lambda: Lottery(shares, self._chance))
        return self._kept(("cycle", key), lambda: self._cycle(shares))

    def _cycle(self, weights: Sequence[int]) -> Cycle:
        divisor = gcd(*weights)
        reduced = tuple(weight // divisor for weight in weights)
        if sum(reduced) > SIGHT:
            turns = _turns(reduced, self._chance)
            return Cycle(lambda: [next(turns)])
        deck = self._decks.get(reduced)
        if deck is None:
            deck = Deck(reduced, self._chance)
            self._decks.put(reduced, deck)
        return Cycle(deck.deal)

    def _kept(self, key: Hashable, make: Callable[[], Draw]) -> Draw:
        draw = self._store.get(key)
        if draw is None:
            draw = make()
            self._store.put(key, draw)
        return draw
