"""A database that is exchanged under a running server."""

import os
import time

import dns.edns
import dns.message
import dns.query
import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet

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


def put(folder, country, prefix):
    """Build a database that knows one network, and rename it into place."""
    writer = MMDBWriter(4, "Test-Country", languages=["en"], description="test")
    writer.insert_network(IPSet([f"203.0.0.0/{prefix}"]), {"country": {"iso_code": country}})
    writer.to_db_file(str(folder / "new.mmdb"))
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
    server.wait_for(r"configuration refused: .*places\.mmdb.*can't be read")
    assert ask(port) == ("192.0.2.2", 12)
    server.forget()
    put(tmp_path, "DE", 10)
    server.wait_for("loaded anew")
    assert ask(port) == ("192.0.2.1", 10)


@pytest.mark.parametrize("damage", ["missing", "truncated", "garbage"])
def test_a_database_that_can_not_be_used_is_a_fault_at_the_start(tmp_path, outside, damage):
    if damage != "missing":
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
