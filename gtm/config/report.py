"""Where a load writes down what it finds wrong: everything, once, and in the order of the files."""

from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import ParamSpec, TypeVar

from gtm.config.fault import Fault
from gtm.config.source import At
from gtm.config.wording import nearest, unknown

T = TypeVar("T")
P = ParamSpec("P")


class Report:
    """Faults and warnings of one load."""

    def __init__(self, corefile: Path) -> None:
        """Begin with none; what is found in the Corefile is told before what is found in other files."""
        self._corefile = corefile
        self._faults: dict[Fault, None] = {}
        self._warnings: dict[Fault, None] = {}
        self.is_torn = False
        """Part of the configuration could not be read, so a name that nobody knows may be defined there."""

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What keeps the configuration from being used."""
        return self._ordered(self._faults)

    @property
    def count(self) -> int:
        """How many faults there are so far."""
        return len(self._faults)

    @property
    def warnings(self) -> tuple[Fault, ...]:
        """What is allowed, and probably not meant."""
        return self._ordered(self._warnings)

    def add(self, fault: Fault) -> None:
        """Note a fault that is ready made."""
        self._faults[fault] = None

    def fault(self, at: At, message: str) -> None:
        """Note that a place is wrong."""
        self.add(at.fault(message))

    def unknown(self, at: At, word: str, kind: str, known: Collection[str]) -> None:
        """Note a name that nobody defines. Of a torn configuration only what looks misspelt is a fault."""
        if not self.is_torn or nearest(word, known) is not None:
            self.fault(at, unknown(word, kind, known))

    def warn(self, at: At, message: str) -> None:
        """Note that a place is doubtful."""
        self._warnings[at.fault(message)] = None

    def attempt(self, at: At, parse: Callable[P, T], *given: P.args, **named: P.kwargs) -> T | None:
        """Parse a value; its ValueError becomes a fault at the place, and the value None."""
        try:
            return parse(*given, **named)
        except ValueError as fault:
            self.fault(at, str(fault))
            return None

    def _ordered(self, found: Iterable[Fault]) -> tuple[Fault, ...]:
        files = {self._corefile: 0}
        for fault in found:
            files.setdefault(fault.file, len(files))
        return tuple(sorted(found, key=lambda fault: (files[fault.file], fault.line or 0)))
