"""A server of several processes of which some die, hang or are stopped: answers go on."""

import json
import os
import signal
import time

import pytest

from tests.edges.conftest import is_alive, until
from tests.edges.running import FIRST, SECOND, Load, addresses, admin, ask, told, write


def kill(pid, number=signal.SIGKILL):
    os.kill(pid, number)


def is_kept(folder):
    """Tell whether somebody was told, and the server would know so after a restart."""
    file = folder / "state" / "alerts.json"
    kept = json.loads(file.read_text()) if file.exists() else {}
    return bool(kept) and bool(kept["told"]["down"]) and not kept["pending"]


def wait(seconds):
    """Let time pass."""
    end = time.monotonic() + seconds
    until(lambda: time.monotonic() > end)


def down(server, backends, host="127.0.0.2"):
    """Let a backend die, and wait until people were told."""
    backends.fall(host)
    until(lambda: addresses(admin(server)).get(host, {}).get("health") == "exceptional")


def test_when_the_control_process_dies_answers_go_on_and_it_is_back_with_its_state(tmp_path, outside, backends):
    server = outside(write(tmp_path, backends.port))
    port = server.port
    down(server, backends)
    before = addresses(admin(server))["127.0.0.2"]
    until(lambda: is_kept(tmp_path))
    with Load(port) as load:
        moment = time.monotonic()
        kill(server.child("gtm control"))
        server.wait_for("the control process was ended by SIGKILL; it is started again")
        until(lambda: len([line for line in server.lines if "admin door at" in line]) == 2)
        after = addresses(admin(server))["127.0.0.2"]
        assert time.monotonic() - moment < 2
        checked = after["checks"][0]["last"]
        until(lambda: addresses(admin(server))["127.0.0.2"]["checks"][0]["last"] > checked)
        assert ask(port) == SECOND
    assert load.lost == 0
    assert load.values() == {"127.0.0.3"}
    assert (after["since"], after["health"]) == (before["since"], "exceptional")
    backends.rise("127.0.0.2")
    until(lambda: ("address_up", "address:a/127.0.0.2") in told(tmp_path))
    assert told(tmp_path) == [("address_down", "address:a/127.0.0.2"), ("address_up", "address:a/127.0.0.2")]
    assert ask(port) == FIRST


def test_a_control_process_that_dies_soon_after_a_verdict_does_not_take_it_back(tmp_path, outside, backends):
    server = outside(write(tmp_path, backends.port))
    port = server.port

    def checked():
        return addresses(admin(server))["127.0.0.2"]["checks"][0]["last"]

    with Load(port, rate=200) as load:
        for number in range(4):
            wait(0.25 * number + 1)  # at different moments between two of its seconds
            backends.fall("127.0.0.2")
            until(lambda: ask(port) == SECOND)
            moment = time.monotonic()
            wait(0.3)
            kill(server.child("gtm control"))
            until(lambda number=number: len([line for line in server.lines if "admin door at" in line]) == number + 2)
            before = checked()
            until(lambda before=before: checked() > before)
            assert load.values(moment) == {"127.0.0.3"}
            backends.rise("127.0.0.2")
            until(lambda: ask(port) == FIRST)


def test_a_control_process_that_ends_in_order_is_followed_by_one_whose_word_the_workers_hear(
    tmp_path, outside, backends
):
    server = outside(write(tmp_path, backends.port))
    port = server.port
    assert ask(port) == FIRST
    kill(server.child("gtm control"), signal.SIGTERM)
    server.wait_for("the control process ended with status 0; it is started again")
    backends.fall("127.0.0.2")
    until(lambda: ask(port) == SECOND)


def test_a_worker_that_dies_while_the_control_process_stands_still_is_back_with_what_was_last_known(
    tmp_path, outside, backends
):
    server = outside(write(tmp_path, backends.port))
    port = server.port
    down(server, backends)
    control = server.child("gtm control")
    os.kill(control, signal.SIGSTOP)
    moment = time.monotonic()
    kill(server.child("gtm worker 0"))
    assert ask(port) == SECOND
    assert time.monotonic() - moment < 2
    os.kill(control, signal.SIGCONT)
    backends.rise("127.0.0.2")
    until(lambda: ask(port) == FIRST)


@pytest.mark.parametrize("count", [1, 2])
def test_when_a_worker_dies_nothing_is_lost_but_what_it_had_in_its_hands(tmp_path, outside, backends, count):
    """Catalogue 3.3, kill -9 of a resolution worker; 1,000 queries a second."""
    server = outside(write(tmp_path, backends.port, server=f"workers = {count}"))
    port = server.port
    with Load(port) as load:
        for _ in range(2):
            pid = server.child("gtm worker 0")
            asked = len(load.seen) + 500
            until(lambda asked=asked: len(load.seen) > asked)
            kill(pid)
            until(lambda pid=pid: server.children.get("gtm worker 0", [pid]) != [pid])
        until(lambda: len(server.children) == count + 1)
        moment = time.monotonic()
        until(lambda: load.seen[-1][0] - load.seen[-1][1] > moment)
    assert load.lost <= 2
    assert load.slowest < 1
    assert load.values() == {"127.0.0.2"}
    assert len([line for line in server.lines if "worker 0 was ended by SIGKILL" in line]) == 2


def test_a_stopped_control_process_delays_no_answer_and_no_verdict_flips_when_it_goes_on(tmp_path, outside, backends):
    server = outside(write(tmp_path, backends.port))
    port = server.port
    control = server.child("gtm control")
    with Load(port) as load:
        until(lambda: len(load.seen) > 100)
        kill(control, signal.SIGSTOP)
        moment = time.monotonic()
        until(lambda: time.monotonic() - moment > 3)
        kill(control, signal.SIGCONT)
        last = addresses(admin(server))["127.0.0.2"]["checks"][0]["last"]
        until(lambda: addresses(admin(server))["127.0.0.2"]["checks"][0]["last"] > last)
        until(lambda: time.monotonic() - moment > 5)
    assert (load.lost, load.values(), told(tmp_path)) == (0, {"127.0.0.2"}, [])
    assert load.slowest < 0.5
    assert server.child("gtm control") == control


