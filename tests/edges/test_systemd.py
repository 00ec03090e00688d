"""Under a service manager: it hears how we are, passes sockets to us, and its units are sound."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import dns.message
import dns.query
import pytest

from tests.edges.conftest import until
from tests.edges.running import FIRST, SECOND, Load, ask, write

UNITS = Path(__file__).parents[2] / "examples" / "systemd"
EXPOSURE = 2.0
# what systemd does for MemoryDenyWriteExecute=: no memory that was writable may ever be executed
DENY = """
import ctypes, os, sys
if ctypes.CDLL(None).prctl(65, ctypes.c_ulong(1), *(ctypes.c_ulong(0),) * 3):
    sys.exit(77)
os.execv(sys.argv[1], sys.argv[1:])
"""
# what it does for a socket unit: the descriptors from 3 on, and the process that they are for
PASS = """
import os, sys
for place, number in enumerate(map(int, sys.argv[1].split(","))):
    os.dup2(number, 100 + place)
for place in range(len(sys.argv[1].split(","))):
    os.dup2(100 + place, 3 + place)
os.environ |= {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": str(place + 1), "LISTEN_FDNAMES": sys.argv[2]}
os.execv(sys.argv[3], sys.argv[3:])
"""


@pytest.fixture
def manager(tmp_path):
    """The socket of a service manager."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as opened:
        opened.bind(str(tmp_path / "notify"))
        opened.settimeout(20)
        yield opened


def told(manager, wanted):
    """Wait until it was told this; give all lines until then."""
    lines = []
    while wanted not in lines:
        lines += manager.recv(4096).decode().split("\n")
    return lines


@pytest.mark.parametrize("workers", [0, 2])
def test_the_manager_hears_when_we_are_ready_reload_and_stop(tmp_path, outside, backends, manager, workers):
    path = write(tmp_path, backends.port, server=f"workers = {workers}\nwatch = false")
    server = outside(path, env=os.environ | {"NOTIFY_SOCKET": str(tmp_path / "notify")})
    status = f"STATUS={workers} of {workers} workers answer" if workers else "STATUS=this one process answers"
    assert told(manager, status) == ["READY=1", status]
    assert ask(server.port) == FIRST
    before = time.monotonic_ns() // 1000
    server.signal(signal.SIGHUP)
    lines = told(manager, "READY=1")
    assert lines[0] == "RELOADING=1"
    assert before < int(re.fullmatch(r"MONOTONIC_USEC=(\d+)", lines[1])[1]) < time.monotonic_ns() // 1000
    path.write_text("[server\n")
    server.signal(signal.SIGHUP)
    assert told(manager, "READY=1")[0] == "RELOADING=1"  # refused, and over
    server.signal(signal.SIGTERM)
    told(manager, "STOPPING=1")
    assert server.process.wait(20) == 0


@pytest.mark.parametrize("workers", [0, 1])
def test_the_manager_hears_that_we_are_alive_twice_within_its_patience(tmp_path, outside, backends, manager, workers):
    environment = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "4000000"}
    server = outside(write(tmp_path, backends.port, server=f"workers = {workers}"), env=os.environ | environment)
    assert server.port
    told(manager, "WATCHDOG=1")
    moment = time.monotonic()
    told(manager, "WATCHDOG=1")
    assert time.monotonic() - moment < 4


def test_who_is_started_by_us_inherits_nothing_of_it(tmp_path, outside, backends, manager):
    (tmp_path / "commands").mkdir()
    (tmp_path / "commands" / "tell").write_text(f"#!/bin/sh\nenv > {tmp_path}/environment\n")
    (tmp_path / "commands" / "tell").chmod(0o755)
    environment = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "2000000"}
    server = outside(write(tmp_path, backends.port), env=os.environ | environment)
    assert ask(server.port) == FIRST
    backends.fall("127.0.0.2")
    told = tmp_path / "environment"
    until(lambda: told.exists() and "GTM_EVENT" in told.read_text())
    assert not re.search("NOTIFY_SOCKET|WATCHDOG_|LISTEN_", told.read_text())


def pair(stack, host="127.0.0.1", kinds=(socket.SOCK_DGRAM, socket.SOCK_STREAM)):
    """Open sockets at one port, as a socket unit would; another port where somebody has it for one of the kinds."""
    while True:
        with contextlib.ExitStack() as tried, contextlib.suppress(OSError):
            port, made = 0, []
            for kind in kinds:
                opened = tried.enter_context(socket.socket(socket.AF_INET, kind))
                opened.bind((host, port))
                if kind == socket.SOCK_STREAM:
                    opened.listen()
                port = opened.getsockname()[1]
                made.append(opened)
            stack.enter_context(tried.pop_all())
            return port, made


def passing(sockets, names=""):
    numbers = ",".join(str(each.fileno()) for each in sockets)
    before = (sys.executable, "-c", PASS, numbers, names)
    return {"before": before, "pass_fds": [each.fileno() for each in sockets]}


def at(path, port):
    path.write_text(path.read_text().replace('"127.0.0.1:0"', f'"127.0.0.1:{port}"', 1))
    return path


