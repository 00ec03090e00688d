"""How a server ends: at once whatever it does just then, with a word where it can't begin, and not in silence."""

import asyncio
import fcntl
import os
import signal
import time
from pathlib import Path

import pytest

from gtm.config.load import load
from gtm.processes.alone import Server
from gtm.processes.base import made
from tests.edges.conftest import until
from tests.edges.running import FIRST, SECOND, ask, write

SLOW = """
import threading, time
from pathlib import Path
from gtm import Options, Plugin, Setup

class Slow(Plugin):
    name = "slow"
    Options = Options

    def __init__(self, options, setup):
        super().__init__(options, setup)
        here = "supervisor" if threading.current_thread() is threading.main_thread() else "control"
        flag = Path("{folder}/slow in " + here)
        if flag.exists():
            flag.rename("{folder}/begun")
            time.sleep(60)
"""


@pytest.mark.parametrize("who", ["control", "supervisor"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_end_breaks_off_a_load_that_takes_long(tmp_path, outside, backends, who, number):
    (tmp_path / "slow.py").write_text(SLOW.format(folder=tmp_path))
    path = write(tmp_path, backends.port, server=f'plugin_dir = "{tmp_path}"\nwatch = false')
    path.write_text(path.read_text().replace('chain = ["health"', 'chain = [{ use = "./slow.py" }, "health"'))
    server = outside(path)
    assert ask(server.port) == FIRST
    (tmp_path / f"slow in {who}").touch()
    server.signal(signal.SIGHUP)
    until((tmp_path / "begun").exists)
    moment = time.monotonic()
    assert server.stop(number) == 0
    assert time.monotonic() - moment < 5
    assert not [line for line in server.lines if "Traceback" in line or "started again" in line]


def test_where_no_folder_can_be_had_the_message_says_so_and_what_helps(tmp_path, outside, backends):
    place = tmp_path / ("x" * 100)
    place.mkdir()
    server = outside(write(tmp_path, backends.port), env={**os.environ, "TMPDIR": str(place)})
    assert server.process.wait(20) == 2
    found = server.wait_for(
        r': "(.*)/hub" can\'t be listened at: AF_UNIX path too long; let TMPDIR name another place$'
    )
    assert Path(found[1]).parent == place
    assert list(place.iterdir()) == []


def test_who_clears_old_files_away_leaves_the_folder_alone_until_the_end():
    """systemd-tmpfiles takes such a lock before it looks into a folder (tmpfiles.d(5))."""
    with made() as folder:
        other = os.open(folder, os.O_RDONLY)
        with pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(other)
    assert not folder.exists()


def test_what_a_killed_server_left_is_cleared_away_and_nothing_of_one_that_lives(tmp_path, outside, backends):
    place = tmp_path / "place"
    for name in ("gtm-fuzz", "other"):
        (place / name).mkdir(parents=True)
    path = write(tmp_path, backends.port)
    killed, living = (outside(path, env={**os.environ, "TMPDIR": str(place)}) for _ in range(2))
    assert ask(killed.port) == ask(living.port) == FIRST
    before = set(place.iterdir())
    killed.process.kill()
    until(lambda: not killed.children)
    last = outside(path, env={**os.environ, "TMPDIR": str(place)})
    assert ask(last.port) == FIRST
    left = set(place.iterdir())
    assert len(before - left) == len(left - before) == 1
    living_control = living.child("gtm control")
    os.kill(living_control, signal.SIGKILL)  # it is called in its folder still
    until(lambda: living.children.get("gtm control", [living_control]) != [living_control])
    backends.fall("127.0.0.2")
    until(lambda: ask(living.port) == SECOND)


def test_one_process_that_does_it_all_ends_when_its_control_part_fails(tmp_path, backends, monkeypatch):
    path = write(tmp_path, backends.port, server="workers = 0")

    async def main():
        server, fail = Server(path, load(path)), asyncio.Event()

        async def failing():
            await fail.wait()
            raise ValueError("odd")

        monkeypatch.setattr(server.control.notifier, "run", failing)
        await server.start()
        running = asyncio.create_task(server.run())
        assert await asyncio.to_thread(ask, server.addresses[0][1]) == FIRST
        fail.set()
        async with asyncio.timeout(20):
            await running

    with pytest.raises(ExceptionGroup, match="TaskGroup") as fault:
        asyncio.run(main())
    assert fault.group_contains(ValueError, match="odd")
