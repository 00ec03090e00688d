"""A configuration loaded anew by a server of several processes: whole, or not at all, whatever dies meanwhile."""

import json
import os
import re
import signal
import socket
import time
import urllib.error
import urllib.request
from pathlib import Path

import dns.message
import dns.query
import pytest

from tests.conformance.asking import free
from tests.edges.conftest import until
from tests.edges.running import FIRST, SECOND, Load, addresses, admin, ask, write

OTHER = '{ value = "127.0.0.2", mode = "down" }'


def served(port, clients=24):
    """Ask from many ports, so that every worker is met; give the different answers."""
    return {tuple(ask(port)) for _ in range(clients)}


def framed(name):
    wire = dns.message.make_query(name, "A").to_wire()
    return len(wire).to_bytes(2) + wire


def received(opened):
    size = int.from_bytes(opened.recv(2, socket.MSG_WAITALL))
    return dns.message.from_wire(opened.recv(size, socket.MSG_WAITALL))


def test_under_load_nothing_is_lost_and_open_connections_go_on(tmp_path, outside, backends):
    server = outside(write(tmp_path, backends.port, server="workers = 2\nwatch = false"))
    port = server.port
    with socket.create_connection(("127.0.0.1", port)) as stream, Load(port) as load:
        for number in range(4):
            stream.sendall(framed("ns.example.com"))
            assert received(stream).answer
            server.forget()
            options = {"first": OTHER} if number % 2 == 0 else {}
            write(tmp_path, backends.port, server="workers = 2\nwatch = false", **options)
            server.signal(signal.SIGHUP)
            server.wait_for("loaded anew")
            assert served(port) == {tuple(SECOND if options else FIRST)}
        stream.sendall(framed("ns.example.com"))
        assert received(stream).answer
    assert load.lost == 0
    assert load.values() == {"127.0.0.2", "127.0.0.3"}
    assert load.slowest < 1


@pytest.mark.parametrize("victim", ["gtm worker 0", "gtm control"])
def test_whoever_dies_during_a_reload_all_answer_the_same_afterwards(tmp_path, outside, backends, victim):
    server = outside(write(tmp_path, backends.port, server="workers = 2\nwatch = false"))
    port = server.port
    admin(server)
    with Load(port, rate=300) as load:
        for number in range(6):
            options = {"first": OTHER} if number % 2 == 0 else {}
            write(tmp_path, backends.port, server="workers = 2\nwatch = false", **options)
            server.signal(signal.SIGHUP)
            moment = time.monotonic()
            until(lambda moment=moment, number=number: time.monotonic() - moment > 0.05 * number)
            for pid in server.children.get(victim, ()):
                os.kill(pid, signal.SIGKILL)
            until(lambda: sorted(map(len, server.children.values())) == [1, 1, 1])
            wanted = SECOND if options else FIRST
            if victim == "gtm control":  # it may have died before it asked for anything
                until(lambda: admin(server, "/readyz"))
                server.signal(signal.SIGHUP)
            until(lambda wanted=wanted: served(port) == {tuple(wanted)})
            status = addresses(admin(server))["127.0.0.2"]
            assert status["mode"] == ("down" if options else "auto")
    assert load.lost <= 2 * 6
    assert load.values() == {"127.0.0.2", "127.0.0.3"}


def test_a_place_that_is_left_is_closed_at_once_though_a_connection_is_open(tmp_path, outside, backends):
    path = write(tmp_path, backends.port, server="workers = 2")
    server = outside(path)
    old = server.port
    with socket.create_connection(("127.0.0.1", old)) as stream:
        stream.sendall(framed("ns.example.com"))
        assert received(stream).answer
        new = free()
        server.forget()
        path.write_text(path.read_text().replace('"127.0.0.1:0"', f'"127.0.0.1:{new}"', 1))
        server.wait_for("loaded anew")
        assert ask(new) == FIRST
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.bind(("127.0.0.1", old))
        stream.sendall(framed("ns.example.com"))
        assert received(stream).answer


def test_a_busy_port_refuses_the_reload_until_it_is_free(tmp_path, outside, backends):
    path = write(tmp_path, backends.port)
    server = outside(path)
    port = server.port
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        busy = other.getsockname()[1]
        path.write_text(path.read_text().replace('"127.0.0.1:0"', f'"127.0.0.1:0", "127.0.0.1:{busy}"', 1))
        server.wait_for(rf"configuration refused: .*127\.0\.0\.1 port {busy}, UDP: Address already in use")
        assert ask(port) == FIRST
    server.signal(signal.SIGHUP)
    server.wait_for("loaded anew")
    assert ask(port) == ask(busy) == FIRST


CHAIN = 'chain = ["health"'
FAULTS = {
    "syntax": ("[server]", "[server", "is not TOML"),
    "unknown plugin": ('"sequence", "round_robin"', '"sequnce", "round_robin"', "sequnce"),
    "missing zone file": (CHAIN, 'chain = [{ use = "zone", file = "lost.zone" }, "health"', "lost.zone"),
    "missing CA": (
        'protocol = "tcp"', 'protocol = "https"\npath = "/"\nverify = true\nca_file = "lost.pem"', 'ca_file ".*lost.pem" can\'t be read'
    ),
    "missing token": ("[server]", '[server]\nadmin_token_file = "lost"', "lost"),
}  # fmt: skip


