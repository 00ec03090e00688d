"""Asks databases in turn: the first that knows an attribute gives it, later ones fill in what is still open.

The law of prefixes: an attribute rests on every database that was asked for it, up to the one that knew; a database that
knew nothing counts as well, for it might have known more about a neighbour.
"""

from collections.abc import Iterable
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address
from typing import TypeVar

from gtm import Known, Place

from .database import Database
from .record import NOTHING, Found
from .reserved import public

T = TypeVar("T")


def locate(databases: Iterable[Database], address: IPv4Address | IPv6Address, place: Place) -> Place:
    """Fill in what is open of an address's place."""
    asked = public(address)
    if not asked.value:
        return _fill(place, NOTHING, asked.prefix)
    for database in databases:
        found, prefix = database.find(address)
        # a network that is never looked up may lie within the record's, and differs from it
        place = _fill(place, found, max(prefix, asked.prefix))
    return place


def _fill(place: Place, found: Found, prefix: int) -> Place:
    # a city of one country beside another country, because two databases disagree, would be no place at all
    agrees = place.country.value is None or found.country in (None, place.country.value)
    where = found if agrees else NOTHING
    rests = max(prefix, place.country.prefix)
    return replace(
        place,
        country=_settle(place.country, found.country, prefix),
        continent=_settle(place.continent, where.continent, rests),
        subdivision=_settle(place.subdivision, where.subdivision, rests),
        city=_settle(place.city, where.city, rests),
        asn=_settle(place.asn, found.asn, prefix),
        organization=_settle(place.organization, found.organization, prefix),
    )


def _settle(known: Known[T | None], value: T | None, prefix: int) -> Known[T | None]:
    return known if known.value is not None else Known(value, max(known.prefix, prefix))
