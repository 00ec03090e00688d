"""Moments as people write and read them on the command line: ``2h``, ``1h30m``, ``2026-11-22T10:00``."""

import re
from datetime import UTC, datetime
from typing import Final

import click

_UNITS: Final = (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))
_LENGTH: Final = re.compile(r"(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?")


def length(text: str) -> float:
    """Read a length of time, in seconds; a click error when it is none."""
    found = _LENGTH.fullmatch(text)
    if not text or found is None:
        raise click.BadParameter(f'"{text}" is not a length of time; write one such as 2h, 30m or 1d12h')
    return float(sum(int(number or 0) * unit for number, (_, unit) in zip(found.groups(), _UNITS, strict=True)))


def moment(text: str) -> float:
    """Read a moment, in seconds since 1970; without a time zone it is this machine's. A click error when it is none."""
    try:
        return datetime.fromisoformat(text).astimezone().timestamp()
    except (ValueError, OverflowError, OSError):
        said = f'"{text}" is not a moment; write one such as 2026-11-22T10:00 or 2026-11-22T10:00Z'
        raise click.BadParameter(said) from None


def shown(seconds: float) -> str:
    """Show a moment on this machine's clock, with its time zone."""
    return datetime.fromtimestamp(seconds, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")


def span(seconds: float) -> str:
    """Show a length of time in its two largest units, such as ``1 h 30 min``."""
    rest = max(0, round(seconds))
    parts: list[tuple[int, str]] = []
    for name, unit in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        number, rest = divmod(rest, unit)
        if number or parts:
            parts.append((number, name))
    return " ".join(f"{number} {name}" for number, name in parts[:2] if number) or "0 s"
