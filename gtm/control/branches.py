"""Which branches of the tree were asked for. Nothing is made of those that were not."""

import re
from collections.abc import Callable, Iterable
from fnmatch import translate
from typing import NamedTuple

from gtm.control.door import StatusQuery
from gtm.dns import name
from gtm.model.member import Address, Domain, Member, Pool

Item = Domain | Pool | Address


class Branch(NamedTuple):
    """A pool as a member, and those of its members that are shown."""

    pool: Member
    addresses: tuple[Member, ...]


class Words:
    """Some words of a query, each a name or a glob. A member is looked at once, in however many branches it is.

    Letters are alike large and small, and a name may end in a dot: it may have been copied from ``dig``.
    """

    def __init__(self, words: Iterable[str]) -> None:
        """Read the words."""
        self._any = re.compile("|".join(translate(word.removesuffix(".")) for word in words), re.IGNORECASE)
        self._known: dict[str, bool] = {}

    def fit(self, item: Item) -> bool:
        """Tell whether one of the words is a member's key, name or value, or a glob of one."""
        if item.key not in self._known:
            self._known[item.key] = any(map(self._any.match, _spellings(item)))
        return self._known[item.key]

    def match(self, *spellings: str) -> bool:
        """Tell whether one of the words is one of these, or a glob of one."""
        return any(map(self._any.match, spellings))


class Branches:
    """Chooses by the words of a query, and by what is a problem where ``is_bad`` tells."""

    def __init__(self, query: StatusQuery, is_bad: Callable[[Item], bool] | None) -> None:
        """Read the words."""
        self._domain, self._pool, self._name = (
            Words(words) if words else None for words in (query.domain, query.pool, query.name)
        )
        self._is_bad = is_bad

    def of(self, domain: Domain) -> tuple[Branch, ...] | None:
        """Give the branches of an access domain that were asked for; None where it has nothing to do with it."""
        if self._domain and not self._domain.fit(domain):
            return None
        is_meant = self._name is None or self._name.fit(domain)
        found = tuple(filter(None, (self.pool(member, is_meant=is_meant) for member in domain.members)))
        if found or (is_meant and not self._pool and (self._is_bad is None or self._is_bad(domain))):
            return found
        return None

    def pool(self, member: Member, *, is_meant: bool) -> Branch | None:
        """Give a pool's branch; ``is_meant`` tells whether what is above it was asked for by name."""
        pool = member.item
        if not isinstance(pool, Pool) or (self._pool and not self._pool.fit(pool)):
            return None
        addresses = pool.members
        if self._name and not is_meant and not (is_meant := self._name.fit(pool)):
            addresses = tuple(each for each in addresses if self._name.fit(each.item))
        is_whole = is_meant
        if self._is_bad is not None:
            addresses = tuple(each for each in addresses if self._is_bad(each.item))
            is_whole = is_meant and self._is_bad(pool)
        return Branch(member, addresses) if addresses or is_whole else None


def _spellings(item: Item) -> list[str]:
    """List everything that a member may be called."""
    spellings = [item.key, item.key.partition(":")[2]]
    if isinstance(item, Domain):
        shown = name.show(item.name)
        return [*spellings, shown, f"domain:{shown}"]
    if isinstance(item, Address):
        return [*spellings, item.value, f"address:{item.value}", item.name, f"address:{item.name}"]
    return [*spellings, item.title, *item.spellings]
