"""What is wrong with a configuration, and where."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault or warning. ``table`` is as written (``[pools.hk]``), ``line`` counts from 1, None where there is none."""

    file: Path
    line: int | None
    table: str
    key: str | None
    message: str

    def __str__(self) -> str:
        """Show as ``Corefile.toml:41: [pools.hk] policy: "nearst" is not a policy``."""
        place = f"{self.file}:{self.line}" if self.line is not None else str(self.file)
        within = " ".join(part for part in (self.table, self.key) if part)
        return f"{place}: {within}: {self.message}" if within else f"{place}: {self.message}"


class Faults(Exception):
    """A configuration can't be used: every fault in it, in the order of its files and lines.

    ``files`` are those that were read before: a change of one of them is a reason to try again.
    """

    def __init__(self, faults: tuple[Fault, ...], files: frozenset[Path] = frozenset()) -> None:
        """Carry at least one fault."""
        super().__init__(faults)
        self.faults = faults
        self.files = files

    def __str__(self) -> str:
        """List the faults, one a line."""
        return "\n".join(map(str, self.faults))
