"""The first answer, and what a server still knows: after an orderly end, after none, and after damage to what it kept."""

import asyncio
import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time

import pytest

from gtm.cli.admin import Admin
from gtm.config.load import load
from gtm.control import store
from gtm.control.control import Control
from tests.edges.conftest import until
from tests.edges.running import FIRST, SECOND, addresses, admin, ask, told, write


class Nobody:
    """No process answers."""

    workers = 0
    addresses = ()

    def publish(self, state):
        """Answer from it."""


@pytest.fixture
def silent():
    """A target that takes connections and says nothing."""
    with socket.create_server(("127.0.0.4", 0), backlog=1024) as server:
        yield server.getsockname()[1]


def hung(folder, port, *, timeout, count=1):
    """Configure so many targets that say nothing, in a domain of their own."""
    values = ", ".join(f'{{ value = "127.0.0.4", name = "n{n}", checks = ["slow:{port}"] }}' for n in range(count))
    text = (
        f'[templates.slow]\nprotocol = "http"\ninterval = 60\ntimeout = {timeout}\n[pools.c]\naddresses = [{values}]\n'
    )
    return text + '[[domain]]\nname = "slow.example.com"\ntype = "A"\npools = ["c"]\n'


def started(outside, path):
    """Start a server; tell after how many seconds it answered first, once its processes were there, and its port."""
    server = outside(path)
    until(lambda: server.children)
    begun = time.monotonic()
    port = server.port
    return server, port, time.monotonic() - begun


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_the_first_answer_does_not_name_who_is_dead(tmp_path, outside, backends, workers):
    backends.fall("127.0.0.2")
    server = outside(write(tmp_path, backends.port, server=f"workers = {workers}"))
    assert ask(server.port) == SECOND


def test_nor_one_who_died_while_the_server_was_away(tmp_path, outside, backends):
    path = write(tmp_path, backends.port)
    path.write_text(path.read_text().replace("interval = 0.2", "interval = 60").replace("confirm = 0.1", ""))
    server = outside(path)
    assert ask(server.port) == FIRST
    assert server.stop() == 0
    backends.fall("127.0.0.2")
    server = outside(path)
    assert ask(server.port) == SECOND


def test_the_first_answer_waits_no_longer_than_the_longest_time_out(tmp_path, outside, backends, silent):
    more = hung(tmp_path, silent, timeout=1.5)
    _, port, seconds = started(outside, write(tmp_path, backends.port, more=more))
    assert 1 < seconds < 3
    assert ask(port) == FIRST


def test_nor_when_more_targets_hang_than_may_be_probed_at_once(tmp_path, outside, backends):
    (tmp_path / "commands").mkdir()
    for name, text in {"hang": "exec sleep 60", "tell": "exec cat"}.items():
        (tmp_path / "commands" / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / "commands" / name).chmod(0o755)
    values = ", ".join(f'"127.0.1.{n}"' for n in range(1, 60))
    more = '[templates.slow]\nprotocol = "command"\nrun = "hang"\ninterval = 60\ntimeout = 1.0\nport = 1\n'
    more += f'[pools.c]\nchecks = ["slow"]\naddresses = [{values}]\n'
    more += '[[domain]]\nname = "slow.example.com"\ntype = "A"\npools = ["c"]\n'
    _, port, seconds = started(outside, write(tmp_path, backends.port, more=more))
    assert seconds < 3
    assert ask(port) == FIRST


def test_up_waits_for_nobody(tmp_path, outside, backends, silent):
    more = hung(tmp_path, silent, timeout=10)
    _, port, seconds = started(outside, write(tmp_path, backends.port, server='start = "up"', more=more))
    assert seconds < 5
    assert ask(port, "slow.example.com") == ["127.0.0.4"]


@pytest.mark.parametrize(("seconds", "answer"), [(60, SECOND), (-10, SECOND), (-60, FIRST)])
def test_last_believes_what_was_kept_if_that_is_fresh(tmp_path, outside, backends, seconds, answer):
    """It lives, but nine probes would have to say so, one a minute."""
    path = write(tmp_path, backends.port, server='start = "last"')
    path.write_text(path.read_text().replace("interval = 0.2", "interval = 60").replace("fall = 2", "rise = 9"))
    now = time.time()
    check = {"verdict": "down", "since": now - 500, "reason": "status 503", "moment": now - 1, "until": now + seconds}
    (tmp_path / "state").mkdir()
    text = json.dumps({"checks": {f"check:web:{backends.port}@127.0.0.2": check}})
    (tmp_path / "state" / "verdicts.json").write_text(text)
    _, port, seconds = started(outside, path)
    assert ask(port) == answer
    assert seconds < 5


