"""Which files a configuration consists of: the Corefile, and what it includes."""

import os
from collections.abc import Iterator, Sequence
from glob import glob, has_magic
from pathlib import Path

from gtm.config.report import Report
from gtm.config.schema import ServerTable
from gtm.config.source import At, Source, read
from gtm.config.tables import Entry
from gtm.config.wording import quote, quote_path


def included(head: Entry[ServerTable], report: Report) -> tuple[Sequence[Source], frozenset[Path]]:
    """Read every file that ``include`` names, each once: those that could be read, and all that were tried."""
    corefile = head.at.source.file
    seen = {os.path.realpath(corefile)}
    sources, tried = [], set()
    for at, file in _files(head, report):
        if (real := os.path.realpath(file)) in seen:
            continue
        seen.add(real)
        tried.add(file)
        found = read(file)
        if isinstance(found, Source):
            sources.append(found)
        elif not os.path.exists(file):  # noqa: PTH110  no name is too long for it
            report.fault(at, f"there is no file {quote_path(file)}")
        else:
            report.add(found)
    return sources, frozenset(tried)


def _files(head: Entry[ServerTable], report: Report) -> Iterator[tuple[At, Path]]:
    folder = head.at.source.file.parent
    for position, pattern in enumerate(head.table.include):
        at = head.at.to("include", position)
        if not pattern or "\0" in pattern:
            report.fault(at, f"{quote(pattern)} is not a file name or pattern")
        elif has_magic(pattern):
            yield from ((at, file) for file in matching(folder, pattern))
        else:
            yield at, folder / pattern


def matching(folder: Path, pattern: str) -> list[Path]:
    """List the files that a pattern means now, relative to the Corefile's folder."""
    found = sorted(glob(pattern, root_dir=folder, recursive=True))  # noqa: PTH207  Path.glob refuses some patterns
    return [folder / name for name in found if (folder / name).is_file()]
