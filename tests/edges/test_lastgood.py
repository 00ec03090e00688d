"""A faulty Corefile at the start: the last good configuration answers, and says loudly that it does."""

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest

from tests.edges.conftest import Outside, until
from tests.edges.running import FIRST, SECOND, Backends, admin, ask, write

ZONE = "@ 300 SOA ns hostmaster 1 3600 600 86400 300\n@ 300 NS ns\nns 300 A 192.0.2.53\nother 300 A 192.0.2.{0}\n"


@pytest.fixture(scope="module")
def backends():
    made = Backends()
    yield made
    made.close()


@pytest.fixture(scope="module")
def whole(tmp_path_factory, backends):
    """A folder of a Corefile, its zone in a file and what it includes, as they are once they were served: by path."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "zones").mkdir()
    (folder / "zones" / "other.zone").write_text(ZONE.format(54))
    (folder / "domains").mkdir()
    (folder / "domains" / "one.toml").write_text('[[domain]]\nname = "in.example.com"\ntype = "A"\npools = ["b"]\n')
    more = '[[zone]]\nname = "example.org"\nchain = [{ use = "zone", file = "zones/other.zone" }]\n'
    server = Outside(write(folder, backends.port, server='include = ["domains/*.toml"]', more=more))
    assert ask(server.port) == FIRST
    until((folder / "state" / "last-good" / "1").exists)
    assert server.stop() == 0
    shutil.copytree(folder, folder.with_name("copy"))
    return folder


@pytest.fixture
def folder(whole):
    """It, as if nothing had happened to it since."""
    shutil.rmtree(whole)
    return shutil.copytree(whole.with_name("copy"), whole)


# what is needed later is imported first: the interpreter may lie where nobody else can read it
WARM = """
import encodings.utf_8_sig, sys
from pathlib import Path
from gtm.cli.main import main
from gtm.config.load import load
load(Path(sys.argv[1]))
sys.argv = ["gtm", "serve", sys.argv[-1]]
main()
"""


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
def test_bad_config_at_start_after_a_crash(folder, outside, damage):
    """Catalogue 3.3."""
    damage(folder)
    server = outside(folder / "Corefile.toml")
    port = server.port
    server.wait_for("ERROR configuration refused: .*" + str(folder))
    server.wait_for(r"ERROR answering as last good configured, at 20\d\d-\d\d-\d\d \d\d:\d\d:\d\dZ; mend the Corefile")
    assert (ask(port), ask(port, "in.example.com"), ask(port, "other.example.org")) == (FIRST, SECOND, ["192.0.2.54"])
    assert re.match("a newer configuration was refused: .", problem(server))
    assert admin(server, "/readyz") == {"ready": True}


def problem(server):
    return next((each["reason"] for each in admin(server)["problems"] if each["key"] == "server"), None)


@pytest.mark.parametrize("name", ["Corefile.toml", "zones/other.zone"])
def test_what_is_mended_is_taken_over_and_becomes_the_last_good_one(folder, outside, name):
    path = folder / name
    text = path.read_text()
    path.write_text("what is this")
    server = outside(folder / "Corefile.toml")
    port = server.port
    until(lambda: problem(server))
    path.write_text(text.replace("192.0.2.53", "192.0.2.99"))
    server.wait_for("configuration loaded anew")
    asked = "ns.example.com" if name == "Corefile.toml" else "ns.example.org"
    until(lambda: ask(port, asked) == ["192.0.2.99"])
    assert problem(server) is None
    until((folder / "state" / "last-good" / "2").exists)


@pytest.mark.parametrize("workers", [0, 1])
def test_state_stays_where_the_corefile_says_whatever_dies_and_what_is_faulty_is_not_kept(folder, outside, workers):
    path = folder / "Corefile.toml"
    path.write_text(path.read_text().replace("[server]", f"[server]\nworkers = {workers}"))
    server = outside(path)
    assert ask(server.port)
    until((folder / "state" / "last-good" / "2").exists)
    assert server.stop() == 0
    break_name(folder)
    (folder / "state" / "verdicts.json").unlink()
    server = outside(path)
    port = server.port
    assert len(server.children) == 2 * workers
    until((folder / "state" / "verdicts.json").exists)
    if workers:
        os.kill(server.child("gtm control"), signal.SIGKILL)
        until(lambda: len([line for line in server.lines if "admin door" in line]) == 2)
    assert problem(server)
    server.signal(signal.SIGHUP)  # as faulty as before
    server.wait_for("the old configuration keeps answering")
    assert ask(port) == FIRST
    assert server.stop() == 0
    kept = folder / "state" / "last-good"
    assert sorted(each.name for each in kept.iterdir()) == ["1", "2"]
    assert not list(kept.rglob("verdicts.json"))


def refused(path, *options):
    command = [sys.executable, "-m", "gtm", "serve", *options, path]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    return done.returncode, done.stderr


def test_strict_refuses_to_start_with_a_faulty_one(folder):
    break_name(folder)
    code, words = refused(folder / "Corefile.toml", "--strict")
    assert (code, "sequnce" in words, "last good" in words) == (2, True, False)


def test_without_one_it_refuses_and_that_of_another_corefile_is_none(folder):
    break_name(folder)
    (folder / "Corefile.toml").rename(folder / "Other.toml")
    assert refused(folder / "Other.toml")[0] == 2


@pytest.mark.parametrize("where", ["option", "environment"])
def test_a_folder_of_another_name_is_found_by_an_option_when_nothing_can_be_read(folder, outside, where):
    break_syntax(folder)
    (folder / "state").rename(folder / "memory")
    path, there = folder / "Corefile.toml", str(folder / "memory")
    if where == "option":
        server = outside(path, "--state", there)
    else:
        server = outside(path, env=os.environ | {"STATE_DIRECTORY": there})
    assert ask(server.port) == FIRST


def test_only_the_last_two_are_kept_and_a_damaged_one_is_passed_over_for_the_one_before_it(folder, outside):
    path, kept = folder / "Corefile.toml", folder / "state" / "last-good"
    server = outside(path)
    port = server.port
    for number in (2, 3):
        path.write_text(path.read_text().replace(f"192.0.2.{51 + number}", f"192.0.2.{52 + number}"))
        server.signal(signal.SIGHUP)
        until(lambda number=number: ask(port, "ns.example.com") == [f"192.0.2.{52 + number}"])
        until((kept / str(number)).exists)
    server.forget()
    server.signal(signal.SIGHUP)
    server.wait_for("loaded anew")  # nothing changed, so nothing is kept anew
    assert server.stop() == 0
    assert sorted(each.name for each in kept.iterdir()) == ["2", "3"]
    copied = next((kept / "3").rglob("Corefile.toml"))
    copied.write_text(copied.read_text().replace("192.0.2.55", "192.0.2.98"))
    break_syntax(folder)
    server = outside(path)
    assert ask(server.port, "ns.example.com") == ["192.0.2.54"]
    server.wait_for(r"WARNING .*last-good/3 can't be used: .*Corefile\.toml is not what it was")


def test_whenever_it_is_killed_while_it_keeps_one_the_next_start_finds_one(folder, outside):
    path, chance = folder / "Corefile.toml", random.Random(7)
    text = path.read_text()
    for turn in range(2):
        path.write_text(text.replace("192.0.2.53", f"192.0.2.{100 + turn}"))
        server = outside(path)
        assert ask(server.port)
        end = time.monotonic() + chance.random() * 0.1
        until(lambda end=end: time.monotonic() > end)
        os.killpg(server.process.pid, signal.SIGKILL)
        server.stop()
        break_syntax(folder)
        server = outside(path)
        found = ask(server.port, "ns.example.com")
        assert found[0] in {"192.0.2.53", *(f"192.0.2.{100 + each}" for each in range(turn + 1))}
        assert server.stop() == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_root_becomes_who_kept_it_before_he_reads_it_and_takes_it_from_nobody_else(folder, outside):
    """It may name code: whoever can write to the state folder must not make root run it."""
    kept = folder / "state" / "last-good" / "1"
    break_syntax(folder)
    for each in (folder / "state", *(folder / "state").rglob("*")):
        os.chown(each, 65534, 65534, follow_symlinks=False)
    os.chown(kept / "list.json", 0, 0)
    code, words = refused(folder / "Corefile.toml")
    assert (code, "can't be used: it belongs to several users" in words) == (2, True)
    os.chown(kept / "list.json", 65534, 65534)
    for each in (folder, *(parent for parent in folder.parents if "pytest-" in str(parent))):
        each.chmod(0o755)
    warm = (sys.executable, "-c", WARM, str(folder.with_name("copy") / "Corefile.toml"))
    server = outside(folder / "Corefile.toml", before=warm)
    server.wait_for("INFO running as nobody")
    assert ask(server.port) == FIRST