@pytest.mark.parametrize("workers", [0, 2])
def test_sockets_that_were_passed_are_answered_at(tmp_path, outside, backends, workers):
    """The port is taken: who opened it himself would fail."""
    path = write(tmp_path, backends.port, server=f"workers = {workers}")
    with contextlib.ExitStack() as stack:
        port, sockets = pair(stack)
        server = outside(at(path, port), **passing(sockets, "dns:dns"))
        assert server.port == port
        assert all(ask(port) == FIRST for _ in range(20))
        query = dns.message.make_query("www.example.com", "A")
        assert dns.query.tcp(query, "127.0.0.1", port=port, timeout=5).answer
        path.write_text(path.read_text().replace('"127.0.0.2"', '"127.0.0.3"', 1))
        server.wait_for("loaded anew")
        until(lambda: ask(port) == SECOND)
        assert not [line for line in server.lines if "WARNING passed" in line or "were passed" in line]


def test_passed_sockets_outlive_a_restart_so_that_a_query_waits(tmp_path, outside, backends):
    path = write(tmp_path, backends.port)
    with contextlib.ExitStack() as stack:
        port, sockets = pair(stack)
        server = outside(at(path, port), **passing(sockets))
        assert ask(server.port) == FIRST
        assert server.stop() == 0
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(20)
            client.sendto(dns.message.make_query("www.example.com", "A", id=7).to_wire(), ("127.0.0.1", port))
            outside(path, **passing(sockets))
            assert dns.message.from_wire(client.recv(512)).id == 7


def test_a_worker_that_dies_leaves_passed_sockets_to_the_others(tmp_path, outside, backends):
    path = write(tmp_path, backends.port, server="workers = 2")
    with contextlib.ExitStack() as stack:
        port, sockets = pair(stack)
        server = outside(at(path, port), **passing(sockets))
        assert server.port == port
        with Load(port) as load:
            until(lambda: len(load.seen) > 300)
            os.kill(server.child("gtm worker 1"), signal.SIGKILL)
            seen = len(load.seen)
            until(lambda: len(load.seen) > seen + 300)
        assert load.lost <= 2


@pytest.mark.parametrize(
    ("made", "words"),
    [
        pytest.param(
            {}, r"sockets were passed for 127\.0\.0\.1:{port}, which listen does not name; add", id="matches nothing"
        ),
        pytest.param(
            {"kinds": [socket.SOCK_DGRAM]}, r"127\.0\.0\.1 port {port}: only a UDP socket was passed", id="one only"
        ),
        pytest.param(
            {"kinds": [socket.SOCK_DGRAM, socket.SOCK_DGRAM]},
            r'passed socket "b" is of no use: 127\.0\.0\.1 port {port} was passed twice',
            id="twice",
        ),
    ],
)
def test_what_is_of_no_use_is_told(tmp_path, outside, backends, made, words):
    with contextlib.ExitStack() as stack:
        if made and len(made["kinds"]) == 2:
            port, sockets = pair(stack, kinds=made["kinds"][:1])
            sockets.append(sockets[0].dup())
            stack.callback(sockets[1].close)
        else:
            port, sockets = pair(stack, **made)
        server = outside(write(tmp_path, backends.port), **passing(sockets, "a:b"))
        server.wait_for("WARNING " + words.format(port=port))
        assert ask(server.port) == FIRST


def test_a_socket_for_both_families_is_refused(tmp_path, outside, backends):
    with contextlib.ExitStack() as stack:
        both = stack.enter_context(socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True))
        server = outside(write(tmp_path, backends.port), **passing([both], "dns"))
        server.wait_for('WARNING passed socket "dns" is of no use: it takes IPv4 as well; say BindIPv6Only=ipv6-only')


def test_sockets_for_another_process_are_left_alone(tmp_path, outside, backends):
    server = outside(
        write(tmp_path, backends.port), env=os.environ | {"LISTEN_PID": "1", "LISTEN_FDS": "2", "LISTEN_FDNAMES": "a:b"}
    )
    assert ask(server.port) == FIRST
    assert not [line for line in server.lines if "WARNING passed" in line or "were passed" in line]


LIBRARIES = """
from importlib.metadata import entry_points
import cryptography.x509, re2
assert all(each.load() for each in entry_points(group="gtm.plugins")) and re2.search("a+", "baa")
"""


def test_all_that_runs_can_do_without_memory_that_is_written_and_executed(tmp_path, outside, backends):
    """MemoryDenyWriteExecute=yes."""
    denying = (sys.executable, "-c", DENY)
    loaded = subprocess.run([*denying, sys.executable, "-c", LIBRARIES], check=False, capture_output=True)
    if loaded.returncode == 77:
        pytest.skip("this kernel has no such switch")
    assert (loaded.returncode, loaded.stderr) == (0, b"")
    server = outside(write(tmp_path, backends.port), before=denying)
    assert ask(server.port) == FIRST


@pytest.fixture
def units(tmp_path):
    """The units, with a command that there is."""
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed")
    command = shutil.which("gtm", path=str(Path(sys.executable).parent)) or sys.executable
    for unit in UNITS.iterdir():
        (tmp_path / unit.name).write_text(unit.read_text().replace("/opt/gtm/bin/gtm", command))
    return sorted(tmp_path.glob("gtm.*"))


def analyzed(*words):
    done = subprocess.run(
        ["systemd-analyze", *map(str, words)], capture_output=True, text=True, timeout=60, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_the_units_are_sound(units):
    assert analyzed("verify", *units) == (0, "")


def test_the_service_is_exposed_as_little_as_is_said(units):
    code, words = analyzed("security", "--offline=true", *[unit for unit in units if unit.suffix == ".service"])
    if "Unknown" in words or "unrecognized" in words:
        pytest.skip("this systemd can't look at a unit that is not loaded")
    assert float(re.search(r"exposure level for gtm\.service: ([\d.]+)", words)[1]) <= EXPOSURE
    assert code == 0
