"""A faulty Corefile at the start: the last good configuration answers, and says loudly that it does."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys

import pytest

from tests.edges.conftest import until
from tests.edges.running import FIRST, SECOND, Backends, admin, ask, write

ZONE = "@ 300 SOA ns hostmaster 1 3600 600 86400 300\n@ 300 NS ns\nns 300 A 192.0.2.53\nother 300 A 192.0.2.{0}\n"


@pytest.fixture
def backends():
    made = Backends()
    yield made
    made.close()


def served(folder, outside, backends, **options):
    """Let a configuration be served until it is kept; its zone is a file, and what it includes another."""
    (folder / "zones").mkdir(exist_ok=True)
    (folder / "zones" / "other.zone").write_text(ZONE.format(54))
    (folder / "domains").mkdir(exist_ok=True)
    (folder / "domains" / "one.toml").write_text('[[domain]]\nname = "in.example.com"\ntype = "A"\npools = ["b"]\n')
    more = '[[zone]]\nname = "example.org"\nchain = [{ use = "zone", file = "zones/other.zone" }]\n'
    options["server"] = f'include = ["domains/*.toml"]\n{options.get("server", "")}'
    path = write(folder, backends.port, more=more, **options)
    server = outside(path)
    assert ask(server.port) == FIRST
    until((folder / "state" / "last-good" / "1").exists)
    assert server.stop() == 0
    return path


def break_syntax(folder):
    (folder / "Corefile.toml").write_text("[server\n")


def break_name(folder):
    path = folder / "Corefile.toml"
    path.write_text(path.read_text().replace('"sequence", "round_robin"', '"sequnce", "round_robin"'))


def break_zone(folder):
    (folder / "zones" / "other.zone").write_text("@ 300 SOA\n")


def break_include(folder):
    (folder / "domains" / "one.toml").write_text('[[domain]]\nname = "in.example.com"\ntype = "A"\npools = ["nil"]\n')


def lose_zone(folder):
    (folder / "zones" / "other.zone").unlink()


def lose_corefile(folder):
    (folder / "Corefile.toml").unlink()


BREAKS = [break_syntax, break_name, break_zone, break_include, lose_zone, lose_corefile]


@pytest.mark.parametrize("damage", BREAKS, ids=lambda damage: damage.__name__.replace("_", " "))
def test_bad_config_at_start_after_a_crash(tmp_path, outside, backends, damage):
    """It is answered from, told of, and left as soon as the Corefile is mended."""
    path = served(tmp_path, outside, backends)
    good = {file: file.read_text() for file in (path, *tmp_path.glob("zones/*"), *tmp_path.glob("domains/*"))}
    damage(tmp_path)
    server = outside(path)
    port = server.port
    server.wait_for("ERROR configuration refused: .*" + str(tmp_path))
    server.wait_for(r"ERROR answering as last good configured, at 20\d\d-\d\d-\d\d \d\d:\d\d:\d\dZ; mend the Corefile")
    assert (ask(port), ask(port, "in.example.com"), ask(port, "other.example.org")) == (FIRST, SECOND, ["192.0.2.54"])
    problems = [each["reason"] for each in admin(server)["problems"] if each["key"] == "server"]
    assert problems
    assert problems[0].startswith("a newer configuration was refused: ")
    assert admin(server, "/readyz") == {"ready": True}
    assert not [line for line in server.lines if "Traceback" in line]
    for file, text in good.items():
        file.write_text(
            text.replace('first = "127.0.0.2"', "") if file != path else text.replace("192.0.2.53", "192.0.2.99")
        )
    server.wait_for("configuration loaded anew")
    until(lambda: ask(port, "ns.example.com") == ["192.0.2.99"])
    assert not [each for each in admin(server)["problems"] if each["key"] == "server"]
    until((tmp_path / "state" / "last-good" / "2").exists)


@pytest.mark.parametrize("workers", [0, 1])
def test_it_keeps_its_state_where_the_corefile_says_and_outlives_the_control_process(
    tmp_path, outside, backends, workers
):
    path = served(tmp_path, outside, backends, server=f"workers = {workers}")
    break_name(tmp_path)
    (tmp_path / "state" / "verdicts.json").unlink()
    server = outside(path)
    port = server.port
    until((tmp_path / "state" / "verdicts.json").exists)
    if workers:
        os.kill(server.child("gtm control"), signal.SIGKILL)
        server.wait_for("it is started again")
        until(lambda: len([line for line in server.lines if "admin door" in line]) == 2)
    assert [each for each in admin(server)["problems"] if "refused" in each["reason"]]
    server.signal(signal.SIGHUP)  # as faulty as before
    until(lambda: len([line for line in server.lines if "the old configuration keeps answering" in line]) == 1)
    assert ask(port) == FIRST
    assert server.stop() == 0
    assert [each.name for each in (tmp_path / "state" / "last-good").iterdir()] == ["1"]
    assert not list((tmp_path / "state" / "last-good").rglob("verdicts.json"))


def refused(path, *options):
    command = [sys.executable, "-m", "gtm", "serve", *options, path]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    return done.returncode, done.stderr


def test_strict_refuses_to_start_with_a_faulty_one(tmp_path, outside, backends):
    path = served(tmp_path, outside, backends)
    break_name(tmp_path)
    code, words = refused(path, "--strict")
    assert (code, "sequnce" in words, "last good" in words) == (2, True, False)


def test_without_one_or_with_another_corefiles_it_refuses(tmp_path, outside, backends):
    path = served(tmp_path, outside, backends)
    other = tmp_path / "Other.toml"
    other.write_text(path.read_text().replace("sequence", "sequnce"))
    assert refused(other)[0] == 2
    shutil.rmtree(tmp_path / "state")
    break_name(tmp_path)
    assert refused(path)[0] == 2


@pytest.mark.parametrize("where", ["option", "environment"])
def test_a_folder_of_another_name_is_found_by_an_option_when_nothing_can_be_read(tmp_path, outside, backends, where):
    path = served(tmp_path, outside, backends)
    (tmp_path / "state").rename(tmp_path / "memory")
    break_syntax(tmp_path)
    assert refused(path)[0] == 2
    folder = str(tmp_path / "memory")
    if where == "option":
        server = outside(path, "--state", folder)
    else:
        server = outside(path, env=os.environ | {"STATE_DIRECTORY": folder})
    assert ask(server.port) == FIRST


def test_a_damaged_one_is_passed_over_for_the_one_before_it(tmp_path, outside, backends):
    path = served(tmp_path, outside, backends)
    path.write_text(path.read_text().replace("192.0.2.53", "192.0.2.99"))
    server = outside(path)
    assert ask(server.port, "ns.example.com") == ["192.0.2.99"]
    until((tmp_path / "state" / "last-good" / "2").exists)
    assert server.stop() == 0
    copied = next((tmp_path / "state" / "last-good" / "2").rglob("Corefile.toml"))
    copied.write_text(copied.read_text().replace("192.0.2.99", "192.0.2.98"))
    break_syntax(tmp_path)
    server = outside(path)
    assert ask(server.port, "ns.example.com") == ["192.0.2.53"]
    server.wait_for(r"WARNING .*last-good/2 can't be used: .*Corefile\.toml is not what it was")


def test_only_the_last_two_are_kept_and_what_did_not_change_is_not_kept_again(tmp_path, outside, backends):
    path = served(tmp_path, outside, backends)
    server = outside(path)
    port = server.port
    kept = tmp_path / "state" / "last-good"
    for number in (2, 3, 4):
        path.write_text(path.read_text().replace(f"192.0.2.{51 + number}", f"192.0.2.{52 + number}"))
        server.signal(signal.SIGHUP)
        until(lambda number=number: ask(port, "ns.example.com") == [f"192.0.2.{52 + number}"])
        until((kept / str(number)).exists)
    server.forget()
    server.signal(signal.SIGHUP)
    server.wait_for("loaded anew")
    assert server.stop() == 0
    assert sorted(each.name for each in kept.iterdir()) == ["3", "4"]


def test_whenever_it_is_killed_while_it_keeps_one_the_next_start_finds_one(tmp_path, outside, backends):
    path = served(tmp_path, outside, backends)
    text, chance = path.read_text(), random.Random(7)
    for turn in range(5):
        path.write_text(text.replace("192.0.2.53", f"192.0.2.{100 + turn}"))
        server = outside(path)
        assert ask(server.port)
        until(lambda: server.children)
        end = chance.random() * 0.1
        signal.sigtimedwait([], end)
        os.killpg(server.process.pid, signal.SIGKILL)
        server.stop()
        good, _ = path.read_text(), break_syntax(tmp_path)
        server = outside(path)
        found = ask(server.port, "ns.example.com")
        assert found[0] in {"192.0.2.53", *(f"192.0.2.{100 + each}" for each in range(turn + 1))}
        assert server.stop() == 0
        path.write_text(good)
    assert len(json.loads(next((tmp_path / "state" / "last-good").glob("*/list.json")).read_text())["files"]) == 3
