"""What must survive a restart, as JSON files in the ``[server] state`` folder: written beside, synced, renamed into place.

Each file begins with a checksum of the rest, and the version before it is kept as ``NAME.before``. One without a checksum,
which a person wrote, is believed.
"""

import errno
import fcntl
import logging
import os
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar
from zlib import crc32

import msgspec

log = logging.getLogger("gtm")
T = TypeVar("T")
BEFORE: Final = ".before"
LONGEST: Final = 256 << 20
"""Octets of a file that is read; the verdicts on 100,000 addresses take a fifth of it."""
_MARK: Final = b'{\n "checksum": "'
_DIGITS: Final = 8


class Damaged(ValueError):
    """A file that holds no such value; ``before`` is that of the version before it, if there is one."""

    def __init__(self, words: str, before: object) -> None:
        """Say what is wrong, and what there is instead."""
        super().__init__(words)
        self.before = before


class Claim:
    """The right to keep state in a folder: one process has it, until it ends or lets go."""

    def __init__(self, folder: Path) -> None:
        """Begin without it."""
        self._folder = folder
        self._handle: int | None = None
        self._taking = threading.Lock()

    def take(self) -> None:
        """Take it, if it is not ours yet; OSError when another server has it. Where the system can't tell, nobody has."""
        with self._taking:
            if self._handle is None:
                self._folder.mkdir(parents=True, exist_ok=True)
                self._handle = _locked(self._folder)

    def drop(self) -> None:
        """Let go."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    __del__ = drop


def _locked(folder: Path) -> int:
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise OSError(errno.EBUSY, "another server keeps its state there") from None
    except OSError as fault:  # such as on NFS
        log.debug("%s can't be locked: %s", folder, fault)
    return handle


def save(folder: Path, name: str, value: object) -> None:
    """Write a value, which is an object in JSON, to a file of this name; OSError leaves the old file as it was."""
    folder.mkdir(parents=True, exist_ok=True)
    octets = _sealed(msgspec.json.format(msgspec.json.encode(value, order="sorted"), indent=1) + b"\n")
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=f".{name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(octets)
            file.flush()
            os.fsync(file.fileno())
        _keep(folder / name)
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
    """Read a value back; None where there is no file. Damaged when it is damaged, OSError when it can't be read."""
    try:
        return _read(folder / name, kind)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as fault:
        before = None
        with suppress(OSError, ValueError):
            before = _read(folder / f"{name}{BEFORE}", kind)
        if before is None and isinstance(fault, OSError):
            raise
        raise Damaged(str(fault), before) from fault


def begin(folder: Path, name: str, kind: type[T]) -> T | None:
    """Read a value back as ``load`` does, and clear up: what was left of a save that was killed, and what is damaged.

    That is for who saves it, before the first save.
    """
    for left in folder.glob(f".{name}.*"):
        with suppress(OSError):  # what can't be cleared up keeps nobody from reading
            left.unlink()
    try:
        return load(folder, name, kind)
    except Damaged as fault:
        if fault.before is not None:  # lest the next save keeps the damaged one as the one before it
            with suppress(OSError):
                (folder / f"{name}{BEFORE}").replace(folder / name)
        raise


def _read(path: Path, kind: type[T]) -> T:
    if (size := path.stat().st_size) > LONGEST:
        raise ValueError(f"{path} is damaged: it has {size} octets, and {LONGEST} at most make sense")
    octets = path.read_bytes()
    try:
        return msgspec.json.decode(_opened(octets), type=kind)
    except (ValueError, RecursionError) as fault:
        raise ValueError(f"{path} is damaged: {fault}") from fault


def _keep(path: Path) -> None:
    """Keep the version that there is under another name as well; where that can't be done there is one version only."""
    before = path.with_name(path.name + BEFORE)
    with suppress(OSError):
        before.unlink(missing_ok=True)
        os.link(path, before)


def _sealed(octets: bytes) -> bytes:
    """Put a checksum of an object's text before its first member."""
    rest = octets.removeprefix(b"{")
    return _MARK + b"%08x" % crc32(rest) + (b'"' if rest.strip() == b"}" else b'",') + rest


def _opened(octets: bytes) -> bytes:
    """Take the checksum off; ValueError when it is that of another text."""
    if not octets.startswith(_MARK):
        return octets
    told, rest = octets[len(_MARK) :][:_DIGITS], octets[len(_MARK) + _DIGITS :]
    rest = rest.removeprefix(b'"').removeprefix(b",")
    if told != b"%08x" % crc32(rest):
        raise ValueError("its checksum is that of another text; who edits it must take the checksum out")
    return b"{" + rest
