"""Reads a master file (RFC 1035 section 5, ``$TTL`` of RFC 2308 section 4) into entries.

dnspython splits the text into tokens and knows every record type; what is done about owners, TTLs, classes and directives
stands here, so that no record is passed over in silence and every fault has its line.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Final, NoReturn

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.tokenizer
import dns.ttl

from gtm import MAX_TTL, Name, PluginFault, Record, codes, name, one_line

from .entry import Entry
from .generate import fill, numbers
from .library import Library

_SHOWN: Final = 80
_REASON: Final = 400
_MISSING: Final = "expecting an identifier"
_REWORDED: Final = {
    _MISSING: "a field is missing, or stands in quotes where it must not",
    "Text input is malformed": "the data are not as this type has them",
}


@dataclass
class Scope:
    """What holds from one line to the next: origin, last owner, the TTL of ``$TTL``, the TTL that was stated last.

    ``warn`` hears of doubts.
    """

    origin: dns.name.Name
    warn: Callable[[str], None]
    owner: dns.name.Name | None = None
    default: int | None = None
    last: int | None = None


class _Ascii(dns.name.IDNACodec):
    """Refuses names outside ASCII: which Punycode they would become is for their author to say."""

    def __init__(self) -> None:
        """Know nothing."""

    def encode(self, label: str) -> bytes:
        raise ValueError(f'"{label}" is not ASCII; write the label in Punycode (xn--) or its octets as \\DDD')


def read(
    text: str, zone: Name, library: Library, file: Path | None, folder: Path, warn: Callable[[str], None]
) -> Iterator[Entry]:
    """Read a master file with the zone as its first origin; PluginFault at the first line that is wrong.

    ``file`` is where the text is from, None for text of the Corefile; ``folder`` is where its ``$INCLUDE`` starts.
    """
    scope = Scope(dns.name.from_wire(zone, 0)[0], warn)
    return Reader(text, scope, library, folder, () if file is None else (file,)).entries()


class Reader:
    """Reads one text, and what it includes."""

    def __init__(self, text: str, scope: Scope, library: Library, folder: Path, opened: tuple[Path, ...]) -> None:
        """Begin in a scope; ``opened`` are the files that led here, this one last."""
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        self._lines = text.split("\n")
        self._tokens = dns.tokenizer.Tokenizer(text, idna_codec=_Ascii())
        self._scope, self._library, self._folder, self._opened = scope, library, folder, opened
        self._file = opened[-1] if opened else None
        self._line = 1
        self._owner: Name | None = None
        self._rtype = 0

    def entries(self) -> Iterator[Entry]:
        """Yield the records in the order in which they stand."""
        while (found := self._next()) is not None:
            yield from found

    def _next(self) -> Iterable[Entry] | None:
        self._line = self._tokens.where()[1]
        self._owner, self._rtype = None, 0
        try:
            token = self._tokens.get(want_leading=True)
            if token.is_eof():
                return None
            if token.is_eol():
                return ()
            if token.is_identifier() and token.value.startswith("$"):
                return self._directive(token.value.upper())
            return self._record(token)
        except (dns.exception.DNSException, ValueError) as fault:
            if isinstance(fault, PluginFault) and fault.file is not None:
                raise
            self._fail(fault)

    def _fail(self, fault: Exception) -> NoReturn:
        """Give a fault the place, the record and the text that it is about."""
        reason = one_line(str(fault).rstrip("."), _REASON) or "it can not be read"
        reason = _REWORDED.get(reason, reason)
        if not reason[1:2].isupper():
            reason = reason[0].lower() + reason[1:]
        line = self._lines[self._line - 1].strip()
        shown = one_line(line, _SHOWN)
        subject = ""
        if self._owner is not None:
            subject = f"{name.show(self._owner)}{f' {codes.type_text(self._rtype)}' if self._rtype else ''}: "
        raise PluginFault(f'{subject}{reason} (in "{shown}")', self._file, self._line) from fault

    def _directive(self, directive: str) -> Iterable[Entry]:
        match directive:
            case "$TTL":
                self._scope.default = _ttl(self._tokens.get_identifier())
                self._tokens.get_eol()
                return ()
            case "$ORIGIN":
                self._scope.origin = self._tokens.get_name(self._scope.origin)
                self._tokens.get_eol()
                return ()
            case "$INCLUDE":
                return self._include()
            case "$GENERATE":
                return self._generate()
            case _:
                raise ValueError(f'"{directive}" is not a directive; there are $ORIGIN, $TTL, $INCLUDE and $GENERATE')

    def _include(self) -> Iterable[Entry]:
        named = self._tokens.get_string()
        token = self._tokens.get()
        origin = self._scope.origin
        if not token.is_eol_or_eof():
            origin = self._tokens.as_name(token, origin)
            self._tokens.get_eol()
        path = self._library.include(named, self._folder)
        if path.resolve() in (opened.resolve() for opened in self._opened):
            raise ValueError(f'$INCLUDE of "{named}": the file would include itself')
        # a copy: neither origin nor TTL nor owner of the included file reaches back (RFC 1035 section 5.1)
        scope = replace(self._scope, origin=origin)
        return Reader(self._library.read(path), scope, self._library, path.parent, (*self._opened, path)).entries()

    def _generate(self) -> Iterable[Entry]:
        """Read as many records as a range has numbers."""
        wanted, owner = numbers(self._tokens.get_identifier()), self._tokens.get()
        if not owner.is_identifier():
            raise ValueError(_MISSING)
        stated, rtype = self._fields()
        middle = f"{'' if stated is None else stated} {codes.type_text(rtype)}"
        rdata = _rest(self._tokens)
        outer, kept = self._tokens, self._scope.owner
        found: list[Entry] = []
        for number in wanted:
            line = f"{fill(owner.value, number)} {middle} {fill(rdata, number)}"
            self._tokens = dns.tokenizer.Tokenizer(line, idna_codec=_Ascii())
            found += self._record(self._tokens.get(want_leading=True))
        self._tokens, self._scope.owner = outer, kept
        return found

    def _record(self, token: dns.tokenizer.Token) -> Iterable[Entry]:
        if token.is_whitespace():
            token = self._tokens.get()
            if token.is_eol_or_eof():
                return ()
            self._tokens.unget(token)
        else:
            self._scope.owner = self._tokens.as_name(token, self._scope.origin)
        if self._scope.owner is None:
            raise ValueError("the first record has no owner; begin the line with a name or @")
        owner = Name((self._scope.owner.to_wire() or b"").lower())
        self._owner = owner
        stated, rtype = self._fields()
        self._rtype = rtype
        rdata = dns.rdata.from_text(
            dns.rdataclass.IN, dns.rdatatype.RdataType.make(rtype), self._tokens, self._scope.origin, relativize=False
        )
        wire = rdata.to_wire() or b""
        is_told = stated is not None or self._scope.default is not None or self._scope.last is not None
        record = Record(owner, rtype, self._effective(stated, rtype, wire), wire)
        entry = Entry(record, rdata.to_digestable(), self._line, self._file)
        if not is_told:
            self._scope.warn(entry.remark(f"it has no TTL; {record.ttl} is taken, the last of its own numbers"))
        return (entry,)

    def _fields(self) -> tuple[int | None, int]:
        """Read TTL and class, both optional and in either order, and the type."""
        ttl = None
        for _ in range(3):
            text = self._tokens.get_identifier()
            if text[0].isdigit() and ttl is None:
                ttl = _ttl(text)
            elif (rdclass := _class(text)) is None:
                return ttl, _type(text)
            elif rdclass != codes.IN:
                raise ValueError(f'class "{text}" is not served; every record of a zone is of class IN')
        raise ValueError("the record has no type")

    def _effective(self, stated: int | None, rtype: int, wire: bytes) -> int:
        """Choose the TTL: stated, ``$TTL``, the one stated last, or the minimum of a SOA that comes first."""
        scope = self._scope
        if stated is not None:
            scope.last = stated
            return stated
        if scope.default is not None:
            return scope.default
        if scope.last is None and rtype == codes.SOA:
            scope.last = int.from_bytes(wire[-4:])
        if scope.last is None:
            raise ValueError("there is no TTL; state one, or put $TTL before the record")
        return scope.last


def _rest(tokens: dns.tokenizer.Tokenizer) -> str:
    """Give what is left of a line; quotes around all of it go, as with BIND, and so do the backslashes before others."""
    left: list[dns.tokenizer.Token] = []
    while not (token := tokens.get()).is_eol_or_eof():
        left.append(token)
    if len(left) == 1:
        whole: str = left[0].value
        return whole.replace('\\"', '"')
    return " ".join(f'"{each.value}"' if each.is_quoted_string() else each.value for each in left)


def _ttl(text: str) -> int:
    try:
        ttl = dns.ttl.from_text(text)
    except dns.ttl.BadTTL:
        ttl = -1
    if not 0 <= ttl <= MAX_TTL:
        raise ValueError(f'"{text}" is not a TTL; write seconds, 0 to {MAX_TTL}, or a span such as 1h30m')
    return ttl


@lru_cache(maxsize=256)
def _class(text: str) -> int | None:
    try:
        return dns.rdataclass.from_text(text)
    except (dns.exception.DNSException, ValueError):
        return None


@lru_cache(maxsize=256)
def _type(text: str) -> int:
    rtype = codes.type_number(text)
    if rtype == 0 or dns.rdatatype.is_metatype(dns.rdatatype.RdataType.make(rtype)):
        raise ValueError(f'"{text}" is a type for queries only; no record has it')
    return rtype
