"""Plugins that raise, that never return, and that hold the interpreter: what it costs, and what the log says."""

import os
import re
import signal
import time
import urllib.request

import dns.message
import dns.query
import dns.rcode
import pytest

from tests.edges.conftest import until
from tests.edges.running import FIRST, Load, ask, write

PLUGIN = """
import time
from gtm import Options, Plugin, hookimpl

def spin():
    while True:
        pass

class Odd(Plugin):
    name = "odd"
    Options = Options

    @hookimpl
    def rank(self, group, facts):
        if "odd.example.com" in group.key:
            {body}
"""
ODD = '[[domain]]\nname = "odd.example.com"\ntype = "A"\npools = ["a"]\n'
HANGS = [
    pytest.param("spin()", 6, id="a loop"),
    pytest.param("time.sleep(1000)", 6, id="a wait"),
    # nobody else has the interpreter then; if the system counts too slowly on a busy machine, the supervisor does it
    pytest.param("sum(map(abs, range(10**12)))", 12, id="in C"),
]


def odd(folder, backends, body, server=""):
    """Configure a server whose plugin does something odd when it is asked for one name."""
    (folder / "odd.py").write_text(PLUGIN.format(body=body))
    path = write(folder, backends.port, server=f'plugin_dir = "{folder}"\n{server}', more=ODD)
    path.write_text(path.read_text().replace('chain = ["health"', 'chain = [{ use = "./odd.py" }, "health"'))
    return path


def send(port, name="odd.example.com"):
    """Ask, and wait for no answer."""
    with dns.query.make_socket(dns.query.socket.AF_INET, dns.query.socket.SOCK_DGRAM) as opened:
        opened.sendto(dns.message.make_query(name, "A").to_wire(), ("127.0.0.1", port))


@pytest.mark.parametrize(("body", "most"), HANGS)
def test_plugin_hangs(tmp_path, outside, backends, body, most):
    """Catalogue 3.3: answered again within 6 s, and with two workers never less than half meanwhile."""
    server = outside(odd(tmp_path, backends, body, "workers = 2"))
    port = server.port
    assert ask(port) == FIRST
    with Load(port, rate=300, clients=32) as load:
        until(lambda: len(load.seen) > 300)
        moment = time.monotonic()
        send(port)
        server.wait_for("it is started again", 15)
        until(lambda: len(load.seen) and load.seen[-1][0] > moment + 7)
    again = max(when for when, seconds, _ in load.seen if seconds > 1)
    assert again - moment < most * slow()
    for second in range(5):
        answered = [when for when, _, _ in load.seen if moment + second <= when < moment + second + 1]
        assert len(answered) > 300 * 0.25  # the system shares the clients out by chance
    assert load.lost <= 1
    text = "\n".join(server.lines)
    assert "odd.py" in text
    assert "worker" in text


def slow():
    """Tell how much slower this machine is for being busy: the time that a process is let run is what counts."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def test_what_holds_a_worker_up_is_told_with_the_plugin_and_its_place(tmp_path, outside, backends):
    server = outside(odd(tmp_path, backends, "time.sleep(1.5)"))
    port = server.port
    assert ask(port, "odd.example.com") == FIRST
    found = server.wait_for(r'ERROR worker 0 is held up by plugin "odd" \((.*odd\.py):(\d+)\); it is doing this:')
    assert found[1] == str(tmp_path / "odd.py")
    assert "time.sleep(1.5)" in (tmp_path / "odd.py").read_text().splitlines()[int(found[2]) - 1]
    assert not [line for line in server.lines if "started again" in line]


@pytest.mark.parametrize("body", ["spin()", "time.sleep(1000)"])
def test_one_process_that_does_it_all_ends_for_the_service_manager_to_start_it_again(tmp_path, outside, backends, body):
    server = outside(odd(tmp_path, backends, body, "workers = 0"))
    send(server.port)
    code = server.process.wait(15)
    assert code in {70, -signal.SIGPROF}
    assert re.search(r"odd\.py", "\n".join(server.lines))


def test_who_was_stopped_did_not_hang(tmp_path, outside, backends):
    server = outside(write(tmp_path, backends.port, server="workers = 2"))
    port = server.port
    assert ask(port) == FIRST
    before = server.children
    family = [server.process.pid, *(pid for pids in before.values() for pid in pids)]
    for pid in family:
        os.kill(pid, signal.SIGSTOP)
    moment = time.monotonic()
    until(lambda: time.monotonic() - moment > 7)
    for pid in reversed(family):
        os.kill(pid, signal.SIGCONT)
    assert ask(port) == FIRST
    moment = time.monotonic()
    until(lambda: time.monotonic() - moment > 1)
    assert server.children == before
    assert not [line for line in server.lines if "held up" in line or "has said nothing" in line]


@pytest.mark.parametrize(("alone", "rcode"), [(True, dns.rcode.SERVFAIL), (False, dns.rcode.NOERROR)])
def test_plugin_raises(tmp_path, outside, backends, alone, rcode):
    """Catalogue 3.3: that query SERVFAIL unless another plugin answers it, 1,000 others fine, counted with the plugin's name."""
    path = odd(tmp_path, backends, 'raise ValueError("odd")')
    if alone:
        path.write_text(path.read_text().replace(ODD, ODD + 'policy = "odd"\n').replace(', "rescue"', ""))
        (tmp_path / "odd.py").write_text((tmp_path / "odd.py").read_text() + '\n    policies = ("odd",)\n')
    server = outside(path)
    port = server.port
    for _ in range(50):
        asked = dns.message.make_query("odd.example.com", "A")
        assert dns.query.udp(asked, "127.0.0.1", port=port, timeout=5).rcode() == rcode
    assert all(ask(port) == FIRST for _ in range(1000))
    server.wait_for("odd.*ValueError: odd")
    assert len([line for line in server.lines if "ValueError" in line]) < 5
    until(lambda: re.search(r'plugin="odd".* [1-9]', metrics(server)))


def metrics(server):
    door = server.wait_for(r"admin door at (\S+)")[1]
    with urllib.request.urlopen(f"{door}/metrics", timeout=5) as reply:
        return reply.read().decode()