@pytest.mark.parametrize("kind", FAULTS)
def test_bad_config_on_reload(tmp_path, outside, backends, kind):
    """Catalogue 3.3: the old one answers, the door stands as it stood, whoever asked is told no, and it is counted."""
    path = write(tmp_path, backends.port, server="watch = false")
    server = outside(path)
    port = server.port
    door = server.wait_for(r"admin door at (\S+)")[1]
    before, after, words = FAULTS[kind]
    path.write_text(path.read_text().replace(before, after, 1))
    wanted = urllib.request.Request(f"{door}/reload", b'{"by": "me"}', {"Content-Type": "application/json"})
    with pytest.raises(urllib.error.HTTPError, match="409") as told:
        urllib.request.urlopen(wanted, timeout=20)
    faults = "\n".join(json.load(told.value)["faults"])
    told.value.close()
    assert re.search(words, faults)
    assert re.match(rf"{path}(:\d+)?: ", faults)
    server.wait_for("the old configuration keeps answering")
    assert ask(port) == FIRST
    with urllib.request.urlopen(f"{door}/metrics", timeout=5) as reply:
        measured = reply.read().decode()
    assert re.search(r'^gtm_reloads_total\{result="refused"\} 1(\.0)?$', measured, re.MULTILINE)
    assert re.search(r"^gtm_config_refused 1(\.0)?$", measured, re.MULTILINE)
    assert len([line for line in server.lines if "admin door at" in line]) == 1


@pytest.mark.parametrize(("before", "after"), [(1, 2), (0, 1)])
def test_another_number_of_workers_waits_for_a_restart_and_is_told(tmp_path, outside, backends, before, after):
    server = outside(write(tmp_path, backends.port, server=f"workers = {before}"))
    port = server.port
    write(tmp_path, backends.port, server=f"workers = {after}")
    server.wait_for("the number of workers (stays 1 until a restart|changes at a restart only)")
    server.wait_for("loaded anew")
    assert ask(port) == FIRST
    assert len(server.children) == (2 if before else 0)


OVERRIDE = '[[override]]\non = "pool:a"\nword = "drain"\nreason = "{reason}"\n'


def test_a_watched_file_of_overrides_is_taken_over_and_a_faulty_one_changes_nothing(tmp_path, outside, backends):
    file = tmp_path / "overrides.toml"
    file.write_text("")
    server = outside(write(tmp_path, backends.port, server=f'overrides = "{file}"'))
    port = server.port
    assert ask(port) == FIRST
    file.write_text(OVERRIDE.format(reason="new disks"))
    until(lambda: ask(port) == SECOND, 5)
    file.write_text(OVERRIDE.format(reason="new disks").replace("drain", "drown"))
    server.wait_for(r"overrides refused: .*overrides\.toml:3: .*drown.*drain")
    assert ask(port) == SECOND
    assert [each["reason"] for each in admin(server)["overrides"]] == ["new disks"]
    server.forget()
    os.kill(server.child("gtm control"), signal.SIGKILL)
    server.wait_for(r"overrides refused: .*drown.*; those of before stay")
    assert [each["reason"] for each in admin(server)["overrides"]] == ["new disks"]
    assert ask(port) == SECOND
    file.write_text("")
    until(lambda: ask(port) == FIRST, 5)


def test_a_file_of_overrides_that_is_being_written_is_no_news(tmp_path, outside, backends):
    file = tmp_path / "overrides.toml"
    text = OVERRIDE.format(reason="new disks")
    file.write_text(text)
    port = outside(write(tmp_path, backends.port, server=f'overrides = "{file}"')).port
    for turn in range(10):
        file.write_text("" if turn % 2 == 0 else text)
        end = time.monotonic() + 0.4
        while time.monotonic() < end:
            assert ask(port) == SECOND


def test_a_reload_during_the_first_round_waits_for_its_end(tmp_path, outside, backends):
    """The first answer must not name who is dead, were the configuration loaded twice before it."""
    with socket.create_server(("127.0.0.4", 0), backlog=64) as silent:
        slow = '[templates.slow]\nprotocol = "http"\ninterval = 10\ntimeout = 3\n'
        slow += f'[pools.c]\naddresses = ["127.0.0.4"]\nchecks = ["slow:{silent.getsockname()[1]}"]\n'
        backends.fall("127.0.0.2")
        path = write(tmp_path, backends.port, more=slow, server="watch = false")
        path.write_text(path.read_text().replace('pools = ["a", "b"]', 'pools = ["c", "a", "b"]'))
        server = outside(path)
        server.child("gtm worker 0")
        server.signal(signal.SIGHUP)
        assert ask(server.port) == SECOND
        server.wait_for("loaded anew")
        assert ask(server.port) == SECOND


def resident(pid):
    """How many octets a process holds in memory, shared ones included: a fork shares what its parent leaks."""
    rows = (line.split() for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
    return next(int(size) for name, size, *_ in rows if name == "Rss:") * 1024


def test_memory_does_not_grow_with_reloads(tmp_path, outside, backends):
    domains = "".join(f'[[domain]]\nname = "n{n}.example.com"\ntype = "A"\npools = ["a", "b"]\n' for n in range(3000))
    server = outside(write(tmp_path, backends.port, server="watch = false", more=domains))
    port = server.port

    def reload():
        server.forget()
        server.signal(signal.SIGHUP)
        server.wait_for("loaded anew", 60)
        assert ask(port, "n7.example.com")
        until(lambda: sorted(map(len, server.children.values())) == [1, 1])
        pids = {"supervisor": server.process.pid, **{name: server.child(name) for name in server.children}}
        return {name: resident(pid) for name, pid in pids.items()}

    first = [reload() for _ in range(3)][-1]
    last = [reload() for _ in range(5)][-1]
    grown = {name: (last[name] - first[name]) / 1e6 for name in first}
    assert max(grown.values()) < 3, grown
