"""Messages in, messages out: header bits, codes, silence, and what is never echoed."""

import struct

import dns.edns
import dns.flags
import dns.message
import dns.opcode
import dns.rcode
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtm import codes, hookimpl
from gtm.dns.transport import TCP, UDP
from tests.chain.making import All, Static, Stranger, domain, engine, host, pool, query
from tests.engine.reading import read, values

WWW = domain("www.example.com", pool("p", "192.0.2.1"))
SERVER = engine([All(), Static({("static.example.com", codes.A): host("static.example.com")})], WWW)
QR, AA, RD = dns.flags.QR, dns.flags.AA, dns.flags.RD
BITS = [dns.flags.AA, dns.flags.TC, dns.flags.RD, dns.flags.RA, 0x0040, dns.flags.AD, dns.flags.CD]
HEADER = struct.Struct("!HHHHHH")


def ask(packet, server=SERVER, **more):
    return server.answer(packet, "198.51.100.7", 0, **more)


@given(
    st.integers(0, 65535),
    st.sets(st.sampled_from(BITS)),
    st.integers(0, 15),
    st.sampled_from(["www", "static", "nowhere"]),
    st.booleans(),
)
def test_of_the_header_only_the_identifier_and_rd_come_back(ident, bits, rcode, host_name, do):
    for _ in range(2):
        wire = ask(query(f"{host_name}.example.com", ident=ident, flags=sum(bits) | rcode, do=do))
        message = dns.message.from_wire(wire)
        assert message.id == ident
        assert message.flags & 0xFFF0 == QR | AA | (RD if RD in bits else 0)
        assert message.rcode() == (dns.rcode.NXDOMAIN if host_name == "nowhere" else dns.rcode.NOERROR)


@given(
    st.lists(st.booleans(), min_size=15, max_size=15),
    st.sampled_from(["www.example.com", "static.example.com", "nope.example.org"]),
)
def test_the_question_comes_back_in_the_case_it_was_asked_in(upper, text):
    spelled = "".join(c.upper() if up else c for c, up in zip(text, upper + [False] * 9, strict=False))
    packet = query(spelled)
    for _ in range(2):
        wire = ask(packet)
        assert wire[12 : len(packet)] == packet[12:]


def test_two_spellings_of_a_name_share_one_plan():
    server = engine([All()], WWW)
    for spelled in ("www.example.com", "WWW.example.com", "wWw.ExAmPlE.cOm"):
        assert values(ask(query(spelled), server)) == ["192.0.2.1"]
    assert server.walks == 1


@pytest.mark.parametrize("opcode", [code for code in range(16) if code not in (0, 4, 5)])
def test_another_opcode_is_not_implemented_and_comes_back(opcode):
    wire = ask(query("www.example.com", flags=opcode << 11 | RD))
    assert wire == HEADER.pack(4711, QR | RD | opcode << 11 | codes.NOTIMP, 0, 0, 0, 0)


@pytest.mark.parametrize(("text", "rcode"), [("example.com", codes.REFUSED), ("www.example.com", codes.NOTAUTH)])
@pytest.mark.parametrize("opcode", [dns.opcode.NOTIFY, dns.opcode.UPDATE])
def test_nobody_may_change_a_zone(opcode, text, rcode):
    packet = query(text, "SOA", flags=opcode << 11, edns=True)
    message = dns.message.from_wire(ask(packet))
    assert (message.opcode(), message.rcode(), message.flags & 0x87FF) == (opcode, rcode, QR | rcode)
    assert message.edns == 0
    assert message.to_wire()[12 : len(packet) - 11] == packet[12:-11]


@pytest.mark.parametrize("rclass", ["CH", "HS", "NONE", "ANY", "CLASS0", "CLASS4096"])
def test_another_class_is_refused_with_the_question(rclass):
    message = dns.message.make_query("version.bind", "TXT", rclass)
    reply = dns.message.from_wire(ask(message.to_wire()))
    assert reply.rcode() == dns.rcode.REFUSED
    assert reply.flags & ~15 == QR | RD
    assert reply.question == message.question
    assert reply.answer == []


@pytest.mark.parametrize("rtype", ["AXFR", "IXFR"])
@pytest.mark.parametrize("stream", [False, True])
def test_a_transfer_is_refused(rtype, stream):
    for _ in range(2):
        read(
            ask(query("example.com", rtype, do=True), via=TCP if stream else UDP),
            rcode=dns.rcode.REFUSED,
            flags=QR | RD,
        )


