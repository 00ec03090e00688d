"""Response rate limiting: what one network is sent of one kind of answer in a second, over UDP."""

from collections import Counter
from ipaddress import ip_network

import dns.flags
import dns.message
import pytest

from gtm import NoData, Referral, codes, hookimpl
from gtm import name as names
from gtm.dns.record import Record
from gtm.dns.transport import TCP
from gtm.limit import Limiter
from gtm.model.conduct import Conduct
from gtm.model.ending import Records
from tests.chain.making import NOON, SOA, All, Static, domain, engine, pool, query

WILD = names.parse("*.wild.example.com")


class Wild(Static):
    """Has a wildcard, a delegation, and a name without data."""

    name = "wild"

    def _found(self, question):
        owner, text = question.name, names.show(question.name)
        if text.endswith(".wild.example.com"):
            return Records((Record(owner, codes.A, 60, b"\1\2\3\4"),), wildcard=WILD)
        if text.endswith("cut.example.com"):
            cut = names.parse("cut.example.com")
            return Referral((Record(cut, codes.NS, 60, names.parse("ns.example.net")),))
        if text == "empty.example.com":
            return NoData(SOA)
        return None

    @hookimpl
    def fallback(self, question):
        return self._found(question) or super().fallback(question)


def server(rate=10, **more):
    made = engine([All(), Wild()], domain("www.example.com", pool("p", "192.0.2.1")))
    made.behave(Conduct(rate=rate, **more))
    return made


def kinds(engine, packets, peer="198.51.100.7", now=NOON):
    """Count the replies: full, truncated, none."""
    replies = Counter()
    for packet in packets:
        wire = engine.answer(packet, peer, now)
        message = wire and dns.message.from_wire(wire)
        full = message and not message.flags & dns.flags.TC
        replies["none" if message is None else "full" if full else "truncated"] += 1
        if message and not full:
            assert not message.answer
            assert not message.authority
            assert len(wire) == len(packet)
    return replies


def test_of_200_spoofable_queries_in_a_second_few_are_answered_and_half_of_the_rest_is_truncated():
    found = kinds(server(rate=25), [query("www.example.com", edns=True)] * 200)
    assert found == {"full": 25, "truncated": 87, "none": 88}


@pytest.mark.parametrize(
    "names_",
    [
        pytest.param([f"x{n}.example.com" for n in range(200)], id="names that do not exist"),
        pytest.param([f"x{n}.wild.example.com" for n in range(200)], id="names of one wildcard"),
        pytest.param([f"x{n}.cut.example.com" for n in range(200)], id="names below one delegation"),
        pytest.param([f"x{n}.example.net" for n in range(200)], id="names of nobody's"),
    ],
)
def test_random_names_count_together(names_):
    assert kinds(server(slip=0), [query(text) for text in names_]) == {"full": 10, "none": 190}


def test_random_types_of_one_name_count_together():
    packets = [query("empty.example.com", f"TYPE{n}") for n in range(300, 500)]
    assert kinds(server(slip=0), packets) == {"full": 10, "none": 190}


def test_malformed_queries_are_limited_as_well():
    engine, packet = server(), query("www.example.com")[:-1]
    assert sum(engine.answer(packet, "198.51.100.7", NOON) is not None for _ in range(200)) == 105


def test_answers_of_different_names_do_not_count_together():
    packets = [query(f"{host}.example.com") for host in ("www", "a.wild", "nope", "a.cut")] * 10
    assert kinds(server(), packets) == {"full": 40}


def test_a_network_counts_as_one_client_and_no_other_with_it():
    engine, packets = server(slip=0), [query("www.example.com")] * 10
    assert kinds(engine, packets, "198.51.100.7") == {"full": 10}
    assert kinds(engine, packets, "198.51.100.200") == {"none": 10}
    assert kinds(engine, packets, "198.51.101.7") == {"full": 10}
    assert kinds(engine, packets, "2001:db8:0:1::1") == {"full": 10}
    assert kinds(engine, packets, "2001:db8:0:99::1") == {"none": 10}
    assert kinds(engine, packets, "2001:db8:0:100::1") == {"full": 10}


def test_the_next_second_begins_anew_and_so_does_a_clock_that_was_set_back():
    engine, packets = server(slip=0), [query("www.example.com")] * 20
    for now in (NOON, NOON + 1, NOON - 3600):
        assert kinds(engine, packets, now=now) == {"full": 10, "none": 10}
    assert kinds(engine, packets, now=NOON - 3599.1) == {"none": 20}


def test_over_tcp_and_for_exempt_networks_and_without_a_rate_there_is_no_limit():
    packet = query("www.example.com")
    assert all(server().answer(packet, "198.51.100.7", NOON, TCP) for _ in range(50))
    exempt = server(exempt=(ip_network("198.51.100.0/24"),))
    assert kinds(exempt, [packet] * 50) == {"full": 50}
    assert kinds(server(rate=0), [packet] * 50) == {"full": 50}


@pytest.mark.parametrize(("slip", "truncated"), [(0, 0), (1, 90), (2, 45), (10, 9)])
def test_every_so_many_th_of_the_rest_is_truncated(slip, truncated):
    found = kinds(server(slip=slip), [query("www.example.com")] * 100)
    assert (found["full"], found["truncated"], found["none"]) == (10, truncated, 90 - truncated)


def test_what_was_stopped_is_counted_and_told_once():
    engine = server()
    kinds(engine, [query("www.example.com")] * 100)
    assert engine.limiter.take() == (45, 45)
    assert engine.limiter.take() == (0, 0)


def test_a_flood_of_networks_and_kinds_is_held_within_bounds():
    limiter = Limiter(10, 2)
    for number in range(100_000):
        assert limiter.stops(number, NOON) is None
    assert len(limiter._seen) <= 32768