def test_who_hangs_for_ten_seconds_is_replaced(tmp_path, outside, backends):
    server = outside(write(tmp_path, backends.port, server="workers = 2"))
    port = server.port
    down(server, backends)
    until(lambda: is_kept(tmp_path))
    hung = server.child("gtm control"), server.child("gtm worker 1")
    for pid in hung:
        kill(pid, signal.SIGSTOP)
    with Load(port, rate=100) as load:
        for who in ("the control process", "worker 1"):
            server.wait_for(f"{who} has said nothing for 10 s; it is killed")
        until(lambda: not any(map(is_alive, hung)) and len(server.children) == 3)
        assert addresses(admin(server))["127.0.0.2"]["health"] == "exceptional"
    assert (load.lost, load.values()) == (0, {"127.0.0.3"})
    assert told(tmp_path) == [("address_down", "address:a/127.0.0.2")]


STUCK = """
import time
from pathlib import Path
from gtm import Observation, Options, Plugin, hookimpl

class Stuck(Plugin):
    name = "stuck"
    Options = Options

    @hookimpl
    async def probe(self, target):
        while Path("{flag}").exists():
            time.sleep(0.01)
        return Observation(True, "well", 0.0)
"""


@pytest.mark.parametrize(
    ("number", "stopped"),
    [
        pytest.param(signal.SIGTERM, ["gtm control", "gtm worker 1"], id="SIGTERM while some are stopped"),
        pytest.param(signal.SIGINT, ["gtm worker 0"], id="SIGINT while one is stopped"),
    ],
)
def test_stopping_the_server_stops_every_process_that_it_started(tmp_path, outside, backends, number, stopped):
    server = outside(write(tmp_path, backends.port, server="workers = 2"))
    assert ask(server.port)
    for name in stopped:
        kill(server.child(name), signal.SIGSTOP)
    before = time.monotonic()
    assert server.stop(number) == 0
    assert time.monotonic() - before < 8


def test_a_key_that_ends_all_in_a_terminal_ends_the_server_once(tmp_path, outside, backends):
    server = outside(write(tmp_path, backends.port))
    assert ask(server.port)
    os.killpg(server.process.pid, signal.SIGINT)
    assert server.process.wait(20) == 0
    assert not [line for line in server.lines if "Traceback" in line or "started again" in line]


def test_a_hangup_of_the_whole_group_loads_anew_and_ends_nobody(tmp_path, outside, backends):
    server = outside(write(tmp_path, backends.port))
    port, before = server.port, server.children
    os.killpg(server.process.pid, signal.SIGHUP)
    server.wait_for("loaded anew")
    assert ask(port) == FIRST
    assert server.children["gtm control"] == before["gtm control"]
    assert not [line for line in server.lines if "started again" in line]


def test_a_probe_that_hangs_the_control_process_does_not_keep_the_server_from_ending(tmp_path, outside, backends):
    flag = tmp_path / "flag"
    (tmp_path / "stuck.py").write_text(STUCK.format(flag=flag))
    more = '[templates.stuck]\nprotocol = "./stuck.py"\ninterval = 0.2\ntimeout = 0.2\n'
    more += '[pools.c]\naddresses = ["127.0.0.4"]\nchecks = ["stuck:1"]\n'
    path = write(tmp_path, backends.port, server=f'plugin_dir = "{tmp_path}"', more=more)
    path.write_text(path.read_text().replace('pools = ["a", "b"]', 'pools = ["a", "b", "c"]'))
    server = outside(path)
    port = server.port
    flag.touch()
    until(lambda: ask(port) == FIRST)
    moment = time.monotonic()
    until(lambda: time.monotonic() - moment > 1)
    assert ask(port, timeout=1) == FIRST
    before = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - before < 13


@pytest.mark.parametrize("stopped", [[], ["gtm control"]], ids=["all run", "one is stopped and goes on later"])
def test_when_the_supervisor_is_killed_its_children_end(tmp_path, outside, backends, stopped):
    server = outside(write(tmp_path, backends.port, server="workers = 2"))
    assert ask(server.port)
    family = [pid for pids in server.children.values() for pid in pids]
    assert len(family) == 3
    halted = [server.child(name) for name in stopped]
    for pid in halted:
        kill(pid, signal.SIGSTOP)
    server.process.kill()
    until(lambda: not any(is_alive(pid) for pid in family if pid not in halted), 5)
    for pid in halted:
        kill(pid, signal.SIGCONT)
    until(lambda: not any(map(is_alive, family)), 5)
    assert not [line for line in server.lines if "Traceback" in line]


def test_a_control_process_that_always_dies_is_started_ever_more_slowly_and_answers_go_on(tmp_path, outside, backends):
    server = outside(write(tmp_path, backends.port))
    port = server.port
    down(server, backends)
    killed = 0
    with Load(port, rate=200) as load:
        end = time.monotonic() + 5
        while time.monotonic() < end:
            for pid in server.children.get("gtm control", ()):
                kill(pid)
                killed += 1
            time.sleep(0.02)
        server.wait_for(r"the control process was ended by SIGKILL; it is started again in 1\.6 s")
        assert addresses(admin(server))["127.0.0.2"]["health"] == "exceptional"
    assert (load.lost, load.values()) == (0, {"127.0.0.3"})
    assert killed < 20
