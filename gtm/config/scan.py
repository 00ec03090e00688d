"""Where things stand in a TOML text: the line of every table header, key and array element.

The text must be valid TOML, which ``tomllib`` has checked before; the scanner reads structure only, and no values.
"""

import re
import tomllib
from collections import defaultdict
from typing import Final

Path = tuple[str | int, ...]
"""Keys and array positions (from 0) that lead from the top of a document to a value."""

_TOKEN: Final = re.compile(
    r"""[ \t]*+ (?:\#[^\n]*+)?+ (
      \n
    | \"\"\" (?: [^"\\]++ | \\. | "{1,2}(?!") )*+ "{3,5}
    | ''' (?: [^']++ | '{1,2}(?!') )*+ '{3,5}
    | " (?: [^"\\\n]++ | \\. )*+ "
    | ' [^'\n]*+ '
    | [\[\]{},=.]
    | [^\s\[\]{},=.\#"']++
    )""",
    re.VERBOSE | re.DOTALL,
)
_ENDS: Final = frozenset({",", "]", "}", "\n", ""})


class Scanner:
    """Reads a valid document from its start, as far as it must to find what is asked for."""

    def __init__(self, text: str) -> None:
        """Begin at the top."""
        self._words = _TOKEN.findall(text.replace("\r\n", "\n"))
        self._words.append("")
        self._next = 0
        self._line = 1
        self._table: Path = ()
        self._counts: defaultdict[Path, int] = defaultdict(int)
        self._found: dict[Path, int] = {}

    def line(self, path: Path) -> int | None:
        """Give the line, counted from 1, of a place, or of the nearest that holds it where it is not written."""
        while path not in self._found and (word := self._words[self._next]):
            if word == "\n":
                self._take()
            elif word == "[":
                self._header()
            else:
                self._pair(self._table)
        sizes = range(len(path), 0, -1)
        return next((self._found[path[:size]] for size in sizes if path[:size] in self._found), None)

    def _take(self) -> str:
        word: str = self._words[self._next]
        if word:
            self._next += 1
        if "\n" in word:
            self._line += word.count("\n")
        return word

    def _header(self) -> None:
        line = self._line
        self._take()
        is_array = self._words[self._next] == "["
        if is_array:
            self._take()
        *above, last = self._key()
        path: Path = ()
        for key in above:
            path = self._latest((*path, key))
            self._found.setdefault(path, line)
        path = (*path, last)
        if is_array:
            self._counts[path] += 1
            self._found.setdefault(path, line)
            path = self._latest(path)
        self._found[path] = line
        self._table = path
        while self._words[self._next] == "]":
            self._take()

    def _latest(self, path: Path) -> Path:
        """Go into the element of an array of tables that was begun last."""
        count = self._counts.get(path)
        return (*path, count - 1) if count else path

    def _key(self) -> list[str]:
        keys = [_plain(self._take())]
        while self._words[self._next] == ".":
            self._take()
            keys.append(_plain(self._take()))
        return keys

    def _pair(self, table: Path) -> None:
        line, path = self._line, table
        for key in self._key():
            path = (*path, key)
            self._found.setdefault(path, line)
        self._take()
        self._value(path)

    def _value(self, path: Path) -> None:
        word = self._words[self._next]
        if word in ("[", "{"):
            self._take()
            self._inside(path, word == "[")
            return
        while self._words[self._next] not in _ENDS:
            self._take()

    def _inside(self, path: Path, is_array: bool) -> None:
        count = 0
        while word := self._words[self._next]:
            if word in ("\n", ","):
                self._take()
            elif word in ("]", "}"):
                self._take()
                return
            elif is_array:
                self._found[(*path, count)] = self._line
                self._value((*path, count))
                count += 1
            else:
                self._pair(path)


def _plain(word: str) -> str:
    if word[:1] not in ('"', "'"):
        return word
    key, *_ = tomllib.loads(f"{word} = 0")
    return key
