"""``gtm drain``, ``force``, ``release`` and ``drill``: what they ask for, print, and end with."""

import asyncio
import contextlib
import threading
import time

import msgspec
import pytest
from click.testing import CliRunner

from gtm.cli import moment
from gtm.cli.drain import drain
from gtm.cli.drill import drill
from gtm.cli.force import force
from gtm.cli.release import release
from gtm.config.load import load
from gtm.control.admin import Admin
from gtm.control.drill import Drilled, Gone
from gtm.control.overrides import Overrides
from gtm.health.table import State

COREFILE = """
[server]
{server}
[[zone]]
name = "example.com"
chain = ["health", "round_robin", "ttl", "rescue"]
[pools.hk]
addresses = ["192.0.2.1", "192.0.2.2"]
[pools.sg]
addresses = ["192.0.2.3"]
[[domain]]
name = "www.example.com"
type = "A"
pools = ["hk", "sg"]
"""
KEPT = Gone("domain:www.example.com/A", 0.623, 0.9, True, False, True)
DRILLED = Drilled("pool:hk", ("address:hk/192.0.2.1",), (), (KEPT,), 0, (), 0.25, True)


class Server:
    """What stands behind the door: overrides, and a drill whose outcome is given."""

    def __init__(self, folder, server):
        path = folder / "Corefile.toml"
        path.write_text(COREFILE.format(server=server))
        self.overrides = Overrides(load(path), folder / "state")
        self.drilled, self.asked = DRILLED, []

    async def override(self, request):
        return await self.overrides.set(request, State(), time.time())

    async def release(self, request):
        return await self.overrides.release(request, time.time())

    async def drill(self, request):
        self.asked.append(request)
        return self.drilled


class Open:
    """A real door on a thread of its own; ``call`` runs a command through it."""

    def __init__(self, folder, server):
        self.source = Server(folder, server)
        self.overrides = self.source.overrides
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()
        self.door = Admin(self.source, ("127.0.0.1", 0))
        self.run(self.door.start())

    def run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(20)

    def call(self, command, *words):
        host, port = self.door.address
        return CliRunner().invoke(command, [*words, "--admin", f"{host}:{port}"])

    def close(self):
        self.run(self.door.close())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()


@pytest.fixture
def door(tmp_path):
    with contextlib.ExitStack() as stack:

        def make(server='state = "state"'):
            made = Open(tmp_path, server)
            stack.callback(made.close)
            return made

        yield make


def test_drain_says_what_was_done_until_when_and_what_is_left(door):
    served = door()
    told = served.call(drain, "pool:hk", "--reason", "disk swap", "--for", "2h")
    (override,) = served.overrides.in_force(time.time())
    assert told.exit_code == 0
    assert told.output == (
        f"pool:hk is drained until {moment.shown(override.until)} (for 2 h): disk swap\n"
        "  domain:www.example.com/A keeps 1 of 2 pools\n"
    )
    assert 7190 < override.until - time.time() <= 7200
    assert "@" in override.by


def test_a_word_in_the_place_of_another_says_so_and_an_end_may_be_a_moment(door):
    served = door()
    served.call(drain, "address:192.0.2.1", "--reason", "disk")
    told = served.call(force, "down", "address:192.0.2.*1", "--reason", "worse", "--until", "2099-01-01T00:00Z")
    assert told.exit_code == 0
    first, second, third = told.output.splitlines()
    assert first.startswith("address:hk/192.0.2.1 is forced down until 209")
    assert second.startswith("  in the place of: address:hk/192.0.2.1 drained since 20")
    assert second.endswith(": disk")
    assert third == "  pool:hk keeps 1 of 2 addresses"


def test_who_it_was_is_the_person_behind_sudo_and_a_reason_may_be_in_any_encoding(door, monkeypatch):
    served = door()
    monkeypatch.setenv("SUDO_USER", "ann")
    assert served.call(drain, "pool:hk", "--reason", "caf\udce9").exit_code == 0
    (override,) = served.overrides.in_force(time.time())
    assert override.by.startswith("ann@")
    assert override.reason == "caf\N{REPLACEMENT CHARACTER}"


def test_without_a_state_folder_the_command_warns(door):
    served = door(server="")
    told = served.call(force, "up", "pool:hk", "--reason", "x")
    assert told.exit_code == 0
    assert (
        'warning: it will not survive a restart: [server] names no state folder, such as state = "state"' in told.stderr
    )


def test_a_refusal_is_told_in_the_words_of_the_server_and_ends_with_1(door):
    served = door()
    told = served.call(drain, "pool:*", "--reason", "x")
    assert told.exit_code == 1
    assert "would keep 0 of 2 pools available, and keep_at_least is 1; say --anyway if that is meant" in told.stderr
    told = served.call(drain, "pool:*", "--reason", "x", "--anyway")
    assert told.exit_code == 0
    assert "domain:www.example.com/A keeps 0 of 2 pools" in told.stdout


