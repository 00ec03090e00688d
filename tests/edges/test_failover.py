"""A dead backend leaves the answers within the bound, whatever kind of death it was; and comes back as the operator wants."""

import contextlib
import json
import time
import urllib.request

import dns.message
import dns.query
import dns.rcode
import pytest
import trustme

from gtm.config.load import load
from gtm.health.bound import bound
from tests.edges import wires
from tests.edges.backends import backends, free

ONE, TWO = "127.0.0.2", "127.0.0.3"
NOISE = 1.0
"""Seconds that a busy machine may take beyond the bound."""
COREFILE = """
[server]
listen = ["127.0.0.1:0"]
admin = "127.0.0.1:0"
watch = false

[[zone]]
name = "example.com"
chain = ["health", "sequence", "round_robin", "ttl", "rescue", {{ use = "zone", records = '''
@ 300 SOA ns hostmaster 1 3600 600 86400 300
@ NS ns
ns A 192.0.2.53
www A 192.0.2.54
''' }}]

[templates.web]
interval = 0.2
timeout = 0.2
fall = 2
confirm = 0.1
{template}

[pools.web]
policy = "sequence"
preemptive = {preemptive}
checks = ["web"]
addresses = ["{one}", "{two}"]

[[domain]]
name = "www.example.com"
type = "A"
ttl = 5
policy = "sequence"
pools = ["web"]
when_all_down = {when_all_down}
"""
HTTP = 'protocol = "http"\nport = {}'
HTTPS = 'protocol = "https"\nport = {}\nverify = true\nca_file = "ca.pem"\nhost = "www.example.com"'
TCP = 'protocol = "tcp"\nport = {}'
TALK = TCP + '\nsend = "HEAD / HTTP/1.0\\r\\n\\r\\n"\nexpect = "200 OK"'


class Scene:
    """A server, its two backends, and what clients and the operator see of them."""

    def __init__(self, folder, outside, template, addresses=(ONE, TWO), **more):
        one, two = addresses
        given = {"preemptive": "true", "when_all_down": '"all"', **more}
        path = folder / "Corefile.toml"
        path.write_text(COREFILE.format(template=template, one=one, two=two, **given))
        loaded = load(path)
        (domain,) = loaded.service.domains.values()
        found = bound(domain, {name: probe.template for name, probe in loaded.probes.items()})
        self.bound = found.seconds - domain.ttl
        self.server = outside(path)
        self.port = self.server.port
        self.admin = int(self.server.wait_for(r"admin door at http://127\.0\.0\.1:(\d+)")[1])

    def ask(self):
        """Give the addresses of one answer."""
        reply = dns.query.udp(dns.message.make_query("www.example.com", "A"), "127.0.0.1", timeout=5, port=self.port)
        assert reply.rcode() == dns.rcode.NOERROR
        return frozenset(record.to_text() for rrset in reply.answer for record in rrset)

    def status(self):
        """Give what is told of the access domain."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.admin}/status", timeout=5) as reply:
            return json.load(reply)["domains"][0]

    def reason(self, address):
        """Give the reason that is told of an address's check."""
        found = {one["value"]: one for pool in self.status()["pools"] for one in pool["addresses"]}
        return found[address]["checks"][0]["reason"]

    def turns(self, *values, within):
        """Wait until answers hold these values and no others; give the seconds, and what was answered meanwhile."""
        began, seen = time.monotonic(), set()
        while (found := self.ask()) != set(values):
            seen.add(found)
            assert time.monotonic() < began + within, f"still {set(found)} after {within:.2f} s: {self.status()}"
            time.sleep(0.002)
        return time.monotonic() - began, seen


def until(look, wanted):
    """Wait until a look shows what is wanted."""
    end = time.monotonic() + 5
    while (found := look()) != wanted:
        assert time.monotonic() < end, found
        time.sleep(0.02)


@pytest.fixture
def web():
    """Two backends that are well, and their port."""
    port = free(ONE, TWO)
    with backends(port, ONE, TWO) as made:
        yield port, *made


KILLED = (lambda one: one.kill(), lambda one: one.revive())
REFUSING = (lambda one: one.say("refuse"), lambda one: one.say("well"))
HUNG = (lambda one: one.hang(), lambda one: one.resume())
SLOW = (lambda one: one.say("slow 0.5"), lambda one: one.say("well"))
BUSY = (lambda one: one.say("status 503"), lambda one: one.say("well"))
DEATHS = [
    pytest.param(HTTP, KILLED, "connection refused", id="http killed"),
    pytest.param(HTTP, REFUSING, "connection refused", id="http refuses"),
    pytest.param(HTTP, HUNG, "timed out after 0.2 s waiting for the first byte", id="http hung"),
    pytest.param(HTTP, SLOW, "timed out after 0.2 s waiting for the first byte", id="http slow"),
    pytest.param(HTTP, BUSY, "status 503", id="http 503"),
    pytest.param(TCP, KILLED, "connection refused", id="tcp killed"),
    pytest.param(TALK, HUNG, 'timed out after 0.2 s waiting for "200 OK"', id="tcp hung"),
]


@pytest.mark.parametrize(("template", "death", "reason"), DEATHS)
def test_a_dead_backend_leaves_in_time_with_its_reason_and_is_returned_to(
    template, death, reason, web, tmp_path, outside
):
    port, first, _ = web
    scene = Scene(tmp_path, outside, template.format(port))
    assert scene.ask() == {ONE}
    die, recover = death
    die(first)
    _, seen = scene.turns(TWO, within=scene.bound + NOISE)
    assert seen <= {frozenset({ONE})}, "nobody is answered anything else on the way"
    until(lambda: scene.reason(ONE), reason)
    recover(first)
    _, seen = scene.turns(ONE, within=scene.bound + NOISE)
    assert seen <= {frozenset({TWO})}


