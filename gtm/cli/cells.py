"""How much room a text takes on a terminal: a letter of Chinese, Japanese or Korean takes two cells, a combining mark none."""

from unicodedata import category, east_asian_width


def cells(text: str) -> int:
    """Count the cells that a text takes."""
    return len(text) if text.isascii() else sum(map(_cells, text))


def padded(text: str, room: int) -> str:
    """Fill a text up with blanks."""
    return text + " " * (room - cells(text))


def cut(text: str, room: int) -> str:
    """Leave of a text what fits."""
    if cells(text) <= room:
        return text
    for place, letter in enumerate(text):
        room -= _cells(letter)
        if room < 0:
            return text[:place]
    return text


def _cells(letter: str) -> int:
    if category(letter) in ("Mn", "Me"):
        return 0
    return 2 if east_asian_width(letter) in ("W", "F") else 1
