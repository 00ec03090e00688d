"""Strict decoding of a query: the header, one question, OPT. Every other record is skipped by its length.

``decode`` is total: any octets give a ``Query``, a ``Fault`` that names the reply's code, or None for silence.
"""

from dataclasses import dataclass
from struct import Struct
from typing import Final

from gtm.dns import codes, name
from gtm.dns.edns import BadOption, Edns
from gtm.dns.edns import decode as decode_opt

HEADER: Final = Struct("!HHHHHH")
QR: Final = 0x8000
OPCODE: Final = 0x7800
RD: Final = 0x0100
_RECORD: Final = Struct("!HHIH")


@dataclass(frozen=True, slots=True)
class Query:
    """One question. ``question`` is its wire form as sent, case kept; ``name`` the same in lower case."""

    ident: int
    flags: int
    question: bytes
    name: name.Name
    qtype: int
    qclass: int
    edns: Edns | None


@dataclass(frozen=True, slots=True)
class Fault:
    """A message that gets an error: the header to answer, the code, and what was wrong with it."""

    ident: int
    flags: int
    rcode: int
    reason: str


def decode(packet: bytes) -> Query | Fault | None:
    """Read one message; None for what must not be answered: shorter than a header, or itself a response."""
    if len(packet) < HEADER.size or packet[2] & 0x80:
        return None
    ident, flags, questions, *counts = HEADER.unpack_from(packet)
    if flags & OPCODE:
        return Fault(ident, flags, codes.NOTIMP, f"opcode {(flags & OPCODE) >> 11}")
    if questions != 1:
        return Fault(ident, flags, codes.FORMERR, f"{questions} questions")
    try:
        asked, position = name.read(packet, HEADER.size)
        question = packet[HEADER.size : position + 4]
        if len(question) != position + 4 - HEADER.size:
            raise name.BadName("the question is cut short")
        edns = _records(packet, position + 4, counts)
    except (name.BadName, BadOption) as fault:
        return Fault(ident, flags, codes.FORMERR, str(fault))
    qtype, qclass = int.from_bytes(question[-4:-2]), int.from_bytes(question[-2:])
    return Query(ident, flags, question, name.Name(asked.lower()), qtype, qclass, edns)


def _records(packet: bytes, position: int, counts: list[int]) -> Edns | None:
    """Step over the records behind the question, and read the OPT among the additional ones."""
    edns = None
    ordinary = counts[0] + counts[1]
    for index in range(sum(counts)):
        start = position
        owner, position = name.read(packet, position)
        if position + _RECORD.size > len(packet):
            raise BadOption("a record is cut short")
        rtype, _, _, length = _RECORD.unpack_from(packet, position)
        position += _RECORD.size + length
        if position > len(packet):
            raise BadOption("a record is longer than the message")
        if rtype == codes.OPT:
            if edns or index < ordinary or owner != name.ROOT or packet[start]:
                raise BadOption("OPT twice, outside the additional section, or not at the root")
            edns = decode_opt(packet[start:position])
    if position != len(packet):
        raise BadOption("octets behind the last record")
    return edns
