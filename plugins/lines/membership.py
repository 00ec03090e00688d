"""Which lines a client is on: worked out when it is asked, for the lines that are asked about and no other.

The law of prefixes: an answer rests on every line that was looked at, in order of rank, up to and including the one that
was hit; misses count.
"""

from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from gtm import Known, Place

from .catalogue import Catalogue, Line


@dataclass(frozen=True, slots=True)
class Membership:
    """The lines of a client at an address, in the place that the plugins before this one found."""

    catalogue: Catalogue
    address: IPv4Address | IPv6Address
    place: Place

    def best(self, among: Collection[str]) -> Known[str | None]:
        """Give the client's line of highest rank; among custom lines of one depth the one with the longer network."""
        order = self.catalogue.order
        prefix, best, longest = 0, None, -1
        for code in sorted((code for code in among if code in order), key=order.__getitem__):
            line = self.catalogue.lines[code]
            if best is not None and line.rank != best.rank:
                break
            held = self._held(line)
            prefix = max(prefix, held.prefix)
            if held.value is not None and held.value > longest:
                best, longest = line, held.value
                if line.category != "custom":
                    break
        return Known(best.code if best else None, prefix)

    def _held(self, line: Line) -> Known[int | None]:
        length: int | None = None
        prefix = 0
        for matcher in line.tests or ():
            found = matcher.test(self.address, self.place)
            length, prefix = found.value, max(prefix, found.prefix)
            if length is None:
                break
        return Known(length, prefix)


@dataclass(frozen=True, slots=True)
class Simulated:
    """The lines of a client that is said to be on one line, and so on all above it; whatever its address."""

    ancestry: tuple[str, ...]

    def best(self, among: Collection[str]) -> Known[str | None]:
        """Give the line itself, or the nearest above it."""
        return Known(next((code for code in self.ancestry if code in among), None))
