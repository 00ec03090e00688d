"""What a suite of `make conformance` gives back, and the one table that is made of it."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory


class Skip(Exception):
    """The suite can't be run here; the message says why."""


@dataclass(frozen=True)
class Wrong:
    """A case that did not pass; ``known`` is the reason for which it need not."""

    case: str
    what: str
    known: str = ""


@dataclass(frozen=True)
class Outcome:
    """How many cases there were, those that did not pass, and what else is worth a line."""

    cases: int
    wrong: tuple[Wrong, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass
class Line:
    """A line of the table."""

    suite: str
    outcome: Outcome = field(default_factory=lambda: Outcome(0))
    seconds: float = 0.0
    skipped: str = ""

    @property
    def has_failed(self) -> bool:
        """Tell whether anything is wrong that is not known to be."""
        return any(not wrong.known for wrong in self.outcome.wrong)

    @property
    def cells(self) -> tuple[str, ...]:
        """Write it down."""
        if self.skipped:
            return self.suite, "-", "-", "-", "-"
        wrong = len(self.outcome.wrong)
        return self.suite, str(self.outcome.cases), str(self.outcome.cases - wrong), str(wrong), f"{self.seconds:.1f}"


Suite = Callable[[Path], Outcome]
HEAD = ("suite", "cases", "passed", "not passed", "seconds")


def tried(name: str, suite: Suite) -> Line:
    """Run a suite in a folder of its own; what it raises is a case that did not pass."""
    line, begun = Line(name), time.monotonic()
    with TemporaryDirectory(prefix="gtm-conformance-") as folder:
        try:
            line.outcome = suite(Path(folder))
        except Skip as reason:
            line.skipped = str(reason)
        except Exception as fault:  # noqa: BLE001  the other suites are still to be run
            line.outcome = Outcome(1, (Wrong("the suite itself", f"{type(fault).__name__}: {fault}"),))
    line.seconds = time.monotonic() - begun
    return line


def table(lines: Iterable[Line]) -> str:
    """Write the table, and below it what did not pass, what was skipped, and the notes."""
    lines = list(lines)
    rows = [HEAD, *(line.cells for line in lines)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    text = [f"{row[0]:{widths[0]}}" + "".join(f"  {row[n]:>{widths[n]}}" for n in range(1, len(HEAD))) for row in rows]
    for line in lines:
        text += [f"skipped {line.suite}: {line.skipped}"] if line.skipped else []
        for wrong in line.outcome.wrong:
            text.append(f"{'known  ' if wrong.known else 'FAILED '} {line.suite}: {wrong.case}: {wrong.what}")
            text += [f"        {wrong.known}"] if wrong.known else []
        text += [f"note    {line.suite}: {note}" for note in line.outcome.notes]
    return "\n".join(text)
