"""The supervisor's own folder: there the control process is called, and the last state lies. It goes when the server ends.

One that was killed leaves it behind; the next to start clears it away.
"""

import contextlib
import fcntl
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from gtm.processes.rights import Denied

HUB: Final = "hub"
"""What the socket in it is called."""
_PREFIX: Final = "gtm-"


@contextlib.contextmanager
def made() -> Iterator[Path]:
    """Make a folder for ourselves that is there until the end; Denied when none can be had."""
    try:
        fresh = tempfile.TemporaryDirectory(prefix=_PREFIX)
    except OSError as fault:
        raise Denied(f"no folder of our own can be made: {fault.strerror}; let TMPDIR name a place for it") from fault
    _clear(Path(fresh.name).parent)
    with fresh as name:
        held = os.open(name, os.O_RDONLY)
        try:
            fcntl.flock(held, fcntl.LOCK_SH)  # who clears old files away, such as systemd-tmpfiles, leaves it alone
            yield Path(name)
        finally:
            os.close(held)


def called_at(place: Path) -> socket.socket:
    """Listen at this place; Denied where that can't be."""
    opened = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        opened.bind(str(place))
    except OSError as fault:
        opened.close()
        raise Denied(
            f'"{place}" can\'t be listened at: {fault.strerror or fault}; let TMPDIR name another place'
        ) from fault
    opened.listen(64)
    return opened


def _clear(parent: Path) -> None:
    """Remove what servers of ours left here that were killed: nobody holds it, and nobody is called there."""
    for folder in parent.glob(f"{_PREFIX}*/{HUB}"):
        with contextlib.suppress(OSError):
            _remove(folder.parent)


def _remove(folder: Path) -> None:
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        if os.fstat(held).st_uid != os.geteuid():
            return
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as caller:
            caller.setblocking(False)
            caller.connect(str(folder / HUB))
    except ConnectionRefusedError:
        shutil.rmtree(folder)
    finally:
        os.close(held)