FILES = ("verdicts.json", "sticky.json", "alerts.json", "overrides.json")
DAMAGES = {
    "truncated": b'{"checks": {"check:web',
    "empty": b"",
    "foreign": b'[{"apiVersion": "v1"}]',
    "no text": bytes(range(128, 256)),
    "deep": b"[" * 100_000,
    "a number": b"NaN",
}


@pytest.mark.parametrize("damage", [*DAMAGES, "a folder"])
def test_damaged_state_is_told_and_costs_no_answer(tmp_path, outside, backends, damage):
    path = write(tmp_path, backends.port)
    state = tmp_path / "state"
    state.mkdir()
    for name in FILES:
        if damage == "a folder":
            (state / name / "inside").mkdir(parents=True)
        else:
            (state / name).write_bytes(DAMAGES[damage])
    server = outside(path)
    assert ask(server.port) == FIRST
    for name, words in zip(
        FILES, ("verdicts are", "held members are", "what was told,", "overrides that"), strict=True
    ):
        server.wait_for(rf"WARNING {words} .*(forgotten|lost): .*{name}")
    backends.fall("127.0.0.2")
    until(lambda: ask(server.port) == SECOND)
    until(lambda: told(tmp_path) == [("address_down", "address:a/127.0.0.2")])
    if damage != "a folder":
        until(lambda: "127.0.0.2" in (state / "verdicts.json").read_text())


def complaints(server):
    return [line for line in server.lines if "state is not kept" in line]


def test_a_folder_that_can_not_be_written_is_told_once_and_used_as_soon_as_it_can_be(tmp_path, outside, backends):
    state = tmp_path / "state"
    state.write_text("a file is in the way")
    server = outside(write(tmp_path, backends.port))
    port = server.port
    server.wait_for("state is not kept: ")
    backends.fall("127.0.0.2")
    until(lambda: ask(port) == SECOND)
    until(lambda: ("address_down", "address:a/127.0.0.2") in told(tmp_path))
    assert len(complaints(server)) == 1
    state.unlink()
    server.wait_for("state is kept again in ")
    until((state / "verdicts.json").exists)
    assert ask(port) == SECOND
    assert server.stop() == 0
    assert len(complaints(server)) == 1


@pytest.fixture
def disk(tmp_path):
    """A disk of 128 kB."""
    place = tmp_path / "state"
    place.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=128k", "none", place], capture_output=True, check=False)
    if made.returncode:
        pytest.skip("mounting is not permitted here")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def test_on_a_full_disk_answers_go_on_and_the_old_state_stays(tmp_path, outside, backends, disk):
    """Catalogue 3.3, disk full during state save."""
    path = write(tmp_path, backends.port)
    server = outside(path)
    port = server.port
    until((disk / "verdicts.json").exists)
    with contextlib.suppress(OSError), (disk / "filler").open("wb") as file:
        while True:
            file.write(bytes(4096))
            file.flush()
    backends.fall("127.0.0.2")
    until(lambda: ask(port) == SECOND)
    server.wait_for("state is not kept: .*No space left on device")
    until(lambda: any("state is not kept" in each["reason"] for each in admin(server)["problems"]))
    os.kill(server.child("gtm control"), signal.SIGKILL)
    until(lambda: addresses(admin(server))["127.0.0.2"]["health"] == "exceptional")
    assert ask(port) == SECOND
    until(lambda: len(complaints(server)) == 2)  # one of each control process
    assert json.loads((disk / "verdicts.json").read_text())
    (disk / "filler").unlink()
    server.wait_for("state is kept again in ")
    assert (
        json.loads((disk / "verdicts.json").read_text())["checks"][f"check:web:{backends.port}@127.0.0.2"]["verdict"]
        == "down"
    )


WRITER = """
import sys
from pathlib import Path
from gtm.control import store
for turn in range(1_000_000):
    store.save(Path(sys.argv[1]), "verdicts.json", {f"check:{n}": turn for n in range(500)})
    print(turn, flush=True)
"""


