"""``$GENERATE``: one line of a master file that stands for many, as BIND's manual describes it.

Neither a file nor a zone is known here: a range and a text with ``$`` in it go in, texts come out.
"""

import re
from typing import Final

MOST: Final = 65536
"""Records that one line may stand for."""
_LARGEST: Final = 2**31 - 1
_WIDEST: Final = 255

_RANGE: Final = re.compile(r"(\d{1,10})-(\d{1,10})(?:/(\d{1,10}))?", re.ASCII)
_PART: Final = re.compile(r"\\.|\$\$|\$\{([^}]*)\}|\$(?!\{)", re.DOTALL)
_MODIFIER: Final = re.compile(r"(-?\d{1,10})(?:,(\d{1,3})(?:,([doxXnN]))?)?", re.ASCII)


def numbers(text: str) -> range:
    """Read ``start-stop`` or ``start-stop/step``; ValueError where it is none, or stands for too many."""
    match = _RANGE.fullmatch(text)
    start, stop, step = (int(part or 1) for part in match.groups()) if match else (1, 0, 0)
    if start > stop or not step or stop > _LARGEST:
        raise ValueError(f'"{text}" is not a range; write start-stop or start-stop/step, as in 1-254')
    found = range(start, stop + 1, step)
    if len(found) > MOST:
        raise ValueError(f'"{text}" stands for {len(found)} records; {MOST} is the most, so use several lines')
    return found


def fill(text: str, number: int) -> str:
    r"""Put a number where ``$`` stands in a text, and ``${offset,width,base}``; ``\$`` and ``$$`` are left as a dollar sign.

    ValueError for a modifier that is none, and for a number below 0 or above 2147483647.
    """

    def filled(match: re.Match[str]) -> str:
        part = match[0]
        if part == "$$":
            return "\\$"
        return part if part[0] == "\\" else _modified(number, match[1] or "0")

    if "${" in _PART.sub("", text):
        raise ValueError(f'"{text}": a brace is not closed; write ${{offset,width,base}}')
    return _PART.sub(filled, text)


def _modified(number: int, modifier: str) -> str:
    match = _MODIFIER.fullmatch(modifier)
    if match is None or int(match[2] or 0) > _WIDEST:
        raise ValueError(
            f'"${{{modifier}}}" is not a modifier; write ${{offset,width,base}}, '
            f"the width up to {_WIDEST} and the base one of d, o, x, X, n, N"
        )
    value, width, base = number + int(match[1]), int(match[2] or 0), match[3] or "d"
    if not 0 <= value <= _LARGEST:
        raise ValueError(f'"${{{modifier}}}" makes {value} of {number}; it must stay within 0 to {_LARGEST}')
    return _nibbles(value, width, base) if base in "nN" else format(value, f"0{width}{base}" if width else base)


def _nibbles(value: int, width: int, base: str) -> str:
    """Write hexadecimal digits as labels, the last first, as ``ip6.arpa`` has them; ``width`` counts the dots too."""
    digits = format(value, f"0{(width + 1) // 2}{'x' if base == 'n' else 'X'}")
    # an even width ends in a dot: that of the label which follows
    return ".".join(reversed(digits)) + ("." if width and len(digits) * 2 == width else "")
