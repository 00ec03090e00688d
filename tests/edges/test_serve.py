"""The server as a process: what an operator sees."""

import signal
import socket
import threading
import time

import dns.message
import dns.query
import dns.rcode
import pytest

COREFILE = """
[server]
listen = ["127.0.0.1:0"]
state = "{state}"
{more}

[[zone]]
name = "example.com"
chain = ["health", "sequence", "round_robin", "ttl", "rescue", {{ use = "zone", records = '''
@ 300 SOA ns hostmaster 1 3600 600 86400 300
@ NS ns
ns A 192.0.2.53
other A 192.0.2.54
''' }}]

[pools.a]
addresses = [{{ value = "192.0.2.1", mode = "{first}" }}]

[pools.b]
addresses = ["192.0.2.2"]

[[domain]]
name = "www.example.com"
type = "A"
policy = "sequence"
preemptive = {preemptive}
pools = ["a", "b"]
"""


def write(folder, first="auto", more="", preemptive="true"):
    path = folder / "Corefile.toml"
    state = folder / "state"
    beside = folder / "new"
    beside.write_text(COREFILE.format(state=state, first=first, more=more, preemptive=preemptive))
    beside.replace(path)
    return path


def ask(port, name="www.example.com", rdtype="A", via=dns.query.udp):
    reply = via(dns.message.make_query(name, rdtype), "127.0.0.1", timeout=5, port=port)
    return [record.to_text() for rrset in reply.answer for record in rrset]


@pytest.mark.parametrize("via", [dns.query.udp, dns.query.tcp])
def test_it_answers_steered_names_and_others_over_both_transports(tmp_path, outside, via):
    port = outside(write(tmp_path)).port
    assert ask(port, via=via) == ["192.0.2.1"]
    assert ask(port, "other.example.com", via=via) == ["192.0.2.54"]


def test_it_answers_on_ipv6(tmp_path, outside):
    path = write(tmp_path)
    path.write_text(path.read_text().replace('"127.0.0.1:0"', '"127.0.0.1:0", "[::1]:0"'))
    port = int(outside(path).wait_for(r"listening on \[::1\]:(\d+)")[1])
    for via in (dns.query.udp, dns.query.tcp):
        reply = via(dns.message.make_query("www.example.com", "A"), "::1", timeout=5, port=port)
        assert reply.answer[0][0].to_text() == "192.0.2.1"


def test_a_changed_file_and_a_hangup_are_taken_over(tmp_path, outside):
    server = outside(write(tmp_path))
    port = server.port
    assert ask(port) == ["192.0.2.1"]
    server.forget()
    write(tmp_path, first="down")
    server.wait_for("loaded anew")
    assert ask(port) == ["192.0.2.2"]
    server.forget()
    write(tmp_path, more="watch = false")
    server.signal(signal.SIGHUP)
    server.wait_for("loaded anew")
    assert ask(port) == ["192.0.2.1"]


def test_a_new_file_that_an_include_means_is_taken_over(tmp_path, outside):
    (tmp_path / "domains").mkdir()
    server = outside(write(tmp_path, more='include = ["domains/*.toml"]'))
    port = server.port
    assert ask(port, "new.example.com") == []
    (tmp_path / "domains" / "new.toml").write_text("""[[domain]]
name = "new.example.com"
type = "A"
pools = ["b"]
""")
    server.wait_for("loaded anew")
    assert ask(port, "new.example.com") == ["192.0.2.2"]


def test_a_faulty_file_changes_nothing_and_says_why(tmp_path, outside):
    server = outside(write(tmp_path))
    port = server.port
    path = write(tmp_path, first="dwon")
    server.signal(signal.SIGHUP)
    server.wait_for(rf"configuration refused: {path}:\d+: .*dwon.*down")
    server.wait_for("the old configuration keeps answering")
    assert ask(port) == ["192.0.2.1"]


def test_not_one_query_is_lost_or_answered_from_a_mixture_while_it_reloads(tmp_path, outside):
    server = outside(write(tmp_path, more="watch = false"))
    port = server.port
    stop, seen, lost = threading.Event(), set(), []

    def querying():
        packet = dns.message.make_query("www.example.com", "A").to_wire()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
            opened.connect(("127.0.0.1", port))
            opened.settimeout(5)
            while not stop.is_set():
                opened.send(packet)
                try:
                    seen.add(opened.recv(4096)[2:])
                except TimeoutError:
                    lost.append(1)

    clients = [threading.Thread(target=querying) for _ in range(3)]
    for client in clients:
        client.start()
    for number in range(6):
        server.forget()
        write(tmp_path, first="down" if number % 2 == 0 else "up", more="watch = false")
        server.signal(signal.SIGHUP)
        server.wait_for("loaded anew")
    stop.set()
    for client in clients:
        client.join()
    assert not lost
    assert len(seen) == 2  # the old answer and the new one, whole


def test_the_held_member_survives_a_restart(tmp_path, outside):
    server = outside(write(tmp_path, first="down", preemptive="false"))
    assert ask(server.port) == ["192.0.2.2"]
    assert server.stop() == 0
    port = outside(write(tmp_path, first="auto", preemptive="false")).port
    assert ask(port) == ["192.0.2.2"]


def test_damaged_state_costs_the_held_member_and_nothing_else(tmp_path, outside):
    path = write(tmp_path)
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "sticky.json").write_text('{"held": [')
    server = outside(path)
    server.wait_for("held members are forgotten: .*sticky.json is damaged")
    assert ask(server.port) == ["192.0.2.1"]


def test_a_taken_port_is_a_fault_that_names_it(tmp_path, outside):
    port = outside(write(tmp_path)).port
    (tmp_path / "second").mkdir()
    path = write(tmp_path / "second")
    path.write_text(path.read_text().replace("127.0.0.1:0", f"127.0.0.1:{port}"))
    second = outside(path)
    second.wait_for(r"\[server\] listen: .*in use")
    assert second.process.wait(20) == 2


def test_a_new_address_to_listen_on_is_opened_on_reload_and_the_old_one_closed(tmp_path, outside):
    server = outside(write(tmp_path))
    old = server.port
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        opened.bind(("127.0.0.1", 0))
        new = opened.getsockname()[1]
    path = write(tmp_path)
    server.forget()
    path.write_text(path.read_text().replace("127.0.0.1:0", f"127.0.0.1:{new}"))
    server.wait_for("loaded anew")
    assert ask(new) == ["192.0.2.1"]
    with pytest.raises((OSError, dns.exception.Timeout)):
        dns.query.udp(dns.message.make_query("www.example.com", "A"), "127.0.0.1", timeout=0.5, port=old)


def test_a_stopped_server_ends_with_status_0_and_says_nothing_more(tmp_path, outside):
    server = outside(write(tmp_path))
    assert ask(server.port)
    before = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - before < 5
    assert not [line for line in server.lines if "Traceback" in line or "Error" in line]
