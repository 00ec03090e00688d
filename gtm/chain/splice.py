"""From an outcome to octets that stand ready: what a plan draws among is encoded when it is made, not when it answers.

Owner names are pointers into the question or into the aliases before,
so a piece fits whatever case the question was asked in (RFC 1035 section 4.1.4).
"""

from collections import deque
from collections.abc import Callable, Hashable
from functools import lru_cache
from itertools import chain
from math import inf
from struct import Struct
from typing import Final

from gtm.chain.draw import Draw, Draws
from gtm.chain.piece import Blocks, Fixed, Led, One, Part, Piece, Turns
from gtm.chain.word import Leaf, Outcome, Pick, Static, Steered
from gtm.dns import codes
from gtm.dns.name import ROOT, Name
from gtm.dns.record import MAX_TTL, Record, Writer
from gtm.model.member import Address
from gtm.model.place import Client
from gtm.model.question import Question

Heads = tuple[bytes, bytes, bytes, bytes]
"""The header behind the identifier, for a query without and with RD, then the same with an OPT record in the reply."""
Reply = tuple[Heads, bytes]
Why = tuple[Question, int, str]
"""What a plan answers, its response code, and in short how it came to be."""
Note = tuple[float, str, Client | None, bool, bool, int, Why | None]
"""An answer: when, to which peer, for which client, on a stream, from a plan that stood ready, octets, and the plan's why."""
Book = deque[Note]

QR_AA: Final = 0x8400
QR: Final = 0x8000
TC: Final = 0x0200
RD: Final = 0x0100
MOST_TURNS: Final = 64
"""Addresses up to which every turn of a rotation is kept ready: their octets grow with the square."""
_HEAD: Final = Struct("!HHHHH")


@lru_cache(maxsize=4096)
def heads(flags: int, answers: int, authorities: int = 0, additionals: int = 0) -> Heads:
    """Build the four forms of a reply's header, identifier left out."""
    plain, opt = additionals, additionals + 1
    return (
        _HEAD.pack(flags, 1, answers, authorities, plain),
        _HEAD.pack(flags | RD, 1, answers, authorities, plain),
        _HEAD.pack(flags, 1, answers, authorities, opt),
        _HEAD.pack(flags | RD, 1, answers, authorities, opt),
    )


FAILED: Final = Outcome(Question(ROOT, 0), (), Static(codes.SERVFAIL, authoritative=False))


class Plan:
    """What a walk leaves behind: everything about the answer but the draw.

    ``draw`` gives a reply: the header's four forms, and the octets behind the question. ``until`` is the moment (seconds
    since 1970) from which the plan must not be used. ``brief`` is the reply without its optional records, where it has any;
    ``truncated`` the header of one in which nothing else fits. ``count`` is how often it answered, over UDP and over
    TCP, together with all plans that count alike; ``book`` is where its answers are noted, if anybody observes them, ``why`` what is noted there.
    """

    __slots__ = ("book", "brief", "count", "draw", "truncated", "until", "why")

    def __init__(self, draw: Callable[[], Reply], flags: int = QR_AA, brief: Reply | None = None) -> None:
        """Answer with what is drawn; ``flags`` are those of the header, response code included."""
        self.draw, self.brief = draw, brief
        self.truncated = heads(flags | TC, 0)
        self.until = inf
        self.count = [0, 0]
        self.book: Book | None = None
        self.why: Why | None = None


def prepare(question: Question, outcome: Outcome, draws: Draws, most: int = MAX_TTL) -> Plan:
    """Make the plan of an outcome; no TTL in it is above ``most`` seconds.

    Draw states are found, not made anew, so shares go on where they were (R-52).
    """
    writer = Writer(question.name, most)
    lead = writer.section(outcome.answer)
    led = len(outcome.answer)
    if isinstance(outcome.end, Static):
        return _static(outcome, outcome.end, lead, writer)
    piece = Splicer(question, draws, outcome.question.name, outcome.end.ttl).piece(outcome.end.choice.pick, writer)

    def finish(part: Part) -> Reply:
        return heads(QR_AA, led + len(part)), lead + b"".join(part)

    if isinstance(piece, Fixed | Turns):  # nothing but the draw is left to do
        return Plan(piece.finished(finish).draw)
    return Plan(lambda: finish(piece.draw()))


def _static(outcome: Outcome, end: Static, lead: bytes, writer: Writer) -> Plan:
    flags = (QR_AA if end.authoritative else QR) | end.rcode
    authority = writer.section(end.authority)
    needed = lead + authority + writer.section(end.additional)
    whole = needed + writer.section(end.optional)
    counts = (len(outcome.answer), len(end.authority), len(end.additional))
    full: Reply = (heads(flags, counts[0], counts[1], counts[2] + len(end.optional)), whole)
    brief: Reply | None = (heads(flags, *counts), needed) if end.optional else None
    return Plan(lambda: full, flags, brief)


class Splicer:
    """Encodes what was chosen for one question."""

    def __init__(self, question: Question, draws: Draws, owner: Name, ttl: int) -> None:
        """Take draw states from ``draws``; ``owner`` and ``ttl`` in seconds go into each record."""
        self._question, self._draws, self._owner, self._ttl = question, draws, owner, ttl

    def piece(self, way: Pick | Leaf, writer: Writer) -> Piece:
        """Encode a group or an address behind what the writer has written."""
        if isinstance(way, Leaf):
            return self._leaf(way, writer)
        pieces = [self.piece(option.leads, writer.fork()) for option in way.options]
        if len(pieces) == 1:
            return pieces[0]
        if way.give == "one":
            draw = self._draws.weighted(self._key(way), [o.weight for o in way.options], at_random=way.at_random)
        else:
            draw = self._draws.rotation(self._key(way), len(pieces))
            if not way.is_alias:
                return _blocks(draw, pieces)
        # a CNAME stands alone: of a rotation that comes first, only the first is given
        fixed = [piece.part for piece in pieces if isinstance(piece, Fixed)]
        return Turns(draw, fixed) if len(fixed) == len(pieces) else One(draw, pieces)

    def _key(self, pick: Pick) -> Hashable:
        return self._question, pick.group, tuple((option.member.key, option.weight) for option in pick.options)

    def _leaf(self, leaf: Leaf, writer: Writer) -> Piece:
        address = leaf.member.item
        assert isinstance(address, Address)
        record = Record(self._owner, address.kind.rtype, self._ttl, address.rdata)
        then = leaf.then
        lead = tuple(writer.section((each,)) for each in (record, *(then.answer if then else ())))
        if then is None or not isinstance(then.end, Steered):
            return Fixed(lead)
        below = Splicer(self._question, self._draws, then.question.name, then.end.ttl)
        return Led(lead, below.piece(then.end.choice.pick, writer))


def _blocks(draw: Draw, pieces: list[Piece]) -> Piece:
    """Put all in rotation: worked out beforehand where each is fixed and they are not too many."""
    fixed = [piece.part for piece in pieces if isinstance(piece, Fixed)]
    if len(fixed) < len(pieces) or len(fixed) > MOST_TURNS:
        return Blocks(draw, pieces)
    turns = (fixed[first:] + fixed[:first] for first in range(len(fixed)))
    return Turns(draw, [tuple(dict.fromkeys(chain.from_iterable(turn))) for turn in turns])
