"""Checks entries of the catalogue, each by itself and one against the others; PluginFault says what is wrong."""

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from ipaddress import ip_network
from typing import Final

from gtm import DEFAULT_LINE, PluginFault

from .entry import Entry
from .matcher import Marks
from .ranges import Network

MAX_ASN: Final = 2**32 - 1
_CODE: Final = re.compile(r"[a-z0-9][a-z0-9_-]*")
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_SUBDIVISION: Final = re.compile(r"[A-Z]{2}-[A-Z0-9]{1,3}")


def by_code(entries: Iterable[Entry]) -> dict[str, Entry]:
    """Index entries by code, refusing what is no code, is kept for the server, or stands twice."""
    found: dict[str, Entry] = {}
    for entry in entries:
        if entry.code == DEFAULT_LINE:
            raise PluginFault(f'line "{entry.code}" is everybody who is on no other line; it has no entry')
        if not _CODE.fullmatch(entry.code):
            raise PluginFault(f'line "{entry.code}": a code has lower-case letters, digits, "_" and "-" only')
        if entry.code in found:
            raise PluginFault(f'line "{entry.code}" stands twice: as {found[entry.code].name} and as {entry.name}')
        found[entry.code] = entry
    return found


def ancestry(entry: Entry, entries: Mapping[str, Entry]) -> Iterator[Entry]:
    """Yield an entry and all above it, refusing a parent that is unknown, of another category, or below its own child."""
    seen = [entry.code]
    yield entry
    while entry.parent is not None:
        parent = entries.get(entry.parent)
        if parent is None:
            near = "".join(f'; did you mean "{code}"?' for code in get_close_matches(entry.parent, entries, 1))
            raise PluginFault(f'line "{entry.code}": its parent "{entry.parent}" is not in the catalogue{near}')
        if parent.category != entry.category:
            raise PluginFault(
                f'line "{entry.code}" is of category "{entry.category}" below "{parent.code}" of category "{parent.category}"; make them one'
            )
        if parent.code in seen:
            raise PluginFault(f"lines are each other's parents: {' > '.join([*seen, parent.code])}")
        seen.append(parent.code)
        entry = parent
        yield entry


def marks(entry: Entry) -> Marks:
    """Read what an entry says of clients."""
    found = Marks(
        countries=_codes(entry, "countries", entry.countries, _COUNTRY),
        outside=_codes(entry, "outside", entry.outside, _COUNTRY),
        unlisted_on=_codes(entry, "unlisted_on", entry.unlisted_on, _COUNTRY),
        subdivisions=_codes(entry, "subdivisions", entry.subdivisions, _SUBDIVISION),
        asns=_asns(entry),
        organizations=_patterns(entry),
        networks=frozenset(_network(entry, text) for text in entry.networks),
    )
    if entry.union and found != Marks():
        raise PluginFault(
            f'line "{entry.code}" is a union of the lines below it, and so says nothing of clients itself'
        )
    return found


def _codes(entry: Entry, key: str, texts: list[str], shape: re.Pattern[str]) -> frozenset[str]:
    for text in texts:
        if not shape.fullmatch(text.upper()):
            wanted = "CN-BJ" if shape is _SUBDIVISION else "CN"
            raise PluginFault(f'line "{entry.code}": {key} has "{text}", which is no code such as {wanted}')
    return frozenset(text.upper() for text in texts)


def _asns(entry: Entry) -> frozenset[int]:
    for asn in entry.asns:
        if not 0 < asn <= MAX_ASN:
            raise PluginFault(f'line "{entry.code}": "{asn}" is no AS number; these are 1 to {MAX_ASN}')
    return frozenset(entry.asns)


def _patterns(entry: Entry) -> frozenset[str]:
    for pattern in entry.organizations:
        try:
            re.compile(pattern)
        except re.error as error:
            raise PluginFault(f'line "{entry.code}": "{pattern}" is no regular expression: {error}') from error
    return frozenset(entry.organizations)


def _network(entry: Entry, text: str) -> Network:
    try:
        return ip_network(text)
    except ValueError as error:
        raise PluginFault(f'line "{entry.code}": {error}; write a network such as 192.0.2.0/24') from error
