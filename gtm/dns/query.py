"""The one way in, whatever the transport: the header, one question, OPT, TSIG. Every other record is skipped by its length.

``decode`` is total: any octets give a ``Query``, a ``Fault`` that names the reply's code, or None for silence.
"""

from dataclasses import dataclass
from struct import Struct
from typing import Final

import msgspec

from gtm.dns import codes, name
from gtm.dns.edns import BadContent, BadOption, Edns
from gtm.dns.edns import decode as decode_opt
from gtm.dns.tsig import refusal

HEADER: Final = Struct("!HHHHHH")
QR: Final = 0x8000
OPCODE: Final = 0x7800
RD: Final = 0x0100
NOTIFY: Final = 0x2000
UPDATE: Final = 0x2800
KNOWN: Final = (0, NOTIFY, UPDATE)
"""Opcodes whose messages are read; the last two change something, and nobody has the right to (RFC 1996, RFC 2136)."""
_RECORD: Final = Struct("!HHIH")


LONGEST: Final = 4096
"""Octets of the longest query: none has use for more, and so none costs more than these do."""


class Query(msgspec.Struct, frozen=True):
    """One question, or none where only a cookie is asked for (RFC 7873 section 5.4).

    ``question`` is its wire form as sent, case kept; ``name`` the same in lower case. ``tsig`` is the TSIG record of the
    reply to a query that is signed.
    """

    ident: int
    flags: int
    question: bytes
    name: name.Name
    qtype: int
    qclass: int
    edns: Edns | None
    tsig: bytes = b""


@dataclass(frozen=True, slots=True)
class Fault:
    """A message that gets an error: the header to answer, the code, and what was wrong with it.

    ``question`` and ``opt`` go back with it where they could be read.
    """

    ident: int
    flags: int
    rcode: int
    reason: str
    question: bytes = b""
    opt: bytes = b""

    def reply(self) -> bytes:
        """Build the reply: identifier, opcode and RD as they came (RFC 1035 section 4.1.1)."""
        flags = QR | self.flags & (OPCODE | RD) | self.rcode
        return HEADER.pack(self.ident, flags, bool(self.question), 0, 0, bool(self.opt)) + self.question + self.opt


def decode(packet: bytes) -> Query | Fault | None:
    """Read one message; None for what must not be answered: shorter than a header, or itself a response."""
    if len(packet) < HEADER.size or packet[2] & 0x80:
        return None
    ident, flags, questions, *counts = HEADER.unpack_from(packet)
    if flags & OPCODE not in KNOWN:
        return Fault(ident, flags, codes.NOTIMP, f"opcode {(flags & OPCODE) >> 11}")
    question = b""
    try:
        if len(packet) > LONGEST or questions > 1:
            raise BadOption(f"{questions} questions, {len(packet)} octets")
        asked, position = name.read(packet, HEADER.size) if questions else (name.ROOT, HEADER.size)
        question = packet[HEADER.size : position + 4] if questions else b""
        if questions and len(question) != position + 4 - HEADER.size:
            raise BadOption("the question is cut short")
        qtype, qclass = int.from_bytes(question[-4:-2]), int.from_bytes(question[-2:])
        if flags & OPCODE == UPDATE and (qtype != codes.SOA or qclass in (codes.NONE, codes.ANY)):
            raise BadOption(f"an update of type {qtype}, class {qclass}, which is no zone (RFC 2136 section 3.1.1)")
        edns, tsig = _records(packet, HEADER.size + len(question), counts)
        if not questions and (edns is None or edns.cookie is None or flags & OPCODE):
            raise BadContent("0 questions", edns.reply() if edns else b"")
    except BadContent as fault:
        return Fault(ident, flags, codes.FORMERR, str(fault), question, fault.opt)
    except (name.BadName, BadOption) as fault:
        return Fault(ident, flags, codes.FORMERR, str(fault))
    return Query(ident, flags, question, name.Name(asked.lower()), qtype, qclass, edns, tsig)


def _records(packet: bytes, position: int, counts: list[int]) -> tuple[Edns | None, bytes]:
    """Step over the records behind the question, read the OPT among the additional ones, and a TSIG at the end."""
    edns, tsig = None, b""
    ordinary, every = counts[0] + counts[1], sum(counts)
    for index in range(every):
        start = position
        position = name.skip(packet, position)
        if position + _RECORD.size > len(packet):
            raise BadOption("a record is cut short")
        rtype, _, _, length = _RECORD.unpack_from(packet, position)
        position += _RECORD.size + length
        if position > len(packet):
            raise BadOption("a record is longer than the message")
        if rtype == codes.OPT:
            if edns or index < ordinary or packet[start]:
                raise BadOption("OPT twice, outside the additional section, or not at the root")
            edns = decode_opt(packet[start:position])
        elif rtype == codes.TSIG:
            if index < max(ordinary, every - 1):
                raise BadOption("TSIG that is not the last record (RFC 8945 section 5.1)")
            tsig = refusal(packet, start)
    if position != len(packet):
        raise BadOption("octets behind the last record")
    return edns, tsig
