"""What a database's record says, in either dialect.

Nested: ``country.iso_code``, ``subdivisions.0.iso_code``, ``autonomous_system_number`` (GeoLite2, GeoIP2, DB-IP). Flat:
``country_code``, ``asn`` as a number or as ``AS64496``, ``as_name`` (IPinfo and others). The first path that holds
something gives the attribute.
"""

import re
from dataclasses import dataclass
from typing import Final

_CONTINENT: Final = ("continent.code", "continent_code", "continent")
_COUNTRY: Final = ("country.iso_code", "country_code", "country")
_SUBDIVISION: Final = ("subdivisions.0.iso_code", "subdivision_code", "subdivision", "region_code", "state_code")
_CITY: Final = ("city.names.en", "city_name", "city")
_ASN: Final = ("autonomous_system_number", "traits.autonomous_system_number", "as_number", "asn")
_ORGANIZATION: Final = (
    "autonomous_system_organization",
    "traits.autonomous_system_organization",
    "as_name",
    "as_organization",
    "as_org",
    "organization",
    "org",
    "isp",
)
_TWO_LETTERS: Final = re.compile(r"[A-Za-z]{2}")
_PART: Final = re.compile(r"[A-Za-z0-9]{1,3}")
_WHOLE: Final = re.compile(r"[A-Za-z]{2}-[A-Za-z0-9]{1,3}")
_AS: Final = re.compile(r"(?:AS)?([0-9]{1,10})", re.IGNORECASE)
MAX_ASN: Final = 2**32 - 1


class BadRecord(ValueError):
    """A record holds a value of another type than its name promises."""


@dataclass(frozen=True, slots=True)
class Found:
    """What one record says; None is what it leaves open. The meanings are those of ``gtm.Place``."""

    continent: str | None = None
    country: str | None = None
    subdivision: str | None = None
    city: str | None = None
    asn: int | None = None
    organization: str | None = None


NOTHING: Final = Found()


def read(record: object) -> Found:
    """Read a record of either dialect; BadRecord when an attribute has a wrong type."""
    if record is None:
        return NOTHING
    if not isinstance(record, dict):
        raise BadRecord(f"a record is {_kind(record)}, not a map")
    country = _code(record, _COUNTRY)
    return Found(
        continent=_code(record, _CONTINENT),
        country=country,
        subdivision=_subdivision(record, country),
        city=_text(record, _CITY),
        asn=_asn(record),
        organization=_text(record, _ORGANIZATION),
    )


def _at(record: object, path: str) -> object:
    for step in path.split("."):
        if isinstance(record, dict):
            record = record.get(step)
        elif isinstance(record, list) and step.isdigit():
            record = record[int(step)] if int(step) < len(record) else None
        else:
            return None
    return record


def _first(record: object, paths: tuple[str, ...]) -> tuple[str, object]:
    for path in paths:
        value = _at(record, path)
        # a map where the flat dialect has a text is the nested one, with this attribute left out
        if value is not None and value != "" and not isinstance(value, dict):
            return path, value
    return "", None


def _text(record: object, paths: tuple[str, ...]) -> str | None:
    path, value = _first(record, paths)
    if value is None or isinstance(value, str):
        return value
    raise BadRecord(f'"{path}" is {_kind(value)}, not a text')


def _code(record: object, paths: tuple[str, ...]) -> str | None:
    text = _text(record, paths)
    return text.upper() if text and _TWO_LETTERS.fullmatch(text) else None


def _subdivision(record: object, country: str | None) -> str | None:
    text = _text(record, _SUBDIVISION)
    if text and _WHOLE.fullmatch(text):
        return text.upper()
    return f"{country}-{text.upper()}" if country and text and _PART.fullmatch(text) else None


def _asn(record: object) -> int | None:
    path, value = _first(record, _ASN)
    if value is None:
        return None
    if isinstance(value, str):
        match = _AS.fullmatch(value)
        value = int(match[1]) if match else 0
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadRecord(f'"{path}" is {_kind(value)}, not a number')
    return value if 0 < value <= MAX_ASN else None


def _kind(value: object) -> str:
    return f"of type {type(value).__name__}"
