"""Catalogue 3.3, disk full during state save: logging failure never blocks, whoever should read the log."""

import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress

import dns.exception
import pytest

from tests.edges.conftest import until
from tests.edges.running import ask

LOG = """
[server]
listen = ["127.0.0.1:{port}"]
workers = {workers}

[[zone]]
name = "example.com"
chain = ["log", {{ use = "zone", records = '''
@ 300 SOA ns hostmaster 1 3600 600 86400 300
@ NS ns
ns A 192.0.2.53
''' }}]
"""


@pytest.fixture
def port():
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]


def answers(port):
    with suppress(OSError, dns.exception.Timeout):
        return ask(port, "ns.example.com", timeout=0.5)
    return None


@pytest.mark.parametrize(("reader", "workers"), [("asleep", 0), ("asleep", 1), ("gone", 0), ("full", 1)])
def test_a_log_that_nobody_takes_keeps_no_answer_waiting(tmp_path, port, reader, workers):
    """Every query is logged, and far more of them are asked than a pipe has room for."""
    path = tmp_path / "Corefile.toml"
    path.write_text(LOG.format(port=port, workers=workers))
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    if reader == "full":
        os.close(writing)
        writing = os.open("/dev/full", os.O_WRONLY)
    command = [sys.executable, "-m", "gtm", "serve", str(path)]
    with subprocess.Popen(command, stderr=writing, start_new_session=True) as server:
        os.close(writing)
        if reader == "gone":
            os.close(reading)
        try:
            until(lambda: answers(port) == ["192.0.2.53"])
            end = time.monotonic() + 1.5  # what was answered is shown to plugins now and then
            while time.monotonic() < end:
                assert answers(port) == ["192.0.2.53"]
            server.send_signal(signal.SIGTERM)
            assert server.wait(20) == 0
        finally:
            with suppress(ProcessLookupError):
                os.killpg(server.pid, signal.SIGKILL)
    if reader != "gone":
        os.close(reading)
