"""The catalogue: every line with its ancestors, its rank, and what makes a client belong to it.

A client is on a line when it fits the line's own entry and those of its ancestors. Rank is R-61: category custom > search
> cloud > isp > region; inside a category the deeper line; then, among custom lines, the longer network; then the code.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Final, get_args

from gtm import DEFAULT_LINE, Networks, PluginFault

from .check import ancestry, by_code, marks
from .entry import Category, Entry
from .matcher import Marks, Matcher

CATEGORIES: Final[tuple[Category, ...]] = get_args(Category)


@dataclass(frozen=True, slots=True)
class Line:
    """A class of clients.

    ``ancestry`` is the line itself and all above it, nearest first. ``rank`` orders lines, the smaller the better. A
    client must fit all ``tests``; None means that nobody can.
    """

    code: str
    name: str
    category: Category
    ancestry: tuple[str, ...]
    tests: tuple[Matcher, ...] | None
    basis: str = ""

    @property
    def rank(self) -> tuple[int, int]:
        """Category first, then depth (R-61)."""
        return CATEGORIES.index(self.category), -len(self.ancestry)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Lines by their code, and the order in which they are looked at: by rank, then by code."""

    lines: Mapping[str, Line]
    order: Mapping[str, int]

    @classmethod
    def of(cls, lines: Iterable[Line]) -> "Catalogue":
        """Put lines in their order."""
        ordered = sorted(lines, key=lambda line: (line.rank, line.code))
        return cls({line.code: line for line in ordered}, {line.code: place for place, line in enumerate(ordered)})

    def with_custom(self, custom: Mapping[str, Networks]) -> "Catalogue":
        """Add the operator's own lines; PluginFault when a code is taken."""
        return Catalogue.of([*self.lines.values(), *(self._custom(*item) for item in custom.items())])

    def _custom(self, code: str, networks: Networks) -> Line:
        if code == DEFAULT_LINE:
            raise PluginFault(f'line "{code}" is everybody who is on no other line; give your own another code')
        if code in self.lines:
            taken = self.lines[code].name
            raise PluginFault(
                f'line "{code}" is in the catalogue ({taken}); give your own another code, such as "my_{code}"'
            )
        tests = (Matcher(Marks(networks=frozenset(networks)), frozenset()),) if networks else None
        return Line(code, code, "custom", (code,), tests)


def build(entries: Iterable[Entry]) -> Catalogue:
    """Check the entries against each other and make the catalogue; PluginFault when one of them is wrong."""
    index = by_code(entries)
    above = {code: tuple(ancestry(entry, index)) for code, entry in index.items()}
    own = {code: marks(entry) for code, entry in index.items()}
    listed = frozenset(country for said in own.values() for country in said.countries)
    for code in sorted(above, key=lambda code: -len(above[code])):
        if index[code].union:
            own[code] = reduce(or_, (own[below] for below, entry in index.items() if entry.parent == code), Marks())
    matchers = {code: Matcher(said, listed) for code, said in own.items() if said != Marks()}
    return Catalogue.of(_line(chain, matchers) for chain in above.values())


def _line(chain: tuple[Entry, ...], matchers: Mapping[str, Matcher]) -> Line:
    entry = chain[0]
    # a union above is fitted by whoever fits the line itself, so testing it would only lengthen prefixes
    needed = [one.code for one in reversed(chain) if one is entry or not one.union]
    tests = tuple(matchers[code] for code in needed) if all(code in matchers for code in needed) else None
    return Line(entry.code, entry.name, entry.category, tuple(one.code for one in chain), tests, entry.basis)
