"""Pieces of an answer, and how they are drawn. A *part* is the octets of each of its records."""

from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from gtm.chain.draw import Draw

Part = tuple[bytes, ...]
T = TypeVar("T")
U = TypeVar("U")


class Piece(Protocol):
    """Something to answer with."""

    def draw(self) -> Part:
        """Give the records."""
        ...


class Fixed(Generic[T]):
    """Always the same."""

    __slots__ = ("part",)

    def __init__(self, part: T) -> None:
        """Hold it."""
        self.part = part

    def draw(self) -> T:
        """Give it."""
        return self.part

    def finished(self, finish: Callable[[T], U]) -> "Fixed[U]":
        """Do beforehand what would be done to each draw."""
        return Fixed(finish(self.part))


class Turns(Generic[T]):
    """One of several at a time, as the draw says."""

    __slots__ = ("_draw", "_next", "_parts")

    def __init__(self, draw: Draw, parts: list[T]) -> None:
        """Have each part ready."""
        self._draw, self._parts = draw, parts
        self._next = draw.next

    def draw(self) -> T:
        """Give the next."""
        return self._parts[self._next()]

    def finished(self, finish: Callable[[T], U]) -> "Turns[U]":
        """Do beforehand what would be done to each draw."""
        return Turns(self._draw, [finish(part) for part in self._parts])


class One:
    """One of several pieces, as the draw says, and whatever that draws."""

    __slots__ = ("_draw", "_pieces")

    def __init__(self, draw: Draw, pieces: list[Piece]) -> None:
        """Choose among pieces."""
        self._draw, self._pieces = draw, pieces

    def draw(self) -> Part:
        """Draw one, and let it draw."""
        return self._pieces[self._draw.next()].draw()


class Blocks:
    """All of several pieces, the order of the blocks rotated (AMB-11); a record that several hold is given once (RFC 2181 section 5)."""

    __slots__ = ("_draw", "_pieces")

    def __init__(self, draw: Draw, pieces: list[Piece]) -> None:
        """Put pieces one behind the other."""
        self._draw, self._pieces = draw, pieces

    def draw(self) -> Part:
        """Rotate the blocks, and let each draw."""
        first = self._draw.next()
        blocks = (*self._pieces[first:], *self._pieces[:first])
        return tuple(dict.fromkeys(record for piece in blocks for record in piece.draw()))


class Led:
    """A CNAME, and behind it whatever its target is answered with."""

    __slots__ = ("_below", "_lead")

    def __init__(self, lead: Part, below: Piece) -> None:
        """Put fixed records before a piece."""
        self._lead, self._below = lead, below

    def draw(self) -> Part:
        """Draw below, and put the CNAME before it."""
        return self._lead + self._below.draw()
