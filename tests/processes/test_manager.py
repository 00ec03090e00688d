"""What the service manager hears, datagram by datagram."""

import os
import socket

import pytest

from gtm.processes.manager import Manager


@pytest.fixture(params=["path", "abstract"])
def heard(request, tmp_path):
    """A manager's socket, and how the environment names it."""
    place = str(tmp_path / "notify") if request.param == "path" else f"@gtm-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as opened:
        opened.bind(place.replace("@", "\0"))
        opened.setblocking(False)
        yield opened, {"NOTIFY_SOCKET": place, "PATH": "/bin"}


def words(opened):
    """Give all that was heard so far."""
    found = []
    while True:
        try:
            found.append(opened.recv(4096).decode())
        except BlockingIOError:
            return found


def test_a_status_is_one_line_whatever_is_in_it(heard):
    opened, environment = heard
    Manager.found(environment).status("a\nREADY=1")
    assert words(opened) == ["STATUS=a READY=1"]
    assert environment == {"PATH": "/bin"}


def test_a_reload_that_was_told_of_ends_and_another_only_changes_the_status(heard):
    opened, environment = heard
    manager = Manager.found(environment)
    manager.reloaded("fine")
    assert words(opened) == ["STATUS=fine"]
    manager.reloading()
    manager.reloaded("fine")
    manager.reloaded("fine")
    begun, *rest = words(opened)
    assert begun.startswith("RELOADING=1\nMONOTONIC_USEC=")
    assert rest == ["READY=1\nSTATUS=fine", "STATUS=fine"]


@pytest.mark.parametrize(
    ("patience", "beats"),
    [
        pytest.param({"WATCHDOG_USEC": "4000000"}, 5, id="every two seconds"),
        pytest.param({"WATCHDOG_USEC": "4000000", "WATCHDOG_PID": str(os.getpid())}, 5, id="ours"),
        pytest.param({"WATCHDOG_USEC": "4000000", "WATCHDOG_PID": "1"}, 0, id="another's"),
        pytest.param({"WATCHDOG_USEC": "0"}, 0, id="none"),
        pytest.param({"WATCHDOG_USEC": "soon"}, 0, id="nonsense"),
        pytest.param({}, 0, id="not asked for"),
    ],
)
def test_it_hears_that_we_live_twice_within_its_patience(heard, patience, beats):
    opened, environment = heard
    manager = Manager.found(environment | patience)
    for second in range(10):
        manager.alive(100.0 + second)
    assert words(opened) == ["WATCHDOG=1"] * beats


@pytest.mark.parametrize("place", ["", "relative", "/nowhere/at/all"])
def test_where_nobody_listens_nothing_happens(place):
    manager = Manager.found({"NOTIFY_SOCKET": place})
    manager.ready("fine")
    manager.stopping()
