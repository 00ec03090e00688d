"""Domain names (RFC 1035 section 3.1, RFC 4343).

A ``Name`` is the wire form in lower case, uncompressed, root label included: equal names are equal bytes, so a name is
its own dictionary key. Case as it was asked lives in the packet alone, which the answer repeats.
"""

from collections.abc import Iterator
from typing import Final, NewType

Name = NewType("Name", bytes)

ROOT: Final = Name(b"\0")
MAX_NAME: Final = 255
MAX_LABEL: Final = 63
MAX_HOPS: Final = 32

_PLAIN: Final = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789-_*/+ABCDEFGHIJKLMNOPQRSTUVWXYZ")


class BadName(ValueError):
    """A text or an octet string is no domain name; the message says why."""


def parse(text: str) -> Name:
    r"""Read a name in presentation form (``\.`` and ``\DDD`` escapes, final dot optional); BadName when it is none."""
    if text in (".", ""):
        return ROOT
    pieces = [bytearray()]
    position = 0
    while position < len(text):
        character = text[position]
        if character == "\\":
            octet, position = _escaped(text, position + 1)
            pieces[-1].append(octet)
            continue
        position += 1
        if character == ".":
            pieces.append(bytearray())
        elif character.isascii() and character.isprintable() and character != " ":
            pieces[-1].append(ord(character))
        else:
            raise BadName(f'"{text}" is not a domain name: write {character!r} as \\DDD or in Punycode')
    if not pieces[-1]:
        pieces.pop()
    return from_labels(bytes(piece) for piece in pieces)


def _escaped(text: str, position: int) -> tuple[int, int]:
    digits = text[position : position + 3]
    if len(digits) == 3 and digits.isascii() and digits.isdigit() and int(digits) <= 255:
        return int(digits), position + 3
    if digits and digits[0].isascii() and not digits[0].isdigit():
        return ord(digits[0]), position + 1
    raise BadName(f'"{text}" is not a domain name: a backslash wants one character or three digits up to 255')


def from_labels(labels: Iterator[bytes]) -> Name:
    """Join labels, the root left out; BadName when one is empty, or longer than 63 octets, or the name than 255."""
    wire = bytearray()
    for label in labels:
        if not label:
            raise BadName("a label is empty: two dots follow each other, or the name begins with one")
        if len(label) > MAX_LABEL:
            raise BadName(f"a label has {len(label)} octets; {MAX_LABEL} is the most")
        wire.append(len(label))
        wire += label
    wire.append(0)
    if len(wire) > MAX_NAME:
        raise BadName(f"the name has {len(wire)} octets; {MAX_NAME} is the most")
    return Name(bytes(wire).lower())


def show(name: bytes) -> str:
    """Write a wire name in presentation form, without the final dot (the root is ``.``)."""
    return ".".join("".join(map(_shown, label)) for label in labels(name)) or "."


def _shown(octet: int) -> str:
    if octet in _PLAIN:
        return chr(octet)
    return f"\\{chr(octet)}" if 0x20 < octet < 0x7F else f"\\{octet:03}"


def labels(name: bytes) -> list[bytes]:
    """List the labels from the left, the root left out."""
    found = []
    position = 0
    while size := name[position]:
        found.append(name[position + 1 : position + 1 + size])
        position += 1 + size
    return found


def parent(name: Name) -> Name:
    """Take the leftmost label off; the root is its own parent."""
    return Name(name[1 + name[0] :]) if name[0] else name


def ancestry(name: Name) -> Iterator[Name]:
    """Yield the name and every name above it, the root last."""
    yield name
    while name[0]:
        name = parent(name)
        yield name


def is_under(name: Name, ancestor: Name) -> bool:
    """Tell whether a name is the ancestor itself or below it."""
    return name.endswith(ancestor) and ancestor in ancestry(name)


def skip(packet: bytes, start: int) -> int:
    """Give the offset behind a name, without following pointers; BadName where it runs out of the message."""
    position = start
    while position < len(packet):
        size = packet[position]
        if size >= 0xC0 or not size:
            return position + (2 if size else 1)
        if size > MAX_LABEL or position - start > MAX_NAME:
            break
        position += 1 + size
    raise BadName("a name that is none, or runs past the end of the message")


def read(packet: bytes, start: int) -> tuple[bytes, int]:
    """Read a possibly compressed name: its wire form with the case it was sent in, and the offset behind it.

    A pointer may only lead backwards, each before the last place read from, so no chain of them can loop
    (RFC 1035 section 4.1.4, RFC 9267), and there are at most 32. BadName for anything else.
    """
    wire = bytearray()
    position, floor, behind, hops = start, start, None, 0
    while True:
        if position >= len(packet):
            raise BadName("the name runs past the end of the message")
        size = packet[position]
        if size >= 0xC0:
            if position + 2 > len(packet):
                raise BadName("the name runs past the end of the message")
            behind = behind or position + 2
            target = (size & 0x3F) << 8 | packet[position + 1]
            hops += 1
            if not 12 <= target < floor or hops > MAX_HOPS:
                raise BadName("a compression pointer does not lead backwards, or leads to too many others")
            position = floor = target
            continue
        if size > MAX_LABEL:
            raise BadName("a label type other than plain and pointer")
        wire += packet[position : position + 1 + size]
        position += 1 + size
        if len(wire) > MAX_NAME:
            raise BadName(f"the name has more than {MAX_NAME} octets")
        if not size:
            return bytes(wire), behind or position
