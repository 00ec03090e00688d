"""How faults speak: values quoted, names listed, and the nearest name offered."""

from collections.abc import Collection, Iterator
from difflib import get_close_matches
from json import dumps
from pathlib import Path
from string import ascii_lowercase, digits
from typing import Final

_LONGEST: Final = 60
_LONGEST_PATH: Final = 1000
_MOST: Final = 8
_MANY: Final = 500
_LETTERS: Final = ascii_lowercase + digits + "-_."


def quote(value: object, longest: int = _LONGEST) -> str:
    """Show a value as TOML would write it; containers by their kind, long texts cut, nothing unprintable."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list | tuple):
        return "an array"
    if not isinstance(value, str):
        return (
            _short(str(value), longest)
            if not isinstance(value, int) or value.bit_length() < 1000
            else "so large a number"
        )
    return dumps(_short("".join(map(_printable, value)), longest), ensure_ascii=False).replace("\\\\u", "\\u")


def quote_path(path: Path) -> str:
    """Show a path, whole unless that is absurd."""
    return quote(str(path), _LONGEST_PATH)


def nearest(word: str, known: Collection[str]) -> str | None:
    """Find the known name that a word was probably meant to be. Among very many, one letter may be wrong at most."""
    if len(known) > _MANY:
        return next((candidate for candidate in _beside(word) if candidate in known), None)
    folded = {name.casefold(): name for name in known}
    if word.casefold() in folded:
        return folded[word.casefold()]
    return next(iter(get_close_matches(word, list(known), n=1)), None)


def _beside(word: str) -> Iterator[str]:
    """Yield the words that one changed, added, lost or swapped letter makes of this one."""
    for place in range(len(word) + 1):
        before, after = word[:place], word[place:]
        yield before + after[1:]
        yield before + after[1:2] + after[:1] + after[2:]
        for letter in _LETTERS:
            yield before + letter + after[1:]
            yield before + letter + after


def unknown(word: str, kind: str, known: Collection[str]) -> str:
    """Say that a word names nothing of this kind (``a pool``), and offer the nearest name or list those there are."""
    meant = nearest(word, known)
    said = f"{quote(word)} is not {kind}"
    if meant is not None:
        return f"{said}; did you mean {quote(meant)}?"
    return f"{said}; known: {listed(known)}" if known else f"{said}; there is none"


def listed(names: Collection[str]) -> str:
    """Quote names in order, the first few where there are many."""
    ordered = sorted(names)
    shown = ", ".join(map(quote, ordered[:_MOST]))
    return f"{shown} and {len(ordered) - _MOST} more" if len(ordered) > _MOST else shown


def raised(fault: BaseException) -> str:
    """Tell of an exception in one line, for code that is not ours."""
    text = " ".join(str(fault).split())
    return f"{type(fault).__name__}: {_short(text, 300)}" if text else type(fault).__name__


def _short(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]}…"


def _printable(character: str) -> str:
    return character if character.isprintable() else f"\\u{ord(character):04x}"