def test_a_wrong_certificate_is_a_death_and_so_is_a_hung_handshake(tmp_path, outside):
    authority, port = trustme.CA(), free(ONE, TWO)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    for name in ("www.example.com", "other.example"):
        authority.issue_cert(name).private_key_and_cert_chain_pem.write_to_path(tmp_path / f"{name}.pem")
    right, wrong = tmp_path / "www.example.com.pem", tmp_path / "other.example.pem"
    with backends(port, ONE, TWO, certificate=str(right)) as (first, _):
        scene = Scene(tmp_path, outside, HTTPS.format(port))
        assert scene.ask() == {ONE}
        first.say(f"wear {wrong}")
        scene.turns(TWO, within=scene.bound + NOISE)
        until(lambda: scene.reason(ONE), "certificate for other.example")
        first.say(f"wear {right}")
        scene.turns(ONE, within=scene.bound + NOISE)
        first.hang()
        scene.turns(TWO, within=scene.bound + NOISE)
        until(lambda: scene.reason(ONE), "timed out after 0.2 s in TLS")


def test_where_the_pool_is_not_preemptive_the_second_keeps_its_place_until_it_dies(web, tmp_path, outside):
    port, first, second = web
    scene = Scene(tmp_path, outside, HTTP.format(port), preemptive="false")
    first.kill()
    scene.turns(TWO, within=scene.bound + NOISE)
    first.revive()
    until(lambda: scene.reason(ONE), "status 200")
    assert {scene.ask() for _ in range(100)} == {frozenset({TWO})}
    second.kill()
    scene.turns(ONE, within=scene.bound + NOISE)


@pytest.mark.parametrize(
    ("when_all_down", "wanted"),
    [('"all"', {ONE, TWO}), ('"last"', {TWO}), ('"zone"', {"192.0.2.54"}), ('"none"', set()), ('["192.0.2.9"]', {"192.0.2.9"})],
    ids=["all", "last", "zone", "none", "addresses"],
)  # fmt: skip
def test_when_all_are_down_the_last_resort_answers_until_one_is_back(when_all_down, wanted, web, tmp_path, outside):
    """Catalogue 3.2, all members down: never empty."""
    port, first, second = web
    scene = Scene(tmp_path, outside, HTTP.format(port), when_all_down=when_all_down)
    first.kill()
    scene.turns(TWO, within=scene.bound + NOISE)
    second.kill()
    if wanted != {TWO}:
        scene.turns(*wanted, within=scene.bound + NOISE)
    until(lambda: scene.status()["available"], False)
    assert scene.reason(TWO) == "connection refused"
    assert scene.ask() == wanted
    second.revive()
    scene.turns(TWO, within=scene.bound + NOISE)
    until(lambda: scene.status()["available"], True)


@pytest.mark.parametrize("death", [KILLED, HUNG, BUSY], ids=["killed", "hung", "503"])
def test_a_dead_backend_leaves_in_under_a_second_every_time(death, web, tmp_path, outside):
    port, first, _ = web
    scene = Scene(tmp_path, outside, HTTP.format(port))
    assert scene.bound < 1
    die, recover = death
    taken = []
    for trial in range(5):
        time.sleep(trial * 0.04)  # each death at another moment between two probes
        die(first)
        taken.append(scene.turns(TWO, within=scene.bound + NOISE)[0])
        recover(first)
        scene.turns(ONE, within=scene.bound + NOISE)
    assert max(taken) < 1, taken


@pytest.fixture
def wire():
    """A network in which packets may be lost, with two backends at its other end."""
    with contextlib.ExitStack() as stack:
        try:
            made = stack.enter_context(wires.wired())
        except wires.Denied as fault:
            pytest.skip(str(fault))
        with made.beyond():
            stack.enter_context(backends(8080, wires.ONE, wires.TWO))
        yield made


LOST = [
    pytest.param(HTTP.format(8080), "timed out after 0.2 s in connect", id="http"),
    pytest.param(TCP.format(8080), "timed out after 0.2 s in connect", id="tcp"),
    pytest.param('protocol = "ping"\ngap = 0.01', "no reply to 5 of 5 packets", id="ping"),
]


@pytest.mark.parametrize(("template", "reason"), LOST)
def test_a_backend_whose_packets_are_lost_leaves_in_time(template, reason, wire, tmp_path, outside):
    scene = Scene(tmp_path, outside, template, (wires.ONE, wires.TWO))
    assert scene.ask() == {wires.ONE}
    wire.drop(wires.ONE)
    _, seen = scene.turns(wires.TWO, within=scene.bound + NOISE)
    assert seen <= {frozenset({wires.ONE})}
    until(lambda: scene.reason(wires.ONE), reason)
    wire.forward(wires.ONE)
    scene.turns(wires.ONE, within=scene.bound + NOISE)


def test_when_our_own_link_goes_down_clients_are_answered_all_there_is(wire, tmp_path, outside):
    scene = Scene(tmp_path, outside, HTTP.format(8080), (wires.ONE, wires.TWO))
    wire.cut()
    scene.turns(wires.ONE, wires.TWO, within=scene.bound + NOISE)
    until(lambda: scene.reason(wires.ONE), "network unreachable")
    wire.mend()
    scene.turns(wires.ONE, within=scene.bound + NOISE)
