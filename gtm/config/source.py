"""One TOML file: its data, and a line for every place in it. Knows nothing of what the tables mean."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final, NamedTuple

from gtm.config import scan
from gtm.config.fault import Fault

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_SINGLE: Final = "server"


@dataclass(frozen=True, eq=False)
class Source:
    """A file that was read. Its text is scanned for line numbers only when somebody asks for one."""

    file: Path
    text: str
    data: Mapping[str, Any]

    @cached_property
    def _scanner(self) -> scan.Scanner:
        return scan.Scanner(self.text)

    def line(self, path: scan.Path) -> int | None:
        """Give the line of a place, or of the nearest that holds it where it is not written."""
        return self._scanner.line(path)


class At(NamedTuple):
    """A place in a file: keys and array positions from the top."""

    source: Source
    path: scan.Path

    def to(self, *further: str | int) -> "At":
        """Go on to a place within this one."""
        return At(self.source, self.path + further)

    @property
    def line(self) -> int | None:
        """The line, counted from 1."""
        return self.source.line(self.path)

    @property
    def table(self) -> str:
        """The table that the place is in, as it is written: ``[pools.hk]`` or ``[[domain]] #2 "www.example.com A"``."""
        return _label(self.source.data, self.path)

    @property
    def key(self) -> str | None:
        """The place within its table: ``policy``, ``addresses #2 weight``."""
        inside = self.path[_depth(self.source.data, self.path) :]
        return " ".join(f"#{step + 1}" if isinstance(step, int) else _written(step) for step in inside) or None

    def fault(self, message: str) -> Fault:
        """Say something of this place."""
        return Fault(self.source.file, self.line, self.table, self.key, message)

    def __str__(self) -> str:
        """Show as ``Corefile.toml:41``."""
        return f"{self.source.file}:{self.line}"


def read(file: Path) -> Source | Fault:
    """Read and parse a file, or say why that can't be done."""
    try:
        octets = file.read_bytes()
    except (OSError, ValueError) as fault:
        reason = fault.strerror if isinstance(fault, OSError) and fault.strerror else str(fault)
        return Fault(file, None, "", None, f"can't be read: {reason.lower()}")
    try:
        text = octets.decode()
    except UnicodeDecodeError as fault:
        line = octets.count(b"\n", 0, fault.start) + 1
        return Fault(file, line, "", None, f"octet {octets[fault.start]:#04x} is not UTF-8, which TOML is written in")
    try:
        return Source(file, text, tomllib.loads(text))
    except RecursionError:
        return Fault(file, None, "", None, "arrays or tables are nested too deeply")
    except ValueError as fault:
        return _misspelt(file, text, str(fault))


def _misspelt(file: Path, text: str, message: str) -> Fault:
    found = re.search(r" \(at (?:line (\d+), column \d+|end of document)\)$", message)
    line = None
    if found:
        line = int(found[1]) if found[1] else text.rstrip("\n").count("\n") + 1
        message = message[: found.start()]
    if message == "Cannot overwrite a value":
        message = "this key is set above already"
    return Fault(file, line, "", None, f"is not TOML: {message[:1].lower()}{message[1:]}")


def _depth(data: Mapping[str, Any], path: scan.Path) -> int:
    """Count the steps that lead to the table itself."""
    if not path:
        return 0
    top = data.get(str(path[0]))
    if not isinstance(top, dict | list):
        return 0
    return 1 if path[0] == _SINGLE else 2


def _label(data: Mapping[str, Any], path: scan.Path) -> str:
    kind, *rest = path[: _depth(data, path)] or ("",)
    match rest:
        case [int(position)]:
            return f"[[{kind}]] #{position + 1}{_called(data[str(kind)][position])}"
        case [str(name)]:
            return f"[{kind}.{_written(name)}]"
        case _ if not kind:
            return ""
        case _:
            return f"[[{kind}]]" if isinstance(data[str(kind)], list) else f"[{_written(str(kind))}]"


def _called(table: object) -> str:
    """Name a table of an array by what it says of itself, so that a reader need not count."""
    if not isinstance(table, dict):
        return ""
    words = [table.get(key) for key in ("name", "type", "ask")]
    said = " ".join(word for word in words if isinstance(word, str) and word.isprintable())
    return f' "{said}"' if said else ""


def _written(key: str) -> str:
    if _BARE.fullmatch(key):
        return key
    return '"' + "".join(c if c.isprintable() and c not in '"\\' else f"\\u{ord(c):04x}" for c in key) + '"'
