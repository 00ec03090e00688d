"""How everybody stands: the health, the availability and the reason of each address, pool and access domain (R-20 to R-41).

What people see and what alerts are made of. Of a change only those are derived anew whom it may concern.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from gtm.chain.chain import Service
from gtm.health.table import Belief, State, Table, judge
from gtm.health.world import Looking
from gtm.model.available import address_word, counted, group_health, pool_word
from gtm.model.health import Health, Verdict
from gtm.model.member import Address, Check, Domain, Mode, Pool

T = TypeVar("T")
_CHECKS: Final = 3
_LETTERS: Final = 120
"""A reason names so many checks at most, and of each so many letters."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How an address, a pool or an access domain stands, and why; ``key`` tells which.

    One that the operator keeps up may be available and exceptional at once (R-114).
    """

    key: str
    health: Health
    available: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Change:
    """A standing whose health or availability is another than before; ``before`` is None where nothing was known."""

    before: Standing | None
    after: Standing


class Standings:
    """The standings of all that is configured, pools that no access domain names included."""

    def __init__(self, service: Service, pools: Iterable[Pool], before: Iterable[Standing] = ()) -> None:
        """Index what there is; ``before`` is how it stood before a reload, which is no change by itself."""
        self._domains = {domain.key: domain for domain in service.domains.values()}
        self._pools = {pool.key: pool for pool in pools}
        self._pools |= {pool.key: pool for domain in self._domains.values() for pool in _items(domain, Pool)}
        self._addresses = {item.key: item for pool in self._pools.values() for item in _items(pool, Address)}
        self._domains_of = _reversed((key, _items(item, Pool)) for key, item in self._domains.items())
        self._pools_of = _reversed((key, _items(item, Address)) for key, item in self._pools.items())
        self._told_of = _reversed((key, item.checks) for key, item in self._addresses.items())
        self._found: dict[str, Standing] = {}
        self._before = {standing.key: standing for standing in before}

    def recall(self, before: Iterable[Standing]) -> None:
        """Hear how it stood before a restart; that comes before the first update."""
        self._before = {standing.key: standing for standing in before}

    def __iter__(self) -> Iterator[Standing]:
        """Yield every standing: addresses, then pools, then access domains; nothing before the first update."""
        return iter(self._found.values())

    def get(self, key: str) -> Standing | None:
        """Look one up by the key of an address, a pool or an access domain; None where there is none."""
        return self._found.get(key)

    def above(self, checks: Collection[str]) -> frozenset[str]:
        """Give the keys of the pools and access domains that go by some of these checks."""
        pools = _above(_above(checks, self._told_of), self._pools_of)
        return frozenset((*pools, *_above(pools, self._domains_of)))

    def update(self, table: Table, state: State, keys: Collection[str] | None) -> list[Change]:
        """Derive anew what a change concerns; in the list addresses come first and access domains last.

        ``keys`` name the checks, addresses and overrides of which anything changed, were it the reason alone; None means
        all. A new reason is no change: it is kept to be shown, and not listed.
        """
        if keys is None or not self._found:
            keys = (*self._addresses, *self._pools, *self._domains)
        sight = Looking(state)
        changes: list[Change] = []
        touched: Iterable[str] = (each for key in keys for each in self._told_of.get(key, (key,)))
        moved = self._derive(touched, self._addresses, lambda item: _address(item, table, sight), changes)
        # an override of an address that is out anyway may still change how many count
        touched = (*keys, *_above((*keys, *moved), self._pools_of))
        moved = self._derive(touched, self._pools, lambda item: _pool(item, self._good(item), sight), changes)
        touched = (*keys, *_above(moved, self._domains_of))
        self._derive(touched, self._domains, lambda item: _domain(item, self._good(item), sight), changes)
        return changes

    def _derive(
        self, keys: Iterable[str], items: Mapping[str, T], derive: Callable[[T], Standing], changes: list[Change]
    ) -> list[str]:
        """Derive those of ``keys`` that are among the items; give the keys of those whose availability moved."""
        moved = []
        for key in dict.fromkeys(keys):
            if key not in items:
                continue
            before = self._found.get(key) or self._before.get(key)
            after = self._found[key] = derive(items[key])
            if before is None or before.available is not after.available:
                moved.append(key)
                changes.append(Change(before, after))
            elif before.health is not after.health:
                changes.append(Change(before, after))
        return moved

    def _good(self, group: Domain | Pool) -> int:
        return sum(self._found[member.key].available for member in group.members)


def _address(address: Address, table: Table, sight: Looking) -> Standing:
    health = judge(address, table)
    able = sight.enabled(address) and address_word(address, sight.mode(address), health.is_good) is None
    words = (_operator(address, health, sight), _observed(address, table, health))
    return Standing(address.key, health, able, _joined(words))


def _pool(pool: Pool, good: int, sight: Looking) -> Standing:
    total = counted(pool, sight)
    health = group_health(good, total, pool.healthy_when)
    able = sight.enabled(pool) and pool_word(pool, sight.mode(pool), good, total) is None
    said = pool_word(pool, Mode.AUTO, good, total)
    if health is Health.OK_ALERT:
        said = f"{good} of {total} addresses are available"
    return Standing(pool.key, health, able, _joined((_operator(pool, health, sight), said)))


def _domain(domain: Domain, good: int, sight: Looking) -> Standing:
    total = len(domain.members)
    health = group_health(good, total)
    said = f"{good} of {total} pools are available" if total else "it has no pool"
    words = (_operator(domain, health, sight), None if health is Health.OK else said)
    return Standing(domain.key, health, sight.enabled(domain) and health.is_good, _joined(words))


def _operator(item: Domain | Pool | Address, health: Health, sight: Looking) -> str | None:
    """Say what the operator wants of an item, where that makes a difference."""
    if not sight.enabled(item):
        return "it is drained" if item.enabled else "it is disabled"
    mode = Mode.AUTO if isinstance(item, Domain) else sight.mode(item)
    if mode is Mode.AUTO or (mode is Mode.UP and health.is_good):
        return None
    of_itself = isinstance(item, Address) and item.mode is mode
    return f"its mode is {mode.value}" if of_itself else f"it is forced {mode.value}"


def _observed(address: Address, table: Table, health: Health) -> str:
    """Say what was seen of an address: by the checks that fail where any does, else by all."""
    if (told := table.beliefs.get(address.key)) and told.verdict:
        return _cut(told.reason)
    if health is Health.OK_NO_MONITOR:
        return "it has no checks"
    if health is Health.NO_DATA:
        return "there is no data yet"
    wanted = Verdict.UP if health is Health.OK else Verdict.DOWN
    seen = [_seen(check, table.beliefs[check.key]) for check in address.checks if table.verdict(check.key) is wanted]
    rest = [f"and {len(seen) - _CHECKS} more"] if len(seen) > _CHECKS else []
    return ", ".join([*seen[:_CHECKS], *rest])


def _seen(check: Check, belief: Belief) -> str:
    name = f"{check.template}:{check.port}" if check.port else check.template
    return f"{name} {_cut(belief.reason)}".rstrip()


def _cut(text: str) -> str:
    return text if len(text) <= _LETTERS else f"{text[: _LETTERS - 1]}…"


def _joined(words: Iterable[str | None]) -> str:
    return "; ".join(word for word in words if word)


def _items(group: Domain | Pool, kind: type[T]) -> Iterator[T]:
    return (member.item for member in group.members if isinstance(member.item, kind))


def _reversed(pairs: Iterable[tuple[str, Iterable[Check | Address | Pool]]]) -> dict[str, tuple[str, ...]]:
    """Turn "these are in that" into "that holds these", by key."""
    found: dict[str, list[str]] = {}
    for key, items in pairs:
        for item in items:
            found.setdefault(item.key, []).append(key)
    return {key: tuple(groups) for key, groups in found.items()}


def _above(keys: Iterable[str], groups: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(group for key in keys for group in groups.get(key, ())))
