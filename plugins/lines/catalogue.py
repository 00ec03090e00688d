"""The catalogue: every line with its ancestors, its rank, and what makes a client belong to it.

A client is on a line when it fits the line's own entry and those of its ancestors. Rank is R-61: category custom > search
> cloud > isp > region; inside a category the deeper line; then, among custom lines, the longer network; then the code.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from ipaddress import ip_network
from typing import Final, get_args

from gtm import DEFAULT_LINE, Networks, PluginFault

from .entry import Category, Entry
from .matcher import Marks, Matcher
from .ranges import Network

CATEGORIES: Final[tuple[Category, ...]] = get_args(Category)
_CODE: Final = re.compile(r"[a-z0-9][a-z0-9_-]*")
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_SUBDIVISION: Final = re.compile(r"[A-Z]{2}-[A-Z0-9]{1,3}")


@dataclass(frozen=True, slots=True)
class Line:
    """A class of clients. ``ancestry`` is the line itself and all above it; ``tests`` must all be fitted, None means by nobody.

    ``rank`` orders lines: the smaller the better; ``order`` breaks its ties.
    """

    code: str
    name: str
    category: Category
    ancestry: tuple[str, ...]
    rank: tuple[int, int]
    tests: tuple[Matcher, ...] | None
    basis: str = ""

    @property
    def order(self) -> tuple[tuple[int, int], str]:
        """Where it stands when lines are looked at one after the other."""
        return self.rank, self.code


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Lines by their code."""

    lines: Mapping[str, Line]

    def with_custom(self, custom: Mapping[str, Networks]) -> "Catalogue":
        """Add the operator's own lines; PluginFault when a code is taken."""
        return Catalogue({**self.lines, **{code: self._custom(code, networks) for code, networks in custom.items()}})

    def _custom(self, code: str, networks: Networks) -> Line:
        if code == DEFAULT_LINE:
            raise PluginFault(f'line "{code}" is everybody who is on no other line; give your own another code')
        if code in self.lines:
            taken = self.lines[code]
            raise PluginFault(
                f'line "{code}" is in the catalogue already ({taken.name}); give your own another code, such as "my_{code}"'
            )
        tests = (Matcher(Marks(networks=frozenset(networks)), frozenset()),)
        return Line(code, code, "custom", (code,), _rank("custom", 1), tests)


def build(entries: Iterable[Entry]) -> Catalogue:
    """Check the entries against each other and make the catalogue; PluginFault when one of them is wrong."""
    by_code: dict[str, Entry] = {}
    for entry in entries:
        _check_code(entry, by_code)
        by_code[entry.code] = entry
    own = {entry.code: _marks(entry) for entry in by_code.values()}
    listed = frozenset(country for marks in own.values() for country in marks.countries)
    below: dict[str, Marks] = {}
    for entry in by_code.values():
        if entry.parent:
            below[entry.parent] = below.get(entry.parent, Marks()) | own[entry.code]
    ...
