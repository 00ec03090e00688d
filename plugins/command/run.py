"""Running an executable: bounded in time and output, and ended together with whatever it started."""

import asyncio
import errno
import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gtm import is_ours, one_line, wrong

KEPT: Final = 4096
"""Octets of output that are kept."""
ENDLESS: Final = 1 << 20
"""Octets of output after which a command is ended: what it writes between the two is thrown away."""
_LINE: Final = 200
_GRACE: Final = 0.2
_LEAST: Final = 0.05


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended: its exit status, negative for the signal that ended it; None when it was not let end.

    ``is_ours``: it was not even begun, by a fault of this machine.
    """

    status: int | None
    output: bytes
    fault: str = ""
    is_ours: bool = False

    def reason(self) -> str:
        """Say it in one line: the first that it wrote, or else how it ended; both where it was not let end."""
        line = first_line(self.output)
        return f"{self.fault}; it said: {line}" if self.fault and line else line or self.ending()

    def ending(self) -> str:
        """Say how it ended."""
        if self.status is None:
            return self.fault
        return f"exit status {self.status}" if self.status >= 0 else f"ended by {_signal(-self.status)}"


def first_line(output: bytes) -> str:
    """Give the first line that is not blank, shortened, and with nothing in it that can't be shown."""
    lines = (one_line(line, _LINE) for line in output.decode(errors="replace").splitlines())
    return next(filter(None, lines), "")


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


class _Process(asyncio.SubprocessProtocol):
    """Collects the first of the output, and tells when the process has ended."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.output = bytearray()
        self.ended = loop.create_future()
        self.closed = loop.create_future()
        self._heard = 0
        self._transport: asyncio.BaseTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def pipe_data_received(self, fd: int, data: bytes) -> None:  # noqa: ARG002  both streams go to one pipe
        self._heard += len(data)
        self.output += data[: KEPT - len(self.output)]
        if self._heard > ENDLESS:
            self._end(f"its output is longer than {ENDLESS} octets")

    def process_exited(self) -> None:
        self._end("")

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  it is gone all the same
        if self._transport is not None:
            self._transport.close()
        if not self.closed.done():
            self.closed.set_result(None)

    def _end(self, fault: str) -> None:
        if not self.ended.done():
            self.ended.set_result(fault)


async def run(
    words: Sequence[str], folder: Path, environment: Mapping[str, str], seconds: float, given: bytes = b""
) -> Ran:
    """Run a command in a folder, with this environment and nothing else, for so many seconds at most.

    ``given`` is what it can read. It leads a process group of its own, which is ended with it, however it ends. OSError
    when it can't be started.
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds  # a machine with much to do takes a while to begin it
    transport, process = await loop.subprocess_exec(
        _Process,
        *words,
        stdin=asyncio.subprocess.PIPE if given else asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=folder,
        env={name: value.replace("\0", "") for name, value in environment.items()},
        start_new_session=True,
    )
    fault, status = f"timed out after {seconds:.3g} s", None
    try:
        if given:
            _give(transport, given)
        with suppress(TimeoutError):
            async with asyncio.timeout_at(until):
                fault = await process.ended
                status = None if fault else transport.get_returncode()
    finally:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(transport.get_pid(), signal.SIGKILL)
        try:
            # what it wrote last may still lie in the pipe, which somebody who left the group may hold open
            await asyncio.wait({process.closed}, timeout=max(_LEAST, min(_GRACE, until - loop.time())))
        finally:
            transport.close()
    return Ran(status, bytes(process.output), fault)


def _give(transport: asyncio.SubprocessTransport, given: bytes) -> None:
    pipe = transport.get_pipe_transport(0)
    if isinstance(pipe, asyncio.WriteTransport):
        pipe.write(given)
        pipe.close()  # once all is written


async def tried(
    words: Sequence[str], folder: Path, environment: Mapping[str, str], seconds: float, given: bytes = b""
) -> Ran:
    """Run a command; one that can't be started has ended with a fault."""
    try:
        return await run(words, folder, environment, seconds, given)
    except (OSError, ValueError) as fault:
        return Ran(None, b"", f"can't be run: {_hindrance(fault, words[0])}", is_ours(fault))


def _hindrance(fault: Exception, file: str) -> str:
    """Say why a file can't be run; what the system says of its first line sounds as if it spoke of the file."""
    number = fault.errno if isinstance(fault, OSError) else None
    if number == errno.ENOENT and os.path.exists(file):  # noqa: PTH110  no name is too long for it
        return "its first line names a program that is not there"
    if number == errno.ENOEXEC:
        return 'it is no program, and its first line names none, such as "#!/bin/sh"'
    return wrong(fault)
