"""What must survive a restart, as JSON files in the ``[server] state`` folder: written beside, synced, renamed into place."""

import os
import tempfile
from pathlib import Path
from typing import TypeVar

import msgspec

T = TypeVar("T")


def save(folder: Path, name: str, value: object) -> None:
    """Write a value to a file of this name; OSError leaves the old file as it was."""
    folder.mkdir(parents=True, exist_ok=True)
    octets = msgspec.json.format(msgspec.json.encode(value, order="sorted"), indent=1) + b"\n"
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=f".{name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(octets)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(folder / name)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise
    sync(folder)


def sync(folder: Path) -> None:
    """Have a folder's own entries on the disk; OSError when that can't be."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def load(folder: Path, name: str, kind: type[T]) -> T | None:
    """Read a value back; None where there is no file. ValueError when it is damaged, OSError when it can't be read.

    What a save left behind that was killed is removed: nobody may be saving it now.
    """
    for left in folder.glob(f".{name}.*"):
        left.unlink(missing_ok=True)
    try:
        octets = (folder / name).read_bytes()
    except FileNotFoundError:
        return None
    try:
        return msgspec.json.decode(octets, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as fault:
        raise ValueError(f"{folder / name} is damaged: {fault}") from fault
