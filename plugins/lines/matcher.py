"""Tells whether a client fits what an entry of the catalogue says of clients, and what that rests on.

Every attribute that is read lengthens the prefix, whether it fits or not; what is not read does not.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from ipaddress import IPv4Address, IPv6Address

from gtm import Known, Place

from .ranges import Network, Ranges

Test = Callable[[Place], Known[bool]]


@dataclass(frozen=True, slots=True)
class Marks:
    """What an entry says of clients: any one of these makes a client fit. Codes are in upper case."""

    countries: frozenset[str] = frozenset()
    outside: frozenset[str] = frozenset()
    unlisted_on: frozenset[str] = frozenset()
    subdivisions: frozenset[str] = frozenset()
    asns: frozenset[int] = frozenset()
    organizations: frozenset[str] = frozenset()
    networks: frozenset[Network] = frozenset()

    def __or__(self, other: "Marks") -> "Marks":
        """Join two entries: whoever fits either fits the result."""
        joined = {field.name: getattr(self, field.name) | getattr(other, field.name) for field in fields(self)}
        if self.outside and other.outside:
            joined["outside"] = self.outside & other.outside
        return Marks(**joined)


class Matcher:
    """Marks made ready for looking up."""

    __slots__ = ("_ranges", "_tests")

    def __init__(self, marks: Marks, listed: frozenset[str]) -> None:
        """Take the marks, their patterns known to compile, and the countries that any entry names."""
        self._tests = tuple(_tests(marks, listed))
        self._ranges = Ranges(marks.networks) if marks.networks else None

    def test(self, address: IPv4Address | IPv6Address, place: Place) -> Known[int | None]:
        """Give None when the client does not fit, else the length of the longest network that holds it, 0 without one."""
        prefix = 0
        for test in self._tests:
            fits = test(place)
            prefix = max(prefix, fits.prefix)
            if fits.value:
                return Known(0, prefix)
        if self._ranges is None:
            return Known(None, prefix)
        found = self._ranges.find(address)
        return Known(found.value, max(prefix, found.prefix))


def _tests(marks: Marks, listed: frozenset[str]) -> Iterator[Test]:
    if marks.countries:
        yield lambda place: Known(place.country.value in marks.countries, place.country.prefix)
    if marks.outside:
        yield lambda place: Known(place.country.value not in (None, *marks.outside), place.country.prefix)
    if marks.unlisted_on:
        yield lambda place: _is_unlisted(place, marks.unlisted_on, listed)
    if marks.subdivisions:
        yield lambda place: Known(place.subdivision.value in marks.subdivisions, place.subdivision.prefix)
    if marks.asns:
        yield lambda place: Known(place.asn.value in marks.asns, place.asn.prefix)
    if marks.organizations:
        names = re.compile("|".join(f"(?:{pattern})" for pattern in sorted(marks.organizations)), re.IGNORECASE)
        yield lambda place: Known(names.search(place.organization.value or "") is not None, place.organization.prefix)


def _is_unlisted(place: Place, continents: frozenset[str], listed: frozenset[str]) -> Known[bool]:
    if place.country.value is None or place.country.value in listed:
        return Known(value=False, prefix=place.country.prefix)
    return Known(place.continent.value in continents, max(place.country.prefix, place.continent.prefix))
