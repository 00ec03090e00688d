"""The health table: what is believed of checks and addresses. Replaced as a whole, never edited.

``judge`` is the one place where an address's state is derived (R-20 to R-28).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from math import inf
from types import MappingProxyType

from gtm.chain.facts import HEALTHY, HELD, LAST, RESOLVED, WORD, WorldKey, WorldValue
from gtm.model.health import Health, Verdict, meets
from gtm.model.member import Address
from gtm.model.resolved import Resolved


@dataclass(frozen=True, slots=True)
class Belief:
    """What is believed of one check, or of one address as a whole, and why.

    Moments are seconds since 1970, and for people: only a template's ``hold`` goes by one. ``since`` is when the verdict came to be,
    ``moment`` when the last observation was made, ``seconds`` how long that took and ``parts`` its steps, ``until`` when the
    next should have come long ago. ``against`` counts the rounds in a row that speak against the verdict. A verdict of None: no data yet.
    """

    verdict: Verdict | None
    since: float = 0.0
    reason: str = ""
    moment: float = 0.0
    seconds: float = 0.0
    until: float = inf
    against: int = 0
    warning: str = ""
    parts: tuple[tuple[str, float], ...] = ()


NOTHING: Mapping[str, Belief] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Table:
    """Beliefs by the key of a check, or of an address that was told of as a whole; what is not in it has no data yet."""

    beliefs: Mapping[str, Belief] = field(default_factory=lambda: NOTHING)

    @classmethod
    def of(cls, verdicts: Mapping[str, Verdict]) -> "Table":
        """Make a table of bare verdicts."""
        return cls({key: Belief(verdict) for key, verdict in verdicts.items()})

    def verdict(self, key: str) -> Verdict | None:
        """Look a verdict up; None where there is no data."""
        belief = self.beliefs.get(key)
        return belief.verdict if belief else None

    def saying(self, beliefs: Mapping[str, Belief]) -> "Table":
        """Give a new table with some beliefs replaced."""
        return Table({**self.beliefs, **beliefs})

    def without(self, keys: Collection[str]) -> "Table":
        """Give a table that knows nothing of some keys."""
        return Table({key: belief for key, belief in self.beliefs.items() if key not in keys}) if keys else self

    def changed(self, newer: "Table") -> set[str]:
        """Name the keys whose verdict differs."""
        before, after = self.beliefs, newer.beliefs
        differ = [key for key, belief in after.items() if before.get(key) is not belief]
        return {key for key in (*differ, *(before.keys() - after)) if self.verdict(key) is not newer.verdict(key)}


def judge(address: Address, table: Table) -> Health:
    """Derive an address's health from the verdicts on it."""
    told = table.verdict(address.key)
    if told is not None:
        return Health.OK if told is Verdict.UP else Health.EXCEPTIONAL
    if not address.checks:
        return Health.OK_NO_MONITOR
    heard = [verdict for check in address.checks if (verdict := table.verdict(check.key))]
    if not heard:
        return Health.NO_DATA
    good = sum(verdict is Verdict.UP for verdict in heard)
    if good == len(heard):
        return Health.OK
    return Health.OK_ALERT if meets(good, len(heard), address.healthy_when) else Health.EXCEPTIONAL


@dataclass(frozen=True, slots=True)
class State:
    """The facts that change in time, as one value: a query keeps the one with which it started.

    ``down`` are the addresses whose health is not good; ``held`` the member that each sticky group holds; ``words`` the
    operator's word on an item; ``last`` the addresses that were available last, of domains that ask for them;
    ``resolved`` what names outside our zones resolve to.
    """

    down: frozenset[str] = frozenset()
    held: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    last: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    resolved: Mapping[str, Resolved] = field(default_factory=dict)

    def value(self, key: WorldKey) -> WorldValue:
        """Look a fact up."""
        kind, subject = key
        if kind == HEALTHY:
            return subject not in self.down
        if kind == LAST:
            return self.last.get(subject)
        if kind == RESOLVED:
            return self.resolved.get(subject)
        return (self.held if kind == HELD else self.words).get(subject)

    def changed(self, newer: "State") -> set[WorldKey]:
        """Name the facts whose value differs."""
        found = {(HEALTHY, subject) for subject in self.down ^ newer.down}
        pairs: tuple[tuple[str, Mapping[str, object], Mapping[str, object]], ...] = (
            (HELD, self.held, newer.held),
            (WORD, self.words, newer.words),
            (LAST, self.last, newer.last),
            (RESOLVED, self.resolved, newer.resolved),
        )
        for kind, before, after in pairs:
            if before is not after:
                subjects = before.keys() | after.keys()
                found |= {(kind, subject) for subject in subjects if before.get(subject) != after.get(subject)}
        return found
