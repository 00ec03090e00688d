"""A database that is exchanged under a running server."""

import os
import re
import threading
import time
import urllib.request

import dns.edns
import dns.message
import dns.query
import pytest
from click.testing import CliRunner

from gtm.cli.check import check
from tests.edges.conftest import until
from tests.edges.running import admin
from tests.plugins.geo.conftest import write_database

COREFILE = """
[server]
listen = ["127.0.0.1:0"]

[[zone]]
name = "example.com"
chain = [{ use = "geo", databases = ["places.mmdb"] }, "lines", "nearest", "round_robin"]

[pools.germany]
addresses = ["192.0.2.1"]

[pools.others]
addresses = ["192.0.2.2"]

[[domain]]
name = "www.example.com"
type = "A"
policy = "nearest"
pools = [{ pool = "germany", lines = ["os_euro_de"] }, { pool = "others", lines = ["default"] }]
"""


def put(folder, country, prefix, record=None, built=None):
    """Build a database that knows one network, and rename it into place."""
    records = {f"203.0.0.0/{prefix}": record or {"country": {"iso_code": country}}}
    write_database(folder / "new.mmdb", records, 4, build_epoch=built or int(time.time()))
    (folder / "new.mmdb").replace(folder / "places.mmdb")


def ask(port):
    query = dns.message.make_query("www.example.com", "A", use_edns=0, options=[dns.edns.ECSOption("203.0.113.7", 32)])
    reply = dns.query.udp(query, "127.0.0.1", port=port, timeout=5)
    return reply.answer[0][0].to_text(), reply.options[0].scopelen


def test_a_replaced_database_is_taken_over_and_a_faulty_one_leaves_the_old(tmp_path, outside):
    put(tmp_path, "DE", 9)
    (tmp_path / "Corefile.toml").write_text(COREFILE)
    server = outside(tmp_path / "Corefile.toml")
    port = server.port
    assert ask(port) == ("192.0.2.1", 9)
    put(tmp_path, "FR", 12)
    server.wait_for("loaded anew")
    assert ask(port) == ("192.0.2.2", 12)
    server.forget()
    os.truncate(tmp_path / "places.mmdb", 100)
    server.wait_for(r"configuration refused: .*places\.mmdb")
    assert ask(port) == ("192.0.2.2", 12)
    server.forget()
    (tmp_path / "places.mmdb").unlink()
    server.wait_for(r"configuration refused: .*places\.mmdb.*is missing")
    assert ask(port) == ("192.0.2.2", 12)
    server.forget()
    put(tmp_path, "DE", 10)
    server.wait_for("loaded anew")
    assert ask(port) == ("192.0.2.1", 10)


@pytest.mark.parametrize("damage", ["truncated", "garbage"])
def test_a_database_that_can_not_be_used_is_a_fault_at_the_start(tmp_path, outside, damage):
    put(tmp_path, "DE", 9)
    if damage == "truncated":
        os.truncate(tmp_path / "places.mmdb", 200)
    if damage == "garbage":
        (tmp_path / "places.mmdb").write_bytes(b"\0" * 5000)
    (tmp_path / "Corefile.toml").write_text(COREFILE)
    server = outside(tmp_path / "Corefile.toml")
    before = time.monotonic()
    assert server.process.wait(20) == 2
    assert time.monotonic() - before < 20
    server.wait_for(r"places\.mmdb: \[\[zone\]\] #1 \"example\.com\" chain #1: ")


def test_a_database_that_is_missing_at_the_start_is_no_failure_and_read_when_it_comes(tmp_path, outside):
    """Catalogue 3.3, geo database missing: the default line until it is there; a reload meanwhile is none of its business."""
    (tmp_path / "Corefile.toml").write_text(COREFILE)
    server = outside(tmp_path / "Corefile.toml")
    port = server.port
    server.wait_for(r"warning: .*places\.mmdb.* is missing")
    assert ask(port) == ("192.0.2.2", 0)
    with (tmp_path / "Corefile.toml").open("a") as file:
        file.write("\n")
    server.wait_for("loaded anew")
    server.forget()
    put(tmp_path, "DE", 9)
    server.wait_for("loaded anew")
    assert ask(port) == ("192.0.2.1", 9)


def test_whatever_is_done_to_a_database_in_use_every_query_is_answered_from_the_last_good_one(tmp_path, outside):
    """Catalogue 3.3, geo database corrupt, or replaced while running."""
    put(tmp_path, "DE", 9)
    place = tmp_path / "places.mmdb"
    (tmp_path / "Corefile.toml").write_text(COREFILE)
    server = outside(tmp_path / "Corefile.toml")
    port, found, ended = server.port, [], threading.Event()

    def asking():
        while not ended.is_set():
            found.append(ask(port)[0])

    thread = threading.Thread(target=asking)
    thread.start()
    try:
        for harm in (
            lambda: os.truncate(place, 100),
            lambda: place.write_bytes(os.urandom(100_000)),
            place.unlink,
            lambda: put(tmp_path, "DE", 9, {"autonomous_system_number": 64496}),  # of the wrong type
        ):
            server.forget()
            harm()
            server.wait_for(r"configuration refused: .*places\.mmdb")
        assert set(found) == {"192.0.2.1"}
        put(tmp_path, "FR", 12)
        server.wait_for("loaded anew")
        before = len(found)
        until(lambda: len(found) > before + 2)
    finally:
        ended.set()
        thread.join()
    assert found[-1] == "192.0.2.2"
    assert len(found) > 100


def test_how_old_a_database_is_is_measured_and_told_when_it_is_too_old(tmp_path, outside):
    """Catalogue 3.3, old geo data."""
    put(tmp_path, "DE", 9, built=int(time.time()) - 70 * 86400)
    (tmp_path / "Corefile.toml").write_text(COREFILE.replace("[server]", '[server]\nadmin = "127.0.0.1:0"'))
    server = outside(tmp_path / "Corefile.toml")
    words = rf'"{tmp_path / "places.mmdb"}" of plugin "geo" was built 70 days ago; fetch a newer one'
    server.wait_for(re.escape(f"WARNING {words}"))
    checked = CliRunner().invoke(check, [str(tmp_path / "Corefile.toml")])
    assert f"warning: {words}" in checked.stderr
    assert words in [problem["reason"] for problem in admin(server)["problems"]]
    door = server.wait_for(r"admin door at (\S+)")[1]
    with urllib.request.urlopen(f"{door}/metrics", timeout=5) as reply:
        line = next(line for line in reply.read().decode().splitlines() if line.startswith("gtm_data_built_timestamp"))
    assert 'plugin="geo"' in line
    assert time.time() - float(line.split()[-1]) == pytest.approx(70 * 86400, abs=60)
