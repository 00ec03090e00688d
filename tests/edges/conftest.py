"""Servers on real sockets: one in this process, whose health table a test may set, and one as users run it."""

import asyncio
import contextlib
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from gtm.config.load import load
from gtm.processes.alone import Server
from gtm.serve.tcp import Limits


class Inside:
    """A server on a thread of this process."""

    def __init__(self, path: Path, limits: Limits | None = None) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)
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
def inside():
    with contextlib.ExitStack() as stack:

        def start(path: Path, limits: Limits | None = None) -> Inside:
            made = Inside(path, limits)
            stack.callback(made.stop)
            return made

        yield start


class Outside:
    """``gtm serve`` as a process of its own; its log is read as it comes."""

    def __init__(self, path: Path) -> None:
        command = [sys.executable, "-m", "gtm", "serve", str(path)]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
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

    def wait_for(self, pattern: str, seconds: float = 20) -> re.Match[str]:
        """Wait until the log says something, from the beginning on."""
        with self.news:
            found = self.news.wait_for(
                lambda: next(filter(None, (re.search(pattern, x) for x in self.lines)), None), seconds
            )
        assert found, f"{pattern!r} not in {self.lines}"
        return found

    def forget(self):
        with self.news:
            self.lines.clear()

    @property
    def port(self) -> int:
        return int(self.wait_for(r"listening on 127\.0\.0\.1:(\d+)")[1])

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(20)
        self.reader.join(5)
        self.process.stderr.close()
        return code


@pytest.fixture
def outside() -> Iterator:
    with contextlib.ExitStack() as stack:

        def start(path: Path) -> Outside:
            made = Outside(path)
            stack.callback(made.stop)
            return made

        yield start
