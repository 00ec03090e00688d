"""The address hints of SVCB and HTTPS records (RFC 9460 section 7.3): found, replaced, left out."""

from collections.abc import Collection, Mapping
from struct import Struct
from typing import Final

from gtm.dns import codes, name

HINTS: Final = {codes.A: 4, codes.AAAA: 6}
"""Address type: the key of its hint."""
_MANDATORY: Final = 0
_PARAM: Final = Struct("!HH")

Params = list[tuple[int, bytes]]


def params(rdata: bytes) -> tuple[bytes, Params]:
    """Take rdata apart: priority and target, then each key and its value; ValueError where it is malformed."""
    _, at = name.read(rdata, 2)
    head, found = rdata[:at], []
    while at < len(rdata):
        if at + _PARAM.size > len(rdata):
            raise ValueError("a parameter of an SVCB record is cut short")
        key, size = _PARAM.unpack_from(rdata, at)
        at += _PARAM.size + size
        if at > len(rdata):
            raise ValueError("a parameter of an SVCB record is longer than the record")
        found.append((key, rdata[at - size : at]))
    return head, found


def written(key: int, value: bytes) -> bytes:
    """Write a parameter."""
    return _PARAM.pack(key, len(value)) + value


def hints(rdata: bytes) -> frozenset[int]:
    """Name the keys of the hints that a record has; one in alias mode has none (RFC 9460 section 2.4.2)."""
    if rdata[:2] == b"\0\0":
        return frozenset()
    return frozenset(key for key, _ in params(rdata)[1] if key in HINTS.values())


def hinted(rdata: bytes, given: Mapping[int, bytes]) -> bytes:
    """Replace parameters by key; an empty value leaves one out, and takes it off the mandatory ones (section 8)."""
    head, found = params(rdata)
    gone = {key for key, value in given.items() if not value}
    for key, old in found:
        value = given.get(key, old)
        if key == _MANDATORY:
            keys = (old[at : at + 2] for at in range(0, len(old), 2))
            value = b"".join(each for each in keys if int.from_bytes(each) not in gone)
            if not value:
                continue
        if key not in gone:
            head += written(key, value)
    return head


def gaps(rdata: bytes, keys: Collection[int]) -> tuple[bytes | int, ...]:
    """Cut rdata where parameters with these keys stand: octets as they are, and the key for each that is cut out."""
    octets, found = params(rdata)
    pieces: list[bytes | int] = []
    for key, value in found:
        if key in keys:
            pieces += (octets, key)
            octets = b""
        else:
            octets += written(key, value)
    return (*pieces, octets)
