"""Which alerts are asked for: whether one fits, and what a line that holds one must hold. Pure."""

import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import Final

from gtm.chain.word import Alert
from gtm.control.door import AlertQuery

_PLAIN: Final = re.compile(r"[\w.:/@-]+", re.ASCII)
"""What stands in JSON as it is written, and is no glob."""


def fits(alert: Alert, wanted: AlertQuery) -> bool:
    """Tell whether an alert is one that was asked for, its moment aside. Names may be globs, such as ``hk-*``."""
    return (
        _is_named(wanted.pool, "pool:", (*alert.pools, *(pool.partition("/")[0] for pool in alert.pools)))
        and _is_named(_domain(wanted.domain), "domain:", alert.domains)
        and (wanted.address is None or _is_named(wanted.address.removeprefix("address:"), "", _addresses(alert)))
        and _is_named(wanted.event, "", (alert.event,))
        and (wanted.text is None or wanted.text.casefold() in f"{alert.subject} {alert.name} {alert.reason}".casefold())
    )


def needles(wanted: AlertQuery) -> tuple[bytes, ...]:
    """Give what stands in every line of an alert that fits: to look for that is cheaper than to read the line."""
    domain = (_domain(wanted.domain) or "").removesuffix("/*")
    kinds = (("pool:", wanted.pool), ("domain:", domain), ("address:", wanted.address), ("", wanted.event))
    words = (word.removeprefix(kind) for kind, word in kinds if word)
    return tuple(word.encode() for word in words if _PLAIN.fullmatch(word))


def _is_named(word: str | None, kind: str, keys: Iterable[str]) -> bool:
    if word is None:
        return True
    pattern = kind + word.removeprefix(kind)
    return any(fnmatchcase(key, pattern) for key in keys)


def _addresses(alert: Alert) -> Iterator[str]:
    """Yield what people may call the address that an alert is about: its name, its value, its key; a check's target."""
    kind, _, rest = alert.subject.partition(":")
    if kind == "address":
        yield from (rest, rest.rpartition("/")[2], alert.name)
    elif kind == "check":
        yield rest.rpartition("@")[2]


def _domain(word: str | None) -> str | None:
    """Complete an access domain's name by any type, where it has none."""
    if word is None or "/" in word:
        return word
    return f"{word.rstrip('.').lower()}/*"
