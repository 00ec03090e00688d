"""command with real processes: what it is told, how it ends, and that nothing of it is left."""

import asyncio
import errno
import json
import os
import threading
import time
from pathlib import Path

import pytest

from gtm import Alert, Setup, Target
from gtm_plugins.command import Command, CommandFailed

SCRIPT = """#!/bin/sh
case $1 in
  well) echo "replica is 2 s behind"; echo more;;
  silent) exit 0;;
  bad) echo "replica is 90 s behind" >&2; exit 2;;
  mute) exit 2;;
  killed) kill -9 $$;;
  hangs) echo "still looking"; sleep 60;;
  deaf) trap '' TERM INT HUP; while :; do sleep 60; done;;
  endless) while :; do echo "all work and no play"; done;;
  long) head -c 100000 /dev/zero | tr '\\0' x; exit 0;;
  leaves) sleep 60 & echo $! > "$2"; echo gone; exit 0;;
  escapes) setsid sleep 60 & echo $! > "$2"; sleep 0.3; echo gone; exit 0;;
  told) env | sort; exit 0;;
  words) shift; for word in "$@"; do printf '<%s>' "$word"; done;;
  reads) cat > "$2"; env | sort >> "$2";;
  refuses) cat > /dev/null; echo "no network"; exit 3;;
  ignores) exit 0;;
esac
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "commands").mkdir()
    file = tmp_path / "commands" / "check.sh"
    file.write_text(SCRIPT)
    file.chmod(0o755)
    return file.parent


def made(folder, *words):
    return Command(Command.Options(run=("check.sh", *words)), Setup(commands=folder))


def probe(folder, *words, timeout=5.0):
    target = Target("192.0.2.1", 5432, "db.example", timeout, None)
    return asyncio.run(made(folder, *words).probe(target))


def gone(number):
    """Wait until a process is no more, or no more than a name."""
    until = time.monotonic() + 5
    while time.monotonic() < until:
        try:
            state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
    return False


@pytest.mark.parametrize(
    ("word", "is_well", "reason"),
    [
        ("well", True, "replica is 2 s behind"),
        ("silent", True, "exit status 0"),
        ("bad", False, "replica is 90 s behind"),
        ("mute", False, "exit status 2"),
        ("killed", False, "ended by SIGKILL"),
        ("endless", False, "its output is longer than 1048576 octets; it said: all work and no play"),
        ("long", True, "x" * 199 + "…"),
    ],
)
def test_its_exit_status_is_the_verdict_and_its_first_line_the_reason(folder, word, is_well, reason):
    seen = probe(folder, word)
    assert (seen.is_well, seen.reason) == (is_well, reason)
    assert seen.seconds < 4


@pytest.mark.parametrize(("word", "said"), [("hangs", "; it said: still looking"), ("deaf", "")])
def test_one_that_does_not_end_is_killed_when_its_time_is_up(folder, word, said):
    seen = probe(folder, word, timeout=0.3)
    assert (seen.is_well, seen.reason) == (False, f"timed out after 0.3 s{said}")
    assert seen.seconds < 2


def test_what_it_leaves_behind_ends_with_it(folder, tmp_path):
    assert probe(folder, "leaves", str(tmp_path / "pid")).is_well
    assert gone(int((tmp_path / "pid").read_text()))


def test_what_escapes_from_its_group_and_holds_its_output_open_is_not_waited_for(folder, tmp_path):
    seen = probe(folder, "escapes", str(tmp_path / "pid"))
    assert (seen.is_well, seen.reason) == (True, "gone")
    assert seen.seconds < 3
    os.kill(int((tmp_path / "pid").read_text()), 9)


def test_one_that_is_cancelled_is_killed(folder, tmp_path):
    async def main():
        target = Target("192.0.2.1", 5432, "db.example", 60.0, None)
        file = tmp_path / "pid"
        (folder / "check.sh").write_text(f'#!/bin/sh\necho $$ > "{file}.new"; mv "{file}.new" "{file}"; sleep 60\n')
        doing = asyncio.create_task(made(folder).probe(target))
        while not file.exists():  # noqa: ASYNC110  a process tells nobody
            await asyncio.sleep(0.01)
        doing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await doing
        return int(file.read_text())

    assert gone(asyncio.run(main()))


def test_one_that_is_cut_off_while_its_output_is_held_open_leaves_nothing_open_here(folder, tmp_path):
    """The prober does not wait for what somebody who left the group may still write."""

    async def main():
        (folder / "check.sh").write_text(
            f"#!/bin/sh\nsetsid sh -c 'echo $$ > {tmp_path}/new; mv {tmp_path}/new {tmp_path}/pid; exec sleep 60'\n"
        )
        before = len(os.listdir("/dev/fd"))  # noqa: PTH208  how many, and nothing of them
        doing = asyncio.create_task(made(folder).probe(Target("192.0.2.1", 1, "x", 60.0, None)))
        while not (tmp_path / "pid").exists():  # noqa: ASYNC110  a process tells nobody
            await asyncio.sleep(0.01)
        for _ in range(2):  # the second finds it waiting for the rest of the output
            doing.cancel()
            await asyncio.sleep(0)
        await asyncio.wait({doing})

        def is_over():  # a thread hears of its end, or since Python 3.12 a descriptor of its own
            threads = any("waitpid" in thread.name for thread in threading.enumerate())
            return not threads and len(os.listdir("/dev/fd")) == before  # noqa: PTH208

        async with asyncio.timeout(20):
            while not is_over():  # noqa: ASYNC110  nobody tells
                await asyncio.sleep(0.01)
        for _ in range(3):  # turns in which the loop hears of it
            await asyncio.sleep(0)

    asyncio.run(main())
    os.kill(int((tmp_path / "pid").read_text()), 9)


def test_it_is_told_of_its_target_and_of_nothing_else(folder, monkeypatch):
    monkeypatch.setenv("SECRET", "of the server")
    (folder / "check.sh").write_text("#!/bin/sh\nenv | sort | tr '\\n' ' '\n")
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    told = dict(pair.split("=", 1) for pair in probe(folder).reason.split())
    for own in ("PWD", "_", "SHLVL", "OLDPWD"):  # the shell's
        told.pop(own, None)
    assert told == {
        "GTM_ADDRESS": "192.0.2.1",
        "GTM_NAME": "db.example",
        "GTM_PORT": "5432",
        "GTM_TIMEOUT": "5.000",
        "PATH": "/usr/bin:/bin",
    }


def test_no_shell_reads_its_arguments(folder):
    assert probe(folder, "words", "$(id)", "a b", ";reboot", "*").reason == "<$(id)><a b><;reboot><*>"


@pytest.mark.parametrize(
    ("first", "reason"),
    [("#!/no/such/shell", "its first line names a program that is not there"), ("echo well", "it is no program, and")],
)
def test_a_file_that_the_system_can_not_run_says_what_it_lacks(folder, first, reason):
    (folder / "check.sh").write_text(f"{first}\n")
    seen = probe(folder)
    assert seen.is_well is False
    assert seen.reason.startswith(f"can't be run: {reason}")


def test_where_this_machine_has_no_room_for_it_nothing_is_said_of_the_target(folder, monkeypatch):
    def full(*_, **__):
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr("subprocess.Popen", full)
    seen = probe(folder, "well")
    assert (seen.is_well, seen.reason) == (None, "can't be run: no room left here for another process or thread")


def test_a_file_that_has_gone_since_the_load_fails_with_the_reason(folder):
    plugin = made(folder, "well")
    (folder / "check.sh").unlink()
    seen = asyncio.run(plugin.probe(Target("192.0.2.1", 1, "x", 5.0, None)))
    assert (seen.is_well, seen.reason) == (False, "can't be run: no such file or directory")


ALERTS = (
    Alert("pool_down", "pool:hk", "0 of 2\0addresses", 1e9, "k1", 0, ("pool:hk",), ("domain:www.example.com/A",)),
    Alert("address_down", "address:hk-1", "status 503", 1e9),
)


def test_alerts_are_told_as_json_and_the_first_in_the_environment(folder, tmp_path):
    file = tmp_path / "heard"
    asyncio.run(made(folder, "reads", str(file)).notify(ALERTS))
    told, _, environment = file.read_text().partition("GTM_COUNT=")
    found = json.loads(told)
    assert [one["subject"] for one in found] == ["pool:hk", "address:hk-1"]
    assert found[0]["domains"] == ["domain:www.example.com/A"]
    assert environment.splitlines()[:4] == [
        "2",
        "GTM_EVENT=pool_down",
        "GTM_REASON=0 of 2addresses",
        "GTM_SUBJECT=pool:hk",
    ]


def test_a_command_that_reads_no_alerts_has_told_them_all_the_same(folder):
    many = tuple(Alert("pool_down", f"pool:{n}", "x" * 1000, 1e9) for n in range(1000))
    asyncio.run(made(folder, "ignores").notify(many))


def test_one_that_fails_raises_so_that_it_is_tried_again(folder):
    with pytest.raises(CommandFailed, match=r"^exit status 3: no network$"):
        asyncio.run(made(folder, "refuses").notify(ALERTS))


def test_one_that_takes_too_long_to_tell_raises(folder, monkeypatch):
    monkeypatch.setattr("gtm_plugins.command.LIMIT", 0.3)
    with pytest.raises(CommandFailed, match=r"^timed out after 0\.3 s$"):
        asyncio.run(made(folder, "hangs").notify(ALERTS))
