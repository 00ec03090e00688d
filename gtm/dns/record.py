"""Resource records, and sections of them as bytes with names compressed (RFC 1035 section 4.1.4)."""

from collections.abc import Iterable
from dataclasses import dataclass
from struct import Struct
from typing import Final

from gtm.dns import codes, name
from gtm.dns.name import Name

MAX_TTL: Final = 2**31 - 1
"""Largest TTL in seconds (RFC 2181 section 8)."""
_FIXED: Final = Struct("!HHIH")
_POINTER_END: Final = 0x4000

# rdata that holds names which may be compressed (RFC 3597 section 4): octets before the names, number of names
_NAMES_INSIDE: Final = {codes.NS: (0, 1), codes.CNAME: (0, 1), codes.PTR: (0, 1), codes.MX: (2, 1), codes.SOA: (0, 2)}


@dataclass(frozen=True, slots=True)
class Record:
    """One resource record of class IN: owner, type, TTL in seconds, rdata as uncompressed wire octets."""

    owner: Name
    rtype: int
    ttl: int
    rdata: bytes

    def __post_init__(self) -> None:
        if not 0 <= self.ttl <= MAX_TTL:
            raise ValueError(f"TTL {self.ttl} is not within 0 to {MAX_TTL}")
        if not 0 <= self.rtype <= 0xFFFF or len(self.rdata) > 0xFFFF:
            raise ValueError("a record's type and the length of its rdata are at most 65535")


class Writer:
    """Writes records behind a question that begins at offset 12, and remembers where every name stands."""

    def __init__(self, question: Name, most: int = MAX_TTL) -> None:
        """Start behind a question for this name; a TTL above ``most`` seconds is written as that."""
        self._most = most
        self._seen: dict[bytes, int] = {}
        self._at = 12
        self._remember(question, self._at)
        self._at += len(question) + 4

    def fork(self) -> "Writer":
        """Give a writer that goes on from here on its own."""
        twin: Writer = Writer.__new__(Writer)
        twin._most, twin._seen, twin._at = self._most, dict(self._seen), self._at
        return twin

    def section(self, records: Iterable[Record]) -> bytes:
        """Write records one after the other; the next section goes on where this one ended."""
        out = bytearray()
        start = self._at
        for record in records:
            out += self._name(record.owner)
            self._at = start + len(out) + _FIXED.size
            rdata = self._rdata(record)
            out += _FIXED.pack(record.rtype, codes.IN, min(record.ttl, self._most), len(rdata)) + rdata
            self._at = start + len(out)
        return bytes(out)

    def _rdata(self, record: Record) -> bytes:
        skip, names = _NAMES_INSIDE.get(record.rtype, (0, 0))
        if not names:
            return record.rdata
        start = self._at
        out = bytearray(record.rdata[:skip])
        position = skip
        for _ in range(names):
            inner, position = name.read(record.rdata, position)
            self._at = start + len(out)
            out += self._name(inner)
        return bytes(out + record.rdata[position:])

    def _name(self, wanted: bytes) -> bytes:
        position = 0
        lowered = wanted.lower()
        pointer = self._seen.get(lowered)
        if pointer is not None:
            return (0xC000 | pointer).to_bytes(2)
        while pointer is None and wanted[position]:
            position += 1 + wanted[position]
            pointer = self._seen.get(lowered[position:])
        self._remember(lowered, self._at)
        if pointer is None:
            return wanted
        return wanted[:position] + (0xC000 | pointer).to_bytes(2)

    def _remember(self, written: bytes, offset: int) -> None:
        position = 0
        while written[position] and offset + position < _POINTER_END:
            self._seen.setdefault(written[position:], offset + position)
            position += 1 + written[position]
