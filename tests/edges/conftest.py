"""Servers on real sockets: one in this process, whose health table a test may set, and one as users run it.

Of one as users run it no process may be left when it was stopped, whatever a test did to it.
"""

import asyncio
import contextlib
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from signal import SIGKILL, SIGTERM
from typing import Any

import pytest

from gtm.config.load import load
from gtm.config.loaded import Limits
from gtm.processes.alone import Server
from tests.edges.running import Backends


class Inside:
    """A server on a thread of this process."""

    def __init__(self, path: Path, limits: Limits | None = None) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.server = self.run(self._made(path, limits))
        self.run(self.server.start())
        self.host, self.port = self.server.addresses[0]

    async def _made(self, path, limits):
        return Server(path, load(path), limits)

    def run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(20)

    def call(self, function, *given):
        async def called():
            return function(*given)

        return self.run(called())

    def stop(self):
        self.run(self.server.close())
        self.run(asyncio.sleep(0.05))  # let closed transports say goodbye
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()


@pytest.fixture
def full():
    """The port of a listener that has no room for another connection."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server, contextlib.ExitStack() as stack:
        for _ in range(3):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(server.getsockname())
        yield server.getsockname()[1]


@pytest.fixture
def inside():
    with contextlib.ExitStack() as stack:

        def start(path: Path, limits: Limits | None = None) -> Inside:
            made = Inside(path, limits)
            stack.callback(made.stop)
            return made

        yield start


@pytest.fixture
def backends() -> Iterator[Backends]:
    made = Backends()
    yield made
    made.close()


def is_alive(pid: int) -> bool:
    """Tell whether a process runs; one that nobody has taken note of does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def until(condition, seconds: float = 20) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to be so"
        time.sleep(0.01)


class Outside:
    """``gtm serve`` as a process of its own; its log is read as it comes. ``before`` is a command that becomes it."""

    def __init__(self, path: Path, *options: str, before: tuple[str, ...] = (), **more: Any) -> None:
        command = [*before, sys.executable, "-m", "gtm", "serve", *options, str(path)]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True, **more)
        self.lines: list[str] = []
        self.news = threading.Condition()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stderr:
            with self.news:
                self.lines.append(line.rstrip())
                self.news.notify_all()
        with self.news:
            self.lines.append("(ended)")
            self.news.notify_all()

    @property
    def children(self) -> dict[str, list[int]]:
        """The processes that it started, by what they are: ``gtm control``, ``gtm worker 0``."""
        found: dict[str, list[int]] = {}
        pid = self.process.pid
        with contextlib.suppress(OSError):  # it has ended
            for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
                with contextlib.suppress(OSError):
                    found.setdefault(Path(f"/proc/{child}/comm").read_text().strip(), []).append(int(child))
        return found

    def child(self, name: str) -> int:
        """Wait until there is exactly one child of this name, and give it."""
        until(lambda: len(self.children.get(name, ())) == 1)
        return self.children[name][0]

    def wait_for(self, pattern: str, seconds: float = 20) -> re.Match[str]:
        """Wait until the log says something, from the beginning on."""
        with self.news:
            self.news.wait_for(lambda: self._said(pattern) or "(ended)" in self.lines, seconds)
        found = self._said(pattern)
        assert found, f"{pattern!r} not in {self.lines}"
        return found

    def _said(self, pattern: str) -> re.Match[str] | None:
        return next(filter(None, (re.search(pattern, line) for line in self.lines)), None)

    def forget(self):
        with self.news:
            self.lines.clear()

    @property
    def port(self) -> int:
        return int(self.wait_for(r"listening on 127\.0\.0\.1:(\d+)")[1])

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def stop(self, number: int = SIGTERM) -> int:
        family = [pid for pids in self.children.values() for pid in pids]
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(30)
        self.reader.join(5)
        self.process.stderr.close()
        try:
            until(lambda: not any(map(is_alive, family)), 1)
        finally:
            for pid in filter(is_alive, family):
                os.kill(pid, SIGKILL)
        return code


@pytest.fixture
def outside() -> Iterator:
    with contextlib.ExitStack() as stack:

        def start(path: Path, *options: str, **more: Any) -> Outside:
            made = Outside(path, *options, **more)
            stack.callback(made.stop)
            return made

        yield start
