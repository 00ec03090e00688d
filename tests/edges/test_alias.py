"""Aliases as clients see them: the server looks their targets up itself, and goes on with what it knows."""

import asyncio
import contextlib
import json
import threading
import urllib.request

import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import pytest

from tests.edges.conftest import until
from tests.edges.nameserver import reply, serving

COREFILE = """
[server]
listen = ["127.0.0.1:0"]
admin = "127.0.0.1:0"
workers = {workers}
state = "state"
watch = false

[[zone]]
name = "example.com"
chain = ["round_robin", {{ use = "alias", names = {names}, ttl = {ttl}, resolver = "127.0.0.1:{port}" }}, {{ use = "zone", records = '''
@ 300 SOA ns hostmaster 1 3600 600 86400 300
@ NS ns
@ MX 10 mail
ns A 192.0.2.53
mail A 192.0.2.25
* TXT "wild"
''' }}]

[pools.a]
addresses = ["192.0.2.80", "2001:db8::80"]

[[domain]]
name = "www.example.com"
type = ["A", "AAAA"]
ttl = 20
pools = ["a"]
"""
NAMES = '{ "@" = "lb.example.net", "here" = "www.example.com", "a.deep" = "gone.example.net" }'


class Recursor:
    """A resolver on a thread of its own that says what it is told to; nothing where ``is_well`` is false."""

    def __init__(self):
        self.is_well, self.address, self.asked = True, "203.0.113.7", 0
        self.loop = asyncio.new_event_loop()
        self.ready, self.thread = threading.Event(), threading.Thread(target=self._run)
        self.thread.start()
        assert self.ready.wait(10)

    def _run(self):
        with contextlib.suppress(asyncio.CancelledError):
            self.loop.run_until_complete(self._serve())
        self.loop.close()

    async def _serve(self):
        self.task = asyncio.current_task()
        async with serving(self._answer) as self.port:
            self.ready.set()
            await asyncio.Event().wait()

    def _answer(self, query):
        self.asked += 1
        owner, rtype = str(query.question[0].name), dns.rdatatype.to_text(query.question[0].rdtype)
        if not self.is_well:
            return [reply(query, rcode="SERVFAIL")]
        if owner != "lb.example.net.":
            return [reply(query, rcode="NXDOMAIN")]
        return [reply(query, *([f"{owner} A {self.address}"] if rtype == "A" else []))]

    def stop(self):
        self.loop.call_soon_threadsafe(self.task.cancel)
        self.thread.join(10)


@pytest.fixture
def recursor():
    made = Recursor()
    yield made
    made.stop()


def write(folder, port, *, names=NAMES, ttl=60, workers=0):
    path = folder / "Corefile.toml"
    path.write_text(COREFILE.format(port=port, names=names, ttl=ttl, workers=workers))
    return path


def ask(port, owner, rtype="A"):
    return dns.query.udp(dns.message.make_query(owner, rtype), "127.0.0.1", port=port, timeout=5)


def seen(answer):
    return sorted((rrset.ttl, data.to_text()) for rrset in answer.answer for data in rrset)


def status(address):
    with urllib.request.urlopen(f"http://{address}/status", timeout=5) as found:
        return json.load(found)


def test_the_apex_has_the_addresses_of_its_target_and_its_own_records(tmp_path, inside, recursor):
    port = inside(write(tmp_path, recursor.port)).port
    answer = ask(port, "example.com")
    assert seen(answer) == [(60, "203.0.113.7")]
    assert [str(rrset.name) for rrset in answer.answer] == ["example.com."]
    assert seen(ask(port, "example.com", "MX")) == [(300, "10 mail.example.com.")]
    empty = ask(port, "example.com", "AAAA")
    assert (empty.rcode(), empty.answer, empty.authority[0].rdtype) == (dns.rcode.NOERROR, [], dns.rdatatype.SOA)


def test_a_target_of_ours_is_steered(tmp_path, inside, recursor):
    port = inside(write(tmp_path, recursor.port)).port
    assert seen(ask(port, "here.example.com")) == [(20, "192.0.2.80")]
    assert seen(ask(port, "here.example.com", "AAAA")) == [(20, "2001:db8::80")]


def test_an_alias_exists_for_every_type_and_keeps_wildcards_off(tmp_path, inside, recursor):
    port = inside(write(tmp_path, recursor.port)).port
    names = ("a.deep.example.com", "deep.example.com", "x.deep.example.com", "other.example.com")
    found = [ask(port, owner, "TXT") for owner in names]
    assert [(answer.rcode(), len(answer.answer)) for answer in found] == [
        (dns.rcode.NOERROR, 0), (dns.rcode.NOERROR, 0), (dns.rcode.NXDOMAIN, 0), (dns.rcode.NOERROR, 1),
    ]  # fmt: skip
    gone = ask(port, "a.deep.example.com")
    assert (gone.rcode(), gone.authority[0].rdtype) == (dns.rcode.NOERROR, dns.rdatatype.SOA), "its target is no name"


def test_a_restart_without_the_resolver_answers_from_what_was_kept(tmp_path, inside, recursor):
    first = inside(write(tmp_path, recursor.port))
    assert seen(ask(first.port, "example.com")) == [(60, "203.0.113.7")]
    until((tmp_path / "state" / "resolved.json").exists)
    recursor.is_well = False
    again = inside(write(tmp_path, recursor.port))
    assert seen(ask(again.port, "example.com")) == [(30, "203.0.113.7")], "out of date, so for a short time"


def test_what_was_never_known_is_a_failure_and_no_denial(tmp_path, inside, recursor):
    recursor.is_well = False
    port = inside(write(tmp_path, recursor.port)).port
    assert ask(port, "example.com").rcode() == dns.rcode.SERVFAIL
    assert ask(port, "example.com", "MX").rcode() == dns.rcode.NOERROR


def test_a_reload_that_brings_an_alias_waits_for_it(tmp_path, inside, recursor):
    running = inside(write(tmp_path, recursor.port, names='{ "here" = "www.example.com" }'))
    assert recursor.asked == 0
    write(tmp_path, recursor.port)
    assert running.run(running.server.control.reload())
    assert seen(ask(running.port, "example.com")) == [(60, "203.0.113.7")]


def test_workers_are_told_and_the_status_tells_people(tmp_path, outside, recursor):
    running = outside(write(tmp_path, recursor.port, workers=1))
    assert seen(ask(running.port, "example.com")) == [(60, "203.0.113.7")]
    told = status(running.wait_for(r"admin door at http://(\S+)")[1])
    names = {each["key"]: (each["addresses"], each["reason"]) for each in told["names"]}
    assert names["lb.example.net/A"] == (["203.0.113.7"], "")
    assert names["gone.example.net/A"] == ([], "there is no such name")
    assert {each["key"] for each in told["problems"]} == {"gone.example.net/A", "gone.example.net/AAAA"}
