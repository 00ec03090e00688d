"""The health table: what is believed of checks and addresses. Replaced as a whole, never edited.

``judge`` is the one place where an address's state is derived (R-20 to R-28).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from gtm.chain.facts import HEALTHY, WorldKey
from gtm.model.health import Health, Verdict, meets
from gtm.model.member import Address

NO_WORDS: Mapping[str, Verdict] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Table:
    """Verdicts by the key of a check, or of an address that was told of as a whole; what is not in it has no data yet."""

    verdicts: Mapping[str, Verdict] = field(default_factory=lambda: NO_WORDS)

    def saying(self, verdicts: Mapping[str, Verdict]) -> "Table":
        """Give a new table with some verdicts replaced."""
        return Table({**self.verdicts, **verdicts})

    def changed(self, newer: "Table") -> set[str]:
        """Name the keys whose verdict differs."""
        keys = self.verdicts.keys() | newer.verdicts.keys()
        return {key for key in keys if self.verdicts.get(key) is not newer.verdicts.get(key)}


def judge(address: Address, table: Table) -> Health:
    """Derive an address's health from the verdicts on it."""
    told = table.verdicts.get(address.key)
    if told is not None:
        return Health.OK if told is Verdict.UP else Health.EXCEPTIONAL
    if not address.checks:
        return Health.OK_NO_MONITOR
    found = [table.verdicts.get(check.key) for check in address.checks]
    heard = [verdict for verdict in found if verdict is not None]
    if not heard:
        return Health.NO_DATA
    good = sum(verdict is Verdict.UP for verdict in heard)
    if good == len(heard):
        return Health.OK
    return Health.OK_ALERT if meets(good, len(heard), address.healthy_when) else Health.EXCEPTIONAL


@dataclass(frozen=True, slots=True)
class State:
    """The facts that change in time, as one value: a query keeps the one with which it started."""

    down: frozenset[str] = frozenset()
    held: Mapping[str, str] = field(default_factory=dict)

    def value(self, key: WorldKey) -> str | bool | None:
        """Look a fact up: whether an address's health is good, or whom a group holds."""
        kind, subject = key
        return subject not in self.down if kind == HEALTHY else self.held.get(subject)