@pytest.mark.parametrize(
    ("command", "words", "said"),
    [
        (drain, ["pool:hk"], "Missing option '--reason'"),
        (drain, ["--reason", "x"], "Missing argument 'MEMBER...'"),
        (drain, ["pool:hk", "--reason", "x", "--for", "2 hours"], '"2 hours" is not a length of time'),
        (drain, ["pool:hk", "--reason", "x", "--until", "tomorrow"], '"tomorrow" is not a moment'),
        (drain, ["pool:hk", "--reason", "x", "--for", "1h", "--until", "2099-01-01"], "say --for or --until, not both"),
        (force, ["out", "pool:hk", "--reason", "x"], "'out' is not one of 'up', 'down'"),
        (release, [], "say which members, or --all"),
        (release, ["pool:hk", "--all"], "say which members, or --all"),
    ],
)
def test_a_wrong_word_asks_nothing_of_the_server(command, words, said):
    told = CliRunner().invoke(command, [*words, "--admin", "127.0.0.1:1"])
    assert told.exit_code == 2
    assert said in told.stderr


def test_release_takes_back_some_or_all_and_tells_what_stays(door, tmp_path):
    served = door()
    (tmp_path / "o.toml").write_text('[[override]]\non = "pool:sg"\nword = "up"\nreason = "git"\n')
    served.overrides.read(tmp_path / "o.toml", State(), time.time())
    served.call(drain, "pool:hk", "address:192.0.2.1", "--reason", "disk")
    told = served.call(release, "address:*")
    assert told.output.startswith("released: address:hk/192.0.2.1 drained since ")
    told = served.call(release, "--all")
    assert [line.partition(" drained")[0] for line in told.output.splitlines()] == [
        "released: pool:hk",
        f"pool:sg stays forced up: it stands at {tmp_path}/o.toml:1",
    ]
    told = served.call(release, "pool:sg")
    assert told.exit_code == 1
    assert f"is taken out there: pool:sg at {tmp_path}/o.toml:1" in told.stderr


def test_where_there_is_nothing_to_release_all_says_so(door):
    assert door().call(release, "--all").output == "there is no override\n"


@pytest.mark.parametrize(
    ("change", "said", "status"),
    [
        ({}, "  www.example.com/A  gone after 0.62 s, bound 0.90 s: kept\n  all well again 0.25 s after", 0),
        (
            {"gone": {"seen": False}},
            "believed dead after 0.62 s, bound 0.90 s: kept; it was in no answer to this machine",
            0,
        ),
        ({"gone": {"stays": True}}, "bound 0.90 s: kept; nobody else is left, so the last resort answers", 0),
        ({"gone": {"seconds": 1.2, "kept": False}, "kept": False}, "gone after 1.20 s, bound 0.90 s: broken", 1),
        (
            {"gone": {"seconds": None, "kept": False}, "kept": False},
            "no answer without it long after the bound of 0.90 s: broken",
            1,
        ),
        ({"back": None}, "not all came back in time; gtm status says why", 1),
        ({"spared": ("address:x has no checks",), "unasked": 7}, "  left alone: address:x has no checks\n", 0),
    ],
    ids=["kept", "unseen", "stays", "late", "never", "not back", "spared"],
)
def test_drill_shows_each_access_domain_and_ends_with_1_where_a_bound_was_broken(door, change, said, status):
    served = door()
    gone = msgspec.structs.replace(KEPT, **change.pop("gone", {}))
    served.source.drilled = msgspec.structs.replace(DRILLED, **{"domains": (gone,), **change})
    told = served.call(drill, "pool:hk", "--anyway")
    assert (told.exit_code, said in told.stdout) == (status, True), told.stdout
    assert told.stderr == "drilling pool:hk; what is taken out is put back by itself …\n"
    assert (served.source.asked[0].on, served.source.asked[0].anyway) == ("pool:hk", True)


@pytest.mark.parametrize(
    ("text", "seconds"), [("2h", 7200), ("30m", 1800), ("1d12h", 129_600), ("90s", 90), ("1h30m5s", 5405)]
)
def test_a_length_of_time_is_read(text, seconds):
    assert moment.length(text) == seconds


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59.6, "1 min"), (5405, "1 h 30 min"), (7200, "2 h"), (86400 * 3 + 60, "3 d"), (-5, "0 s")],
)
def test_a_length_of_time_is_shown(seconds, text):
    assert moment.span(seconds) == text


def test_a_moment_without_a_time_zone_is_on_this_machines_clock(monkeypatch):
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "Asia/Hong_Kong")
        time.tzset()
        assert moment.moment("2026-11-22T10:00") == moment.moment("2026-11-22T02:00Z") == 1795312800
        assert moment.shown(1795312800) == "2026-11-22 10:00:00 HKT"
    time.tzset()
