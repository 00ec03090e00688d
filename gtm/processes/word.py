"""The last state as a file in the supervisor's own folder, for a worker that is made while the control process hangs or is down."""

import logging
from pathlib import Path

from gtm.health.table import State
from gtm.stream import Broken, Frames, News, frame, whole

log = logging.getLogger("gtm")


def _path(folder: Path, generation: int) -> Path:
    return folder / f"state-{generation}"


def leave_word(folder: Path, generation: int, state: State) -> None:
    """Write down the state that goes with a generation of the configuration; that it can't be written harms nobody yet."""
    fresh = folder / "state.new"
    try:
        fresh.write_bytes(frame(whole(state)))
        fresh.replace(_path(folder, generation))
        _path(folder, generation - 1).unlink(missing_ok=True)
    except OSError as fault:
        log.debug("no word is left for new workers: %s", fault)


def find_word(folder: Path, generation: int) -> News | None:
    """Read it; None where nobody left word for this generation."""
    try:
        found = list(Frames().feed(_path(folder, generation).read_bytes()))
    except (OSError, Broken):
        return None
    return found[0] if found and isinstance(found[0], News) else None
