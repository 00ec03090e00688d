"""Which status codes pass (R-94, AMB-4). Pure."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from gtm import PluginFault


@dataclass(frozen=True, slots=True)
class Statuses:
    """Ranges of codes that pass, ends included. ``named``: the operator listed them, so they are ends, not ways to go on."""

    ranges: tuple[tuple[int, int], ...]
    named: bool = False

    def __contains__(self, status: int) -> bool:
        return any(low <= status <= high for low, high in self.ranges)


def below(code: int, *, strict: bool) -> Statuses:
    """Accept every code below ``code``, which itself passes only where ``strict`` (AMB-4)."""
    return Statuses(((0, code if strict else code - 1),))


def listed(entries: Collection[int | str]) -> Statuses:
    """Accept codes such as 204 and ranges such as ``200-299``; PluginFault names an entry that is neither."""
    return Statuses(tuple(_range(entry) for entry in entries), named=True)


def _range(entry: int | str) -> tuple[int, int]:
    match = re.fullmatch(r"([1-5][0-9]{2})(?:-([1-5][0-9]{2}))?", str(entry), re.ASCII)
    low, high = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
    if low > high:
        raise PluginFault(f'status "{entry}" is neither a code from 100 to 599 nor a range such as "200-299"')
    return low, high
