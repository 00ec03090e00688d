"""Overrides: an operator's word on pools, addresses and access domains; whom people mean, and what must be left. Pure.

A drain is planned: the member takes no part for a while, as if ``enabled = false``. ``up`` and ``down`` are as if its mode
were set by hand (R-22, R-23). An access domain can only be drained: its zone answers instead.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from difflib import get_close_matches
from fnmatch import translate
from ipaddress import ip_address
from types import MappingProxyType
from typing import Annotated, Final, Literal

import msgspec

from gtm.chain.facts import DRAIN, UP
from gtm.dns import name
from gtm.health.table import State
from gtm.health.world import Looking
from gtm.model.available import available, pool_refused
from gtm.model.member import Address, Domain, Group, Pool

Word = Literal["drain", "up", "down"]
FAR: Final = 1e11
"""Seconds since 1970 beyond which no moment lies: in the year 5138."""
Moment = Annotated[float, msgspec.Meta(ge=0, le=FAR)]
DONE: Final = MappingProxyType({"drain": "drained", "up": "forced up", "down": "forced down"})
KINDS: Final = MappingProxyType({"pool": "a pool", "address": "an address", "domain": "an access domain"})
_WISH: Final = "write pool:NAME, address:NAME or its value, or domain:NAME"
_MANY: Final = 1000
"""Names among which it would take too long to find the nearest."""
_MOST: Final = 5


class Override(msgspec.Struct, frozen=True):
    """A word on a member, named by its key. ``since`` and ``until`` (None: no end) are seconds since 1970.

    ``where`` is the file and line that it stands at, empty where a command said it.
    """

    on: str
    word: Word
    reason: str = ""
    by: str = ""
    since: Moment = 0.0
    until: Moment | None = None
    where: str = ""

    def holds(self, now: float) -> bool:
        """Tell whether it has not ended yet."""
        return self.until is None or now < self.until


class Left(msgspec.Struct, frozen=True):
    """A group that an override takes members from: how many are left available, of how many, and how many must be."""

    group: str
    left: int
    members: int
    least: int

    @property
    def is_enough(self) -> bool:
        """Tell whether the group's ``keep_at_least`` is kept."""
        return self.left >= self.least

    def __str__(self) -> str:
        """Show as ``pool:hk keeps 1 of 2 addresses``."""
        return f"{self.group} keeps {self.left} of {self.members} {self.noun}"

    @property
    def noun(self) -> str:
        """What its members are."""
        return "pools" if self.group.startswith("domain:") else "addresses"


def listed(keys: Sequence[str]) -> str:
    """Name the first few of some keys, and say how many more there are."""
    more = f" and {len(keys) - _MOST} more" if len(keys) > _MOST else ""
    return f"{', '.join(keys[:_MOST])}{more}"


def words(overrides: Iterable[Override], now: float) -> dict[str, str]:
    """Give the word on each key, as ``World.heed`` takes it; of two on one key the later in order counts."""
    return {override.on: override.word for override in overrides if override.holds(now)}


