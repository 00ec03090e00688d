"""A bounded dictionary: what a flood of strangers fills it with can't grow it, and what is used stays."""

from collections.abc import Iterator
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Store(Generic[K, V]):
    """Two generations of at most ``size`` entries each. A full young one becomes the old one, and the old one is forgotten.

    An entry found in the old generation moves to the young one, so every step costs the same however full the store is.
    """

    __slots__ = ("_old", "_size", "young")

    def __init__(self, size: int) -> None:
        """Hold at most twice ``size`` entries."""
        self._size = size
        self.young: dict[K, V] = {}
        self._old: dict[K, V] = {}

    def get(self, key: K) -> V | None:
        """Find an entry. A caller in a hurry may look into ``young`` first by itself."""
        found = self.young.get(key)
        if found is None and (found := self._old.pop(key, None)) is not None:
            self.put(key, found)
        return found

    def put(self, key: K, value: V) -> None:
        """Add or replace an entry."""
        if len(self.young) >= self._size and key not in self.young:
            self._old, self.young = self.young, {}
        self.young[key] = value
        self._old.pop(key, None)

    def drop(self, key: K) -> None:
        """Forget an entry, if it is there."""
        self.young.pop(key, None)
        self._old.pop(key, None)

    def clear(self) -> None:
        """Forget everything."""
        self.young.clear()
        self._old.clear()

    def __len__(self) -> int:
        """Count the entries."""
        return len(self.young) + len(self._old)

    def values(self) -> Iterator[V]:
        """Yield every value."""
        yield from self.young.values()
        yield from self._old.values()
