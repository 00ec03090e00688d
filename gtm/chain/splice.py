"""From an outcome to octets that stand ready: what a plan draws among is encoded when it is made, not when it answers."""

from collections import deque
from collections.abc import Callable
from functools import lru_cache
from math import inf
from struct import Struct
from typing import Final

from gtm.chain.draw import Draws
from gtm.chain.encode import Splicer
from gtm.chain.ends import BROKEN
from gtm.chain.piece import Fixed, Part, Turns
from gtm.chain.retinue import Retinue
from gtm.chain.word import Outcome, Static
from gtm.dns.name import ROOT
from gtm.dns.record import MAX_TTL, Writer
from gtm.dns.transport import TRANSPORTS, Transport
from gtm.model.place import Client
from gtm.model.question import Question

Heads = tuple[bytes, bytes, bytes, bytes]
"""The header behind the identifier, for a query without and with RD, then the same with an OPT record in the reply."""
Reply = tuple[Heads, bytes]
Why = tuple[Question, int, str]
"""What a plan answers, its response code, and in short how it came to be."""
Note = tuple[float, str, Client | None, Transport, bool, int, Why | None]
"""An answer: when, to which peer, for which client, over what, from a plan that stood ready, octets, and the plan's why."""
Book = deque[Note]

QR_AA: Final = 0x8400
QR: Final = 0x8000
TC: Final = 0x0200
RD: Final = 0x0100
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


FAILED: Final = Outcome(Question(ROOT, 0), (), BROKEN)


class Plan:
    """What a walk leaves behind: everything about the answer but the draw.

    ``draw`` gives a reply: the header's four forms, and the octets behind the question. ``until`` is the moment (seconds
    since 1970) from which the plan must not be used. ``brief`` is the reply without its optional records, where it has any;
    ``truncated`` the header of one in which nothing else fits. ``count`` is how often it answered, over each
    transport, together with all plans that count alike; ``kind`` stands for all answers that count as one where they
    are limited; ``ede`` is the option that goes with it (RFC 8914). ``book`` is where its answers are noted, if anybody observes them, ``why`` what is noted there.
    """

    __slots__ = ("book", "brief", "count", "draw", "ede", "kind", "truncated", "until", "why")

    def __init__(self, draw: Callable[[], Reply], flags: int = QR_AA, brief: Reply | None = None) -> None:
        """Answer with what is drawn; ``flags`` are those of the header, response code included."""
        self.draw, self.brief = draw, brief
        self.truncated = heads(flags | TC, 0)
        self.until = inf
        self.count = [0] * len(TRANSPORTS)
        self.kind = 0
        self.ede = b""
        self.book: Book | None = None
        self.why: Why | None = None


def prepare(question: Question, outcome: Outcome, draws: Draws, most: int = MAX_TTL) -> Plan:
    """Make the plan of an outcome; no TTL in it is above ``most`` seconds.

    Draw states are found, not made anew, so shares go on where they were (R-52).
    """
    writer = Writer(question.name, most)
    end = outcome.end
    if isinstance(end, Static):
        return _attended(question, outcome, end, draws, writer) if end.hosts else _static(outcome, end, writer)
    lead = writer.section(outcome.answer)
    led = len(outcome.answer)
    piece = Splicer(question, draws, outcome.question.name, end.ttl).piece(end.choice.pick, writer)

    def finish(part: Part) -> Reply:
        return heads(QR_AA, led + len(part)), lead + b"".join(part)

    if isinstance(piece, Fixed | Turns):  # nothing but the draw is left to do
        return Plan(piece.finished(finish).draw)
    return Plan(lambda: finish(piece.draw()))


def _flags(end: Static) -> int:
    return (QR_AA if end.authoritative else QR) | end.rcode


def _static(outcome: Outcome, end: Static, writer: Writer) -> Plan:
    flags = _flags(end)
    needed = writer.section(outcome.answer) + writer.section(end.authority) + writer.section(end.additional)
    whole = needed + writer.section(end.optional)
    counts = (len(outcome.answer), len(end.authority), len(end.additional))
    full: Reply = (heads(flags, counts[0], counts[1], counts[2] + len(end.optional)), whole)
    brief: Reply | None = (heads(flags, *counts), needed) if end.optional else None
    return Plan(lambda: full, flags, brief)


def _attended(question: Question, outcome: Outcome, end: Static, draws: Draws, writer: Writer) -> Plan:
    """Prepare an answer that hosts go along with: each draw leaves its own brief form behind."""
    retinue = Retinue(question, outcome.answer, end, draws, writer)
    flags, counts = _flags(end), (len(outcome.answer), len(end.authority), len(end.additional))

    def draw() -> Reply:
        needed, count, octets = retinue.draw()
        plan.brief = heads(flags, *counts), needed
        return heads(flags, counts[0], counts[1], counts[2] + count), needed + octets

    plan = Plan(draw, flags)
    return plan
