"""Signals, read from a socket: so that what waits for many things hears of them as of the others."""

import contextlib
import signal
import socket
from collections.abc import Iterator
from typing import Final

ENDING: Final = (signal.SIGTERM, signal.SIGINT)
_HEARD: Final = (*ENDING, signal.SIGHUP, signal.SIGCHLD)


class Ended(BaseException):
    """A signal to end came in the midst of something that may be broken off."""


@contextlib.contextmanager
def heard() -> Iterator[socket.socket]:
    """Let the numbers of signals be read from a socket, an octet each."""
    reading, writing = socket.socketpair()
    reading.setblocking(False)
    writing.setblocking(False)
    before = {number: signal.signal(number, lambda *_: None) for number in _HEARD}
    old = signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)
    try:
        yield reading
    finally:
        signal.set_wakeup_fd(old)
        for number, handler in before.items():
            signal.signal(number, handler)
        reading.close()
        writing.close()


@contextlib.contextmanager
def breakable() -> Iterator[None]:
    """Break off what is done meanwhile as soon as a signal to end comes: Ended is raised. It is heard of as well."""

    def ended(*_: object) -> None:
        raise Ended

    before = {number: signal.signal(number, ended) for number in ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
