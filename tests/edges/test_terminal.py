"""``gtm status --watch`` on a terminal: it lives through a server that comes and goes, and leaves the terminal as it was."""

import fcntl
import os
import pty
import select
import signal
import socket
import struct
import sys
import termios
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import msgspec
import pytest

from gtm.control.door import StatusQuery
from gtm.control.tree import build
from tests.control.viewing import NOON, pair, seen, view

TOLD = msgspec.json.encode(build(view(pair(), seen("192.0.2.1")), StatusQuery(), NOON))


class Door(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(TOLD)

    def log_message(self, *_):
        """Say nothing."""


@contextmanager
def opened(port):
    with HTTPServer(("127.0.0.1", port), Door) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield
        server.shutdown()
        thread.join()


class Terminal:
    """A command on a terminal of 80 columns."""

    def __init__(self, *command):
        self.pid, self.side = pty.fork()
        if not self.pid:
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # whoever started the tests may have them ignore it
            os.execv(command[0], command)
        fcntl.ioctl(self.side, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.shown = b""

    def until(self, text, seconds=20):
        """Wait until it shows a text, and forget what came before."""
        end = time.monotonic() + seconds
        while text not in self.shown:
            assert time.monotonic() < end, self.shown[-2000:]
            if select.select([self.side], [], [], 0.1)[0]:
                self.shown += os.read(self.side, 65536)
        before, _, self.shown = self.shown.partition(text)
        return before


@pytest.fixture
def port():
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]


def test_watching_lives_through_a_server_that_comes_and_goes_and_ends_with_ctrl_c(port):
    terminal = Terminal(sys.executable, "-m", "gtm", "status", "--watch", "--admin", f"127.0.0.1:{port}")
    assert b"\x1b[?1049h" in terminal.until(b"is gtm serve running?")
    with opened(port):
        terminal.until(b"www.example.com A")
        terminal.until(b"connection refused")
    terminal.until(b"is gtm serve running?")
    os.write(terminal.side, b"\x03")
    terminal.until(b"\x1b[?7h\x1b[?25h\x1b[?1049l")
    assert os.waitstatus_to_exitcode(os.waitpid(terminal.pid, 0)[1]) == 0
    os.close(terminal.side)
