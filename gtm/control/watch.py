"""Which files changed: by looking, once a second."""

from collections.abc import Iterable
from pathlib import Path

Signature = dict[Path, tuple[int, int, int] | None]


def look(files: Iterable[Path]) -> Signature:
    """Take each file's inode, size and time of change; None for one that is not there."""
    return {path: _of(path) for path in files}


def _of(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


class Watch:
    """Tells once that files changed, and not before they have stood still for one look: a file half written is no news."""

    def __init__(self, seen: Signature) -> None:
        """Begin with what was loaded."""
        self._loaded = self._last = seen

    def changed(self, seen: Signature) -> bool:
        """Compare with the looks before."""
        still = seen == self._last
        self._last = seen
        if not still or seen == self._loaded:
            return False
        self._loaded = seen
        return True
