"""The brake: when too many addresses fail at once it is more likely the prober that is broken, and nobody else is taken out.

The law: of all addresses that are checked, at most ``percent`` go down within ``window`` seconds. The check that would take
out more, and every one after it, stays up: its verdict is withheld, however many rounds speak against it. What is down
already stays down, and who recovers comes back as ever. The brake is let go when, a window later or more, no more fail than
that percentage; those are believed at their next round. Fewer than ``LEAST`` never count as too many. Pure.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from gtm.health.table import NOTHING, Belief, Table, judge
from gtm.model.health import Verdict
from gtm.model.member import Address
from gtm.model.template import Template

Known = Callable[[str], Belief | None]
LEAST: Final = 5
"""Addresses that must fail within a window before that may be too many: of fewer, all may really die at once."""


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``percent`` of the addresses within ``window`` seconds; a percentage of 0: any number."""

    percent: int = 0
    window: float = 0.0

    @classmethod
    def of(cls, percent: int, templates: Iterable[Template]) -> "Limit":
        """Take for a window what the slowest template needs to have every target looked at once."""
        return cls(percent, max((each.interval + each.timeout for each in templates), default=0.0))

    def is_passed(self, failing: int, total: int) -> bool:
        """Tell whether so many of a total are too many."""
        return self.percent > 0 and failing >= LEAST and failing * 100 > self.percent * total


@dataclass(frozen=True, slots=True)
class Held:
    """What a brake must know after a restart: since when it is on (None: it is not), who fell when, which checks are withheld."""

    since: float | None = None
    fallen: Mapping[str, float] = field(default_factory=dict)
    withheld: tuple[str, ...] = ()


class Brake:
    """Says which deaths may be believed. Every moment is in seconds since 1970."""

    def __init__(self, limit: Limit, addresses: Iterable[Address]) -> None:
        """Begin with nobody fallen."""
        self.since: float | None = None
        self._fallen: dict[str, float] = {}
        self._withheld: set[str] = set()
        self.adopt(limit, addresses)

    def adopt(self, limit: Limit, addresses: Iterable[Address]) -> None:
        """Go by another limit, and watch these addresses."""
        self._limit = limit
        self._addresses = {address.key: address for address in addresses if address.checks}
        self._told_of: dict[str, list[Address]] = {}
        for address in self._addresses.values():
            for check in address.checks:
                self._told_of.setdefault(check.key, []).append(address)
        self._fallen = {key: moment for key, moment in self._fallen.items() if key in self._addresses}
        self._withheld &= self._told_of.keys()

    @property
    def held(self) -> Held:
        """What must survive a restart."""
        return Held(self.since, dict(self._fallen), tuple(sorted(self._withheld)))

    def restore(self, held: Held) -> None:
        """Go on from what was so before a restart."""
        self.since = held.since
        fallen = sorted(held.fallen.items(), key=lambda item: item[1])  # the oldest stand first
        self._fallen = {key: at for key, at in fallen if key in self._addresses}
        self._withheld = self._told_of.keys() & set(held.withheld)

    def believed(self, key: str, before: Belief | None, belief: Belief, known: Known, now: float) -> Belief:
        """Give what may be believed of a check after a round; ``known`` is what was believed of all before it."""
        if belief.verdict is not Verdict.DOWN or before is None or before.verdict is not Verdict.UP:
            if not belief.against:
                self._withheld.discard(key)
            return belief
        if self._lets(key, belief, known, now):
            return belief
        self._withheld.add(key)
        return replace(belief, verdict=Verdict.UP, since=before.since, against=before.against + 1)

    def _lets(self, key: str, belief: Belief, known: Known, now: float) -> bool:
        if not self._limit.percent or self.since is not None:
            return not self._limit.percent
        while self._fallen and not 0 <= now - self._fallen[first := next(iter(self._fallen))] < self._limit.window:
            del self._fallen[first]
        told = self._told_of.get(key, ())
        falling = [each.key for each in told if _is_good(each, known) and not _is_good(each, known, {key: belief})]
        for each in falling:
            self._fallen.pop(each, None)  # the oldest stand first
        if self._limit.is_passed(len(self._fallen) + len(falling), len(self._addresses)):
            self.since = now
            return False
        self._fallen.update(dict.fromkeys(falling, now))
        return True

    def tick(self, known: Known, now: float) -> str:
        """Let go if there is no reason any more, and say how many fail; once a second will do."""
        failing = self._failing(known)
        if self.since is None:
            return self._words(len(failing))
        is_young = 0 <= now - self.since < self._limit.window
        if not self._limit.percent or not (is_young or self._limit.is_passed(len(failing), len(self._addresses))):
            self.since = None
            self._withheld.clear()
            self._fallen = {key: now for key in failing if not _is_good(self._addresses[key], known)}
        return self._words(len(failing))

    def said(self, known: Known) -> str:
        """Say how many fail, and what follows from that."""
        return self._words(len(self._failing(known)))

    def _words(self, failing: int) -> str:
        limit, many = self._limit, f"{failing} of {len(self._addresses)} checked addresses fail"
        if self.since is None:
            return f"{many}: who fails is taken out again"
        return f"{many}, more than {limit.percent} % within {limit.window:g} s (brake): no other is taken out until fewer do"

    def _failing(self, known: Known) -> set[str]:
        """Name those that fell, and those that would if all were believed."""
        withheld = {key: Belief(Verdict.DOWN) for key in self._withheld}
        told = {address.key for key in withheld for address in self._told_of[key]} | self._fallen.keys()
        return {key for key in told if not _is_good(self._addresses[key], known, withheld)}


def _is_good(address: Address, known: Known, instead: Mapping[str, Belief] = NOTHING) -> bool:
    keys = (address.key, *(check.key for check in address.checks))
    return judge(address, Table({key: one for key in keys if (one := instead.get(key) or known(key))})).is_good