def test_whenever_a_write_is_killed_the_state_is_whole_and_no_older_than_what_was_acknowledged(tmp_path):
    """Catalogue 3.3, kill -9 during config/state write; GTM_KILLS says how often, such as 200."""
    chance = random.Random(3)
    for _ in range(int(os.environ.get("GTM_KILLS", "20"))):
        with subprocess.Popen([sys.executable, "-c", WRITER, tmp_path], stdout=subprocess.PIPE, text=True) as writer:
            said = writer.stdout.readline()
            end = time.monotonic() + chance.random() * 0.02
            until(lambda end=end: time.monotonic() > end)
            writer.kill()
            said = (said + writer.stdout.read()).rpartition("\n")[0].split("\n")[-1]
        found = store.begin(tmp_path, "verdicts.json", dict[str, int])
        assert len(found) == 500
        assert len(set(found.values())) == 1
        assert next(iter(found.values())) >= int(said)
        assert {file.name for file in tmp_path.iterdir()} <= {"verdicts.json", "verdicts.json.before"}


def test_however_often_all_of_it_is_killed_the_state_is_loaded_again(tmp_path, outside, backends):
    path = write(tmp_path, backends.port)
    chance = random.Random(5)
    for turn in range(6):
        server = outside(path)
        assert ask(server.port)
        (backends.fall if turn % 2 == 0 else backends.rise)("127.0.0.2")
        end = time.monotonic() + chance.random() * 1.5
        until(lambda end=end: time.monotonic() > end)
        os.killpg(server.process.pid, signal.SIGKILL)
        server.stop()
        assert not [line for line in server.lines if "forgotten" in line or "lost" in line]


def test_a_drain_counts_again_though_all_of_it_was_killed_as_soon_as_the_command_was_done(tmp_path, outside, backends):
    path = write(tmp_path, backends.port)
    server = outside(path)
    assert ask(server.port) == FIRST
    door = Admin("127.0.0.1", int(server.wait_for(r"admin door at http://127\.0\.0\.1:(\d+)")[1]))
    door.post("/overrides", {"on": ["pool:a"], "word": "drain", "reason": "new disks", "by": "ann"})
    os.killpg(server.process.pid, signal.SIGKILL)
    server.stop()
    server = outside(path)
    assert ask(server.port) == SECOND
    (found,) = admin(server)["overrides"]
    assert (found["on"], found["word"], found["reason"], found["by"]) == ("pool:a", "drain", "new disks", "ann")


@pytest.mark.parametrize("start", ["probe", "last", "up"])
def test_who_was_available_last_is_answered_after_a_restart_while_everybody_is_dead(tmp_path, outside, backends, start):
    path = write(tmp_path, backends.port, server=f'start = "{start}"')
    path.write_text(path.read_text().replace('pools = ["a", "b"]', 'pools = ["a", "b"]\nwhen_all_down = "last"'))
    server = outside(path)
    backends.fall("127.0.0.2")
    until(lambda: ask(server.port) == SECOND)
    backends.fall("127.0.0.3")
    until(lambda: admin(server)["domains"][0]["rescued"])
    assert ask(server.port) == SECOND
    assert server.stop() == 0
    server = outside(path)
    until(lambda: admin(server)["domains"][0]["rescued"])
    until(lambda: ask(server.port) == SECOND)  # "up" answers the first one until it was probed


def test_a_control_process_that_ends_before_it_remembers_forgets_nothing(tmp_path, outside, backends):
    path = write(tmp_path, backends.port)
    server = outside(path)
    backends.fall("127.0.0.2")
    until(lambda: ("address_down", "address:a/127.0.0.2") in told(tmp_path))
    assert server.stop() == 0
    before = {file.name: file.read_bytes() for file in (tmp_path / "state").glob("*.json")}
    assert before.keys() >= {"verdicts.json", "alerts.json"}

    async def main():
        await Control(path, load(path), Nobody(), None).stop()

    asyncio.run(main())
    assert {file.name: file.read_bytes() for file in (tmp_path / "state").glob("*.json")} == before


def test_a_restart_in_order_keeps_since_when_and_tells_nothing_twice(tmp_path, outside, backends):
    path = write(tmp_path, backends.port)
    server = outside(path)
    backends.fall("127.0.0.2")
    until(lambda: ("address_down", "address:a/127.0.0.2") in told(tmp_path))
    before = addresses(admin(server))["127.0.0.2"]
    assert server.stop() == 0
    server = outside(path)
    assert ask(server.port) == SECOND
    after = addresses(admin(server))["127.0.0.2"]
    assert (after["health"], after["since"]) == ("exceptional", before["since"])
    backends.rise("127.0.0.2")
    until(lambda: len(told(tmp_path)) > 1)
    assert [event for event, _ in told(tmp_path)] == ["address_down", "address_up"]
