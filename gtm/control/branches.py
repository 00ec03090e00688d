"""Which branches of the tree were asked for. Nothing is made of those that were not."""

from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase
from typing import NamedTuple

from gtm.control.door import StatusQuery
from gtm.dns import name
from gtm.model.member import Address, Domain, Member, Pool

Item = Domain | Pool | Address


class Branch(NamedTuple):
    """A pool as a member, and those of its members that are shown."""

    pool: Member
    addresses: tuple[Member, ...]


class Branches:
    """Chooses by the words of a query, and by what is a problem where ``is_bad`` tells."""

    def __init__(self, query: StatusQuery, is_bad: Callable[[Item], bool] | None) -> None:
        """Read the words."""
        self._query, self._is_bad = query, is_bad

    def of(self, domain: Domain) -> tuple[Branch, ...] | None:
        """Give the branches of an access domain that were asked for; None where it has nothing to do with it."""
        query = self._query
        if query.domain and not _fits(domain, query.domain):
            return None
        is_meant = not query.name or _fits(domain, query.name)
        found = tuple(filter(None, (self.pool(member, is_meant=is_meant) for member in domain.members)))
        if found or (is_meant and not query.pool and (self._is_bad is None or self._is_bad(domain))):
            return found
        return None

    def pool(self, member: Member, *, is_meant: bool) -> Branch | None:
        """Give a pool's branch; ``is_meant`` tells whether what is above it was asked for by name."""
        pool, query = member.item, self._query
        if not isinstance(pool, Pool) or (query.pool and not _fits(pool, query.pool)):
            return None
        is_meant = is_meant or not query.name or _fits(pool, query.name)
        addresses = pool.members if is_meant else tuple(each for each in pool.members if _fits(each.item, query.name))
        is_whole = is_meant
        if self._is_bad is not None:
            addresses = tuple(each for each in addresses if self._is_bad(each.item))
            is_whole = is_meant and self._is_bad(pool)
        return Branch(member, addresses) if addresses or is_whole else None


def _fits(item: Item, words: Iterable[str]) -> bool:
    """Tell whether one of the words is a member's key, name or value, or a glob of one."""
    spellings = [item.key, item.key.partition(":")[2]]
    if isinstance(item, Domain):
        shown = name.show(item.name)
        spellings += [shown, f"domain:{shown}"]
    elif isinstance(item, Address):
        spellings += [item.value, f"address:{item.value}", item.name, f"address:{item.name}"]
    elif isinstance(item, Pool):
        spellings += [item.title, *item.spellings]
    return any(fnmatchcase(each, word) for word in words for each in spellings)
