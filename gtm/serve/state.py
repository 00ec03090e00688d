"""What must survive a restart, as files in the ``[server] state`` folder: written beside, synced, renamed into place."""

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

STICKY = "sticky.json"


def save(folder: Path, held: Mapping[str, str]) -> None:
    """Write the held members (group key to member key); OSError leaves the old file as it was."""
    folder.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=f".{STICKY}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump({"held": dict(held)}, file, indent=1, sort_keys=True)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(folder / STICKY)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise
    _sync(folder)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def load(folder: Path) -> dict[str, str]:
    """Read them back; nothing where there is no file. ValueError when the file is damaged, OSError when it can't be read."""
    try:
        octets = (folder / STICKY).read_bytes()
    except FileNotFoundError:
        return {}
    try:
        held = json.loads(octets)["held"]
        lawful = all(isinstance(key, str) and isinstance(value, str) for key, value in held.items())
    except (KeyError, TypeError, AttributeError, ValueError) as fault:
        raise ValueError(f"{folder / STICKY} is damaged: {fault}") from fault
    if not lawful:
        raise ValueError(f"{folder / STICKY} is damaged: a member's key is no text")
    return dict(held)
