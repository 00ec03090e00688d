"""Sizes: what fits is sent, what may be left out is left out, and what does not fit is truncated with OPT still there."""

import dns.flags
import dns.message
import pytest

from gtm import NoName, Record, Records, Referral, codes
from gtm import name as names
from gtm.dns.transport import TCP, UDP
from tests.chain.making import ZONE, All, Static, domain, engine, pool, query
from tests.engine.reading import read

QR, AA, TC, RD = dns.flags.QR, dns.flags.AA, dns.flags.TC, dns.flags.RD
# header, question "www.example.com A", and 16 octets for each A record whose owner is a pointer
FIXED, EACH, OPT = 12 + 17 + 4, 16, 11


def sized(count):
    server = engine(
        [All()], domain("www.example.com", pool("p", *(f"10.0.{n // 250}.{n % 250}" for n in range(count))))
    )
    return lambda stream=False, **more: [
        server.answer(query("www.example.com", **more), "198.51.100.7", 0, TCP if stream else UDP) for _ in range(2)
    ]


@pytest.mark.parametrize(
    ("limit", "more"),
    [
        pytest.param(512, {}, id="512 without EDNS"),
        pytest.param(512, {"edns": True, "size": 0}, id="512 where less is offered"),
        pytest.param(512, {"edns": True, "size": 512}, id="512 offered"),
        pytest.param(1000, {"edns": True, "size": 1000}, id="1000 offered"),
        pytest.param(1232, {"edns": True, "size": 1232}, id="1232 offered"),
        pytest.param(1232, {"edns": True, "size": 4096}, id="1232 where more is offered"),
        pytest.param(1232, {"edns": True, "size": 65535}, id="1232 where all is offered"),
    ],
)
def test_a_udp_reply_is_as_long_as_the_client_and_we_allow(limit, more):
    opt = OPT if more else 0
    most = (limit - FIXED - opt) // EACH
    for wire in sized(most)(**more):
        assert len(read(wire).answer[0]) == most
        assert limit - EACH < len(wire) <= limit
    for wire in sized(most + 1)(**more):
        message = read(wire, flags=QR | AA | RD | TC)
        assert (message.answer, message.authority, len(message.question)) == ([], [], 1)
        assert message.edns == (0 if more else -1)
        assert len(wire) == FIXED + opt


def test_a_subnet_is_echoed_in_a_truncated_reply_and_counts():
    for wire in sized((1232 - FIXED - OPT) // EACH)(subnet="203.0.113.0/24"):
        message = read(wire, flags=QR | AA | RD | TC)
        assert [option.to_text() for option in message.options] == ["ECS 203.0.113.0/24 scope/0"]


def test_on_a_stream_a_reply_may_have_65535_octets():
    most = (65535 - FIXED) // EACH
    for wire in sized(most)(stream=True):
        assert len(read(wire).answer[0]) == most
    for wire in sized(most + 1)(stream=True):
        assert read(wire, flags=QR | AA | RD | TC).answer == []
    for wire in sized(200)(stream=True, edns=True, size=512):
        assert len(read(wire).answer[0]) == 200


def records(owner, rtype, count, size):
    return tuple(Record(names.parse(owner), rtype, 60, bytes([n]) * size) for n in range(count))


@pytest.mark.parametrize(
    ("optional", "kept", "flags"),
    [(10, 10, QR | AA | RD), (30, 0, QR | AA | RD)],
    ids=["all fit", "they would not fit"],
)
def test_optional_records_are_left_out_before_anything_is_truncated(optional, kept, flags):
    ending = Records(records("www.example.com", codes.A, 4, 4), None, records("mail.example.com", codes.A, optional, 4))
    server = engine([Static({("www.example.com", codes.A): ending})])
    for _ in range(2):
        message = read(server.answer(query("www.example.com"), "198.51.100.7", 0), flags=flags)
        assert len(message.answer[0]) == 4
        assert sum(map(len, message.additional)) == kept


def test_what_is_needed_and_does_not_fit_is_truncated_even_without_the_optional_records():
    ending = Records(records("www.example.com", codes.A, 40, 4), None, records("mail.example.com", codes.A, 5, 4))
    server = engine([Static({("www.example.com", codes.A): ending})])
    for _ in range(2):
        message = read(server.answer(query("www.example.com"), "198.51.100.7", 0), flags=QR | AA | RD | TC)
        assert (message.answer, message.additional) == ([], [])


def referral(glue):
    ns = tuple(
        Record(names.parse("sub.example.com"), codes.NS, 60, names.parse(f"n{n}.sub.example.com")) for n in range(3)
    )
    return Referral(ns, records("n0.sub.example.com", codes.A, glue, 4))


def test_glue_that_does_not_fit_sets_tc():
    server = engine([Static({("www.example.com", codes.A): referral(40), ("few.example.com", codes.A): referral(4)})])
    message = read(server.answer(query("few.example.com"), "198.51.100.7", 0), flags=QR | RD)
    assert len(message.additional[0]) == 4
    wire = server.answer(query("www.example.com"), "198.51.100.7", 0)
    assert dns.message.from_wire(wire).flags & TC


def test_a_truncated_referral_is_not_authoritative():
    server = engine([Static({("www.example.com", codes.A): referral(40)})])
    read(server.answer(query("www.example.com"), "198.51.100.7", 0), flags=QR | RD | TC)


def test_a_truncated_denial_keeps_its_code():
    soa = Record(ZONE, 65280, 60, bytes(600))
    server = engine([Static({("www.example.com", codes.A): NoName(soa)})])
    read(server.answer(query("www.example.com"), "198.51.100.7", 0), rcode=3, flags=QR | AA | RD | TC)
