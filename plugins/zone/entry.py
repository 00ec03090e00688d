"""A record of a master file, with the place where it stands."""

from dataclasses import dataclass
from pathlib import Path

from gtm import PluginFault, Record, codes, name


@dataclass(frozen=True, slots=True)
class Entry:
    """A record and its place; ``file`` is None for text that stands in the Corefile.

    ``canonical`` is the rdata with its names in lower case (RFC 4034 section 6.2): two entries of one owner and type are
    duplicates when it is equal.
    """

    record: Record
    canonical: bytes
    line: int
    file: Path | None = None

    def fault(self, message: str) -> PluginFault:
        """Make the fault that says what is wrong with this record."""
        return PluginFault(f"{self}: {message}", self.file, self.line)

    def remark(self, message: str) -> str:
        """Word a warning about this record, its place first."""
        place = f"{self.file}:{self.line}" if self.file else f"records, line {self.line}"
        return f"{place}: {self}: {message}"

    def __str__(self) -> str:
        """Show the owner and type, such as ``www.example.com A``."""
        return f"{name.show(self.record.owner)} {codes.type_text(self.record.rtype)}"
