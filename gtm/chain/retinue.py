"""Answers that hosts go along with: their addresses are drawn, into hints and behind the answer.

What a draw puts into an answer has no fixed length. Behind it no name has a place that could be pointed at, so names
there point to what stands before (RFC 1035 section 4.1.4).
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from gtm.chain.company import hints
from gtm.chain.draw import Draws
from gtm.chain.encode import Splicer
from gtm.chain.piece import Fixed, Part, Turns
from gtm.chain.word import Host, Static
from gtm.dns import codes, svcb
from gtm.dns.record import Record, Writer
from gtm.model.question import Question

Places = Mapping[Question, int]
"""Where among the draws a host's addresses are."""


class Bundle(NamedTuple):
    """A host's addresses as drawn: how many records, their octets, and the hint that says the same."""

    size: int
    octets: bytes
    hint: bytes


class Form(NamedTuple):
    """A record with gaps: the octets before its length, then its data, a number where what is drawn there belongs."""

    head: bytes
    data: tuple[bytes | int, ...]

    def filled(self, drawn: list[Bundle]) -> bytes:
        """Put in what was drawn."""
        data = b"".join([drawn[each].hint if isinstance(each, int) else each for each in self.data])
        return self.head + len(data).to_bytes(2) + data


class Retinue:
    """An answer, and the hosts that go along."""

    def __init__(
        self, question: Question, answer: tuple[Record, ...], end: Static, draws: Draws, writer: Writer
    ) -> None:
        """Write behind what the writer has written. Draw states are this question's own, whoever else draws from the same groups."""
        places = {host.question: place for place, host in enumerate(end.hosts)}
        fixed = next((at for at, record in enumerate(answer) if _gaps(record, places)), len(answer))
        self._needed = writer.section(answer[:fixed])
        self._forms = [_form(record, places, writer) for record in answer[fixed:]]
        optional = end.optional
        if self._forms:
            optional = tuple(record for record in optional if record.rtype in svcb.HINTS)
            self._optional = b"".join(writer.fork().section((record,)) for record in optional)
        else:
            self._needed += writer.section(end.authority) + writer.section(end.additional)
            self._optional = writer.section(optional)
        self._count = len(optional)
        self._draws = [_drawing(question, each, draws, writer) for each in end.hosts]

    def draw(self) -> tuple[bytes, int, bytes]:
        """Draw: what is needed, then the number and the octets of the records that may be left out."""
        drawn = [draw() for draw in self._draws]
        needed = self._needed + b"".join([form.filled(drawn) for form in self._forms])
        octets = b"".join([each.octets for each in drawn])
        return needed, self._count + sum([each.size for each in drawn]), self._optional + octets


def _gaps(record: Record, places: Places) -> dict[int, int]:
    """Find which hints of a record are drawn: their keys, and where among the draws."""
    return {key: places[asked] for key, asked in hints(record).items() if asked in places}


def _form(record: Record, places: Places, writer: Writer) -> Form:
    gaps = _gaps(record, places)
    octets = writer.fork().section((record,))
    data = svcb.gaps(record.rdata, gaps) if gaps else (record.rdata,)
    filled = tuple(gaps[each] if isinstance(each, int) else each for each in data)
    return Form(octets[: -len(record.rdata) - 2], filled)


def _drawing(question: Question, host: Host, draws: Draws, writer: Writer) -> Callable[[], Bundle]:
    asked, end = host.question, host.end
    key, size = svcb.HINTS[asked.qtype], 4 if asked.qtype == codes.A else 16
    piece = Splicer((question, asked), draws, asked.name, end.ttl).piece(end.choice.pick, writer.fork())

    def bundle(part: Part) -> Bundle:
        hint = svcb.written(key, b"".join([record[-size:] for record in part]))
        return Bundle(len(part), b"".join(part), hint)

    if isinstance(piece, Fixed | Turns):
        return piece.finished(bundle).draw
    return lambda: bundle(piece.draw())
