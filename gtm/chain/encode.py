"""What was chosen, as octets: a piece of the answer for each group, to be drawn from.

Owner names are pointers into the question or into the aliases before,
so a piece fits whatever case the question was asked in (RFC 1035 section 4.1.4).
"""

from collections.abc import Hashable
from itertools import chain
from typing import Final

from gtm.chain.draw import Draw, Draws
from gtm.chain.piece import Blocks, Fixed, Led, One, Piece, Turns
from gtm.chain.word import Leaf, Pick, Steered
from gtm.dns.name import Name
from gtm.dns.record import Record, Writer
from gtm.model.member import Address

MOST_TURNS: Final = 64
"""Addresses up to which every turn of a rotation is kept ready: their octets grow with the square."""


class Splicer:
    """Encodes what was chosen for one purpose."""

    def __init__(self, purpose: Hashable, draws: Draws, owner: Name, ttl: int) -> None:
        """Take draw states for this purpose from ``draws``; ``owner`` and ``ttl`` in seconds go into each record."""
        self._purpose, self._draws, self._owner, self._ttl = purpose, draws, owner, ttl

    def piece(self, way: Pick | Leaf, writer: Writer) -> Piece:
        """Encode a group or an address behind what the writer has written."""
        if isinstance(way, Leaf):
            return self._leaf(way, writer)
        if len(way.options) == 1:
            return self.piece(way.options[0].leads, writer)
        pieces = [self.piece(option.leads, writer.fork()) for option in way.options]
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
        return self._purpose, pick.group, tuple((option.member.key, option.weight) for option in pick.options)

    def _leaf(self, leaf: Leaf, writer: Writer) -> Piece:
        address = leaf.member.item
        assert isinstance(address, Address)
        record = Record(self._owner, address.kind.rtype, self._ttl, address.rdata)
        then = leaf.then
        lead = tuple(writer.section((each,)) for each in (record, *(then.answer if then else ())))
        if then is None or not isinstance(then.end, Steered):
            return Fixed(lead)
        below = Splicer(self._purpose, self._draws, then.question.name, then.end.ttl)
        return Led(lead, below.piece(then.end.choice.pick, writer))


def _blocks(draw: Draw, pieces: list[Piece]) -> Piece:
    """Put all in rotation: worked out beforehand where each is fixed and they are not too many."""
    fixed = [piece.part for piece in pieces if isinstance(piece, Fixed)]
    if len(fixed) < len(pieces) or len(fixed) > MOST_TURNS:
        return Blocks(draw, pieces)
    turns = (fixed[first:] + fixed[:first] for first in range(len(fixed)))
    return Turns(draw, [tuple(dict.fromkeys(chain.from_iterable(turn))) for turn in turns])
