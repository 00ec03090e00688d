"""A zone file that is broken, empty, gone or half written under a running server: the zone that was loaded keeps answering."""

import os
import signal

import dns.message
import dns.query
import pytest

from tests.edges.conftest import until

COREFILE = """
[server]
listen = ["127.0.0.1:0"]
{server}

[[zone]]
name = "example.com"
chain = [{{ use = "zone", file = "zones/main.zone" }}]
"""
SOA = "@ 300 SOA ns hostmaster {serial} 7200 900 1209600 60\n"
WHOLE = SOA + "@ 300 NS ns\nns 300 A 192.0.2.53\nwww 300 A 192.0.2.{last}\n"


def zone(serial=5, last=1):
    return WHOLE.format(serial=serial, last=last)


def ask(port, owner="www", rtype="A"):
    reply = dns.query.udp(dns.message.make_query(f"{owner}.example.com", rtype), "127.0.0.1", port=port, timeout=5)
    return [record.to_text() for rrset in reply.answer for record in rrset]


@pytest.fixture
def start(tmp_path, outside):
    """Serve a zone file; give the server and the file."""

    def begin(server=""):
        (tmp_path / "zones").mkdir()
        file = tmp_path / "zones" / "main.zone"
        file.write_text(zone())
        (tmp_path / "Corefile.toml").write_text(COREFILE.format(server=server))
        started = outside(tmp_path / "Corefile.toml")
        assert ask(started.port) == ["192.0.2.1"]
        return started, file

    return begin


def broken(file):
    file.write_text(zone(last=2) + "mail 300 A 192.0.2\n")
    return r"main\.zone:5: .*mail\.example\.com A: "


def empty(file):
    file.write_text("")
    return r'main\.zone: .*"example\.com" has no SOA record'


def removed(file):
    file.unlink()
    return r'main\.zone" is not a file'


def a_folder(file):
    file.unlink()
    file.mkdir()
    return r'main\.zone" is not a file'


def a_loop(file):
    file.unlink()
    file.symlink_to(file.name)
    return r'main\.zone" is not a file'


def another_zone(file):
    file.write_text("$ORIGIN example.org.\n" + zone())
    return r"main\.zone:2: .*the name is outside the zone"


def octets(file):
    file.write_bytes(os.urandom(1000).replace(b"\n", b"") + b"\xff")
    return r"main\.zone.*(is not UTF-8|main\.zone:1)"


MISHAPS = (broken, empty, removed, a_folder, a_loop, another_zone, octets)


def test_whatever_becomes_of_the_file_the_zone_that_was_loaded_keeps_answering(start):
    server, file = start("watch = false")
    port = server.port
    for number, mishap in enumerate(MISHAPS, 2):
        server.forget()
        message = mishap(file)
        server.signal(signal.SIGHUP)
        server.wait_for(f"configuration refused: .*{message}")
        server.wait_for("the old configuration keeps answering")
        assert ask(port) == [f"192.0.2.{number - 1}"], mishap
        server.forget()
        if file.is_dir():
            file.rmdir()
        (file.parent / "new").write_text(zone(last=number))
        (file.parent / "new").replace(file)
        server.signal(signal.SIGHUP)
        server.wait_for("loaded anew")
        assert ask(port) == [f"192.0.2.{number}"], mishap


def test_a_file_that_is_half_written_changes_nothing_until_it_is_whole(start):
    server, file = start()
    port = server.port
    text = zone(serial=6, last=2)
    half = text.index("192.0.2.2")
    with file.open("w") as opened:
        opened.write(text[:half])
        opened.flush()
        server.wait_for(r"configuration refused: .*main\.zone:4: ")
        assert ask(port) == ["192.0.2.1"]
        opened.write(text[half:])
    server.wait_for("loaded anew")
    until(lambda: ask(port) == ["192.0.2.2"])


def test_a_serial_that_goes_back_is_what_the_author_wrote(start):
    server, file = start("watch = false")
    file.write_text(zone(serial=4, last=2))
    server.signal(signal.SIGHUP)
    server.wait_for("loaded anew")
    assert ask(server.port) == ["192.0.2.2"]
