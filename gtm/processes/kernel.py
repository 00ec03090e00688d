"""What Linux offers a process and Python does not: its name, and which rights of root it keeps. Elsewhere nothing happens."""

import contextlib
import ctypes
import os
import sys
from typing import Final

_IS_LINUX: Final = sys.platform == "linux"
_SET_NAME, _SET_KEEPCAPS, _SET_NO_NEW_PRIVS, _AMBIENT, _CLEAR_ALL = 15, 8, 38, 47, 4
_VERSION_3: Final = 0x20080522
NET_BIND: Final = 1 << 10
"""CAP_NET_BIND_SERVICE: the right to open ports below 1024."""


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Rights(ctypes.Structure):
    _fields_ = (("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32))


def rename(name: str) -> None:
    """Be called this in ps and top; 15 octets of it are shown."""
    _prctl(_SET_NAME, name.encode())


def outlive() -> None:
    """Keep the rights of root when this process becomes somebody else; to be followed by ``keep``."""
    _prctl(_SET_KEEPCAPS, 1)


def keep(rights: int) -> None:
    """Give up every right of root but these."""
    if _IS_LINUX:
        libc, header, held = ctypes.CDLL(None, use_errno=True), _Header(_VERSION_3, 0), (_Rights * 2)()
        libc.capget(ctypes.byref(header), held)
        left = rights & held[0].permitted
        libc.capset(ctypes.byref(header), (_Rights * 2)(_Rights(left, left, 0), _Rights(0, 0, 0)))


def renounce() -> None:
    """Never gain a right again, whatever is executed."""
    _prctl(_SET_NO_NEW_PRIVS, 1)


def disinherit() -> None:
    """Leave no right of ours to programs that are executed."""
    with contextlib.suppress(OSError):
        _prctl(_AMBIENT, _CLEAR_ALL)


def _prctl(what: int, value: int | bytes) -> None:
    if not _IS_LINUX:
        return
    libc = ctypes.CDLL(None, use_errno=True)
    given = value if isinstance(value, bytes) else ctypes.c_ulong(value)
    if libc.prctl(what, given, *(ctypes.c_ulong(0),) * 3):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