@pytest.mark.parametrize("text", [".", "com", "example.org", "notexample.com", "localhost"])
def test_a_name_outside_every_zone_is_refused_without_records(text):
    for _ in range(2):
        message = read(ask(query(text)), rcode=dns.rcode.REFUSED, flags=QR | RD)
        assert (message.answer, message.authority, message.additional) == ([], [], [])
        assert len(message.question) == 1


def test_a_response_is_met_with_silence_on_every_transport():
    for packet in (
        query("www.example.com", flags=QR | RD),
        ask(query("www.example.com")),
        HEADER.pack(1, 0xFFFF, 1, 0, 0, 0),
    ):
        assert ask(packet) is None
        assert ask(packet, via=TCP) is None


def test_less_than_a_header_is_met_with_silence():
    whole = query("www.example.com")
    assert [ask(whole[:size]) for size in range(12)] == [None] * 12


@pytest.mark.parametrize("size", range(12, len(query("www.example.com"))))
def test_a_question_cut_short_is_a_format_error_of_a_header_alone(size):
    ask(query("www.example.com"))
    assert ask(query("www.example.com")[:size]) == HEADER.pack(4711, QR | RD | codes.FORMERR, 0, 0, 0, 0)


@pytest.mark.parametrize("counts", [(0, 0, 0, 0), (2, 0, 0, 0), (1, 1, 0, 0), (1, 0, 1, 0), (1, 0, 0, 1), (1, 0, 0, 2)])
def test_counts_that_lie_are_a_format_error(counts):
    ask(query("www.example.com"))
    packet = query("www.example.com")
    lying = packet[:4] + struct.pack("!HHHH", *counts) + packet[12:]
    assert ask(lying) == HEADER.pack(4711, QR | RD | codes.FORMERR, 0, 0, 0, 0)


@pytest.mark.parametrize("version", [1, 5, 255])
def test_a_later_edns_version_gets_badvers_and_no_answer(version):
    packet = bytearray(query("www.example.com", edns=0, do=True))
    packet[-5] = version
    for _ in range(2):
        message = read(ask(bytes(packet)), rcode=dns.rcode.BADVERS, flags=QR | RD)
        assert (message.edns, message.payload, message.ednsflags & 0xFFFF) == (0, 1232, dns.flags.DO)
        assert (message.answer, len(message.question)) == ([], 1)


def test_there_is_an_opt_record_in_the_reply_if_and_only_if_there_was_one():
    for text in ("www.example.com", "static.example.com", "nowhere.example.com", "example.org"):
        for _ in range(2):
            assert dns.message.from_wire(ask(query(text))).edns == -1
            assert dns.message.from_wire(ask(query(text, do=True))).edns == 0


@pytest.mark.parametrize("do", [False, True])
def test_do_is_copied_and_other_flags_are_not(do):
    message = dns.message.make_query("www.example.com", "A", use_edns=0, ednsflags=0x7FFF | (dns.flags.DO if do else 0))
    for _ in range(2):
        reply = dns.message.from_wire(ask(message.to_wire()))
        assert reply.ednsflags == (dns.flags.DO if do else 0)


@given(
    st.lists(st.builds(dns.edns.GenericOption, st.integers(20, 65535), st.binary(max_size=20)), min_size=1, max_size=4)
)
def test_unknown_options_are_never_echoed(options):
    message = dns.message.make_query("www.example.com", "A", use_edns=0, options=options)
    for _ in range(2):
        assert dns.message.from_wire(ask(message.to_wire())).options == ()


def test_records_that_come_with_a_query_change_nothing():
    message = dns.message.make_query("www.example.com", "A", use_edns=0)
    message.answer.append(dns.rrset.from_text("www.example.com.", 5, "IN", "A", "203.0.113.9"))
    for _ in range(2):
        assert values(ask(message.to_wire())) == ["192.0.2.1"]


class Country(Stranger):
    """Reads a country and passes."""

    @hookimpl
    def rank(self, facts):
        facts.country  # noqa: B018  reading is enough


def test_a_peer_that_is_no_address_costs_one_servfail():
    reports = []
    server = engine([Country(), All()], WWW, report=lambda error, question: reports.append((error.reason, question)))
    wire = server.answer(query("www.example.com"), "somewhere", 0)
    assert wire == HEADER.pack(4711, QR | RD | codes.SERVFAIL, 0, 0, 0, 0)
    assert len(reports) == 1
    assert values(ask(query("www.example.com"), server)) == ["192.0.2.1"]