class Members:
    """Everything that an override may be on, by the names that people use, and the groups that each is a member of."""

    def __init__(self, pools: Iterable[Pool], addresses: Iterable[Address], domains: Iterable[Domain]) -> None:
        """Take all that is configured; ``addresses`` may hold some that no pool names."""
        self._spelled: dict[str, tuple[str, ...]] = {}
        self._above: defaultdict[str, list[Group]] = defaultdict(list)
        groups: tuple[Group, ...] = (*pools, *domains)
        for group in groups:
            self._spelled[group.key] = tuple(_spellings(group))
            for member in group.members:
                self._above[member.key].append(group)
        self._spelled |= {address.key: tuple(_spellings(address)) for address in addresses}
        self._keys: defaultdict[str, list[str]] = defaultdict(list)
        for key, spellings in self._spelled.items():
            for word in spellings:
                self._keys[word].append(key)

    def __contains__(self, key: str) -> bool:
        """Tell whether the configuration has it."""
        return key in self._spelled

    def now(self, key: str) -> tuple[str, ...]:
        """Give the keys of what had this key before a reload: a pool that came to hold both kinds is two, and the other way round."""
        return (key,) if key in self else tuple(self._keys.get(key, (key,)))

    def meant(self, wanted: Iterable[str]) -> tuple[str, ...]:
        """Give the keys of those that words such as ``pool:hk``, ``address:192.0.2.*`` mean; ValueError where one means nobody."""
        return self._found(wanted, None)

    def among(self, wanted: Iterable[str], keys: Collection[str]) -> tuple[str, ...]:
        """Give those of the keys that the words mean; what is not configured any more is meant by its key alone."""
        return self._found(wanted, keys)

    def _found(self, wanted: Iterable[str], keys: Collection[str] | None) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for word in wanted:
            # a glob says of what kind: "*" would drain access domains with their pools, and so no law would be asked
            meant = list(self._meant(_folded(word), keys)) if word.partition(":")[0] in KINDS else []
            if not meant:
                raise ValueError(self._nobody(word) if keys is None else self._unspoken(word, keys))
            found |= dict.fromkeys(meant)
        return tuple(found)

    def _meant(self, word: str, keys: Collection[str] | None) -> Iterator[str]:
        exact = {*self._keys.get(word, ()), *((word,) if keys is not None else ())}
        if keys is not None:
            exact.intersection_update(keys)
        if exact or not set(word) & set("*?["):
            yield from sorted(exact)
            return
        fits = re.compile(translate(word)).match
        for key in self._spelled if keys is None else keys:
            if any(map(fits, self._spelled.get(key, (key,)))):
                yield key

    def _nobody(self, word: str) -> str:
        kind, colon, rest = word.partition(":")
        if not colon or kind not in KINDS:
            guess = next((f"{each}:{word}" for each in KINDS if f"{each}:{word}" in self._keys), None)
            return f'"{word}" is no member; ' + (f'did you mean "{guess}"?' if guess else _WISH)
        known = {spelling.lower(): spelling for spelling in self._keys if spelling.startswith(f"{kind}:")}
        near = get_close_matches(_folded(word).lower(), known, n=1) if rest and len(known) <= _MANY else []
        said = f'"{word}" is not {KINDS[kind]}'
        return f'{said}; did you mean "{known[near[0]]}"?' if near else said

    def _unspoken(self, word: str, keys: Collection[str]) -> str:
        if any(self._meant(_folded(word), None)) or not keys:
            return f'there is no override on "{word}"'
        return f'there is no override on "{word}"; there are on {listed(sorted(keys))}'

    def left(self, keys: Collection[str], before: State, after: State) -> tuple[Left, ...]:
        """Tell what is left of the groups that the members belong to, and of those further up that lose one by it.

        A group that takes no part after it is not counted: nothing is taken from it.
        """
        was, then = Looking(before), Looking(after)
        direct = {group.key: group for key in keys for group in self._above.get(key, ())}
        further = {group.key: group for key in direct for group in self._above.get(key, ())}
        found = []
        for group in {**direct, **further}.values():
            left = _count(group, then)
            if then.enabled(group) and (group.key in direct or left < _count(group, was)):
                found.append(Left(group.key, left, len(group.members), group.keep_at_least))
        return tuple(found)


def refused(word: str, keys: Iterable[str]) -> str | None:
    """Say why these can't be given this word, or None."""
    domain = next((key for key in keys if key.startswith("domain:")), None)
    if word == DRAIN or domain is None:
        return None
    other = "release it" if word == UP else "drain it"
    return f"{domain} is an access domain and can't be forced {word}; {other}, or force its pools"


def too_few(left: Iterable[Left]) -> str | None:
    """Say of which groups too few members would be left, or None."""
    short = [each for each in left if not each.is_enough]
    if not short:
        return None
    said = [
        f"{each.group} would keep {each.left} of {each.members} {each.noun} available, and keep_at_least is {each.least}"
        for each in short[:_MOST]
    ]
    more = [f"{len(short) - _MOST} more groups"] if len(short) > _MOST else []
    return f"{'; '.join(said + more)}; say --anyway if that is meant"


def _count(group: Group, sight: Looking) -> int:
    """Count the members that could be answered now (R-20 to R-41); a pool that is forced up needs an address all the same."""
    if isinstance(group, Pool):
        return len(available(group, sight))
    pools = [member.item for member in group.members if isinstance(member.item, Pool)]
    return sum(
        sight.enabled(pool) and pool_refused(pool, sight) is None and bool(available(pool, sight)) for pool in pools
    )


def _spellings(item: Pool | Address | Domain) -> Iterator[str]:
    """Yield how people may write an item, its key first."""
    yield _folded(item.key)
    if isinstance(item, Address):
        yield f"address:{item.value}"
        if item.name:
            yield f"address:{item.name}"
    elif isinstance(item, Pool):
        yield from item.spellings
    else:
        yield f"domain:{name.show(item.name)}"


def _folded(word: str) -> str:
    """Write a word in its one spelling: the case of names of domains, their final dot, IPv6 addresses."""
    kind, colon, rest = word.partition(":")
    if kind == "domain" and colon:
        owner, slash, qtype = rest.partition("/")
        return f"domain:{owner.removesuffix('.').lower()}{slash}{qtype.upper()}"
    if kind == "address" and ":" in rest:
        try:
            return f"address:{ip_address(rest)}"
        except ValueError:
            return word
    return word
