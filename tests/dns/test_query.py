"""Decoding of queries: what dnspython writes is read as written, and every lie about counts and lengths is found."""

import struct

import dns.edns
import dns.flags
import dns.message
import dns.name
import dns.opcode
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtm.dns import codes, name
from gtm.dns.query import Fault, Query, decode

LABELS = st.lists(st.binary(min_size=1, max_size=63), max_size=6).filter(lambda x: sum(map(len, x)) + len(x) < 255)
FLAGS = st.sets(st.sampled_from([dns.flags.RD, dns.flags.AD, dns.flags.CD, dns.flags.TC, dns.flags.AA, dns.flags.RA]))
OPTIONS = st.lists(st.builds(dns.edns.GenericOption, st.integers(20, 65535), st.binary(max_size=12)), max_size=3)
ECS = st.one_of(
    st.builds(dns.edns.ECSOption, st.ip_addresses(v=4).map(str), st.integers(0, 32)),
    st.builds(dns.edns.ECSOption, st.ip_addresses(v=6).map(str), st.integers(0, 128)),
)
EDNS = st.tuples(OPTIONS, st.none() | ECS, st.integers(0, 65535), st.booleans())
HEAD = struct.Struct("!HHHHHH")
ASKED = b"\3www\7example\3com\0\0\1\0\1"
OPT = struct.pack("!BHHIH", 0, 41, 1232, 0, 0)


def packet(body=ASKED, counts=(1, 0, 0, 0), flags=0x0100, ident=77):
    return HEAD.pack(ident, flags, *counts) + body


@given(st.integers(0, 65535), LABELS, st.integers(0, 65535), st.integers(0, 65535), FLAGS, st.none() | EDNS)
def test_what_dnspython_writes_is_read_as_written(ident, labels, rtype, rclass, flags, edns):
    asked = dns.name.Name([*labels, b""])
    message = dns.message.make_query(asked, rtype, rclass, use_edns=-1)
    message.id, message.flags = ident, sum(flags)
    if edns:
        options, subnet, size, do = edns
        message.use_edns(0, dns.flags.DO if do else 0, size, options=[*options, *([subnet] if subnet else [])])
    wire = message.to_wire()
    query = decode(wire)
    assert isinstance(query, Query)
    assert (query.ident, query.flags) == (ident, sum(flags))
    assert query.question == asked.to_wire() + struct.pack("!HH", rtype, rclass)
    assert (query.name, query.qtype, query.qclass) == (asked.canonicalize().to_wire(), rtype, rclass)
    assert (query.edns is None) == (edns is None)
    if query.edns and edns:
        assert (query.edns.size, query.edns.dnssec_ok, query.edns.version) == (max(512, size), do, 0)
        assert (query.edns.subnet is None) == (subnet is None)
        if query.edns.subnet and subnet:
            read = query.edns.subnet
            assert (read.family, read.source) == (subnet.family, subnet.srclen)
            assert read.octets == subnet.addrdata


@given(st.binary(max_size=200) | st.binary(max_size=60).map(lambda tail: packet()[:28] + tail))
def test_any_octets_give_a_query_a_fault_or_silence(octets):
    found = decode(octets)
    if found is None:
        assert len(octets) < 12 or octets[2] & 0x80
        return
    assert isinstance(found, Query | Fault)
    assert found.ident == int.from_bytes(octets[:2])
    if isinstance(found, Fault):
        assert found.rcode in (codes.FORMERR, codes.NOTIMP)
        assert found.reason


@given(st.data())
def test_a_query_cut_short_anywhere_is_a_fault_or_silence(data):
    whole = packet(ASKED + OPT, (1, 0, 0, 1))
    cut = data.draw(st.integers(0, len(whole) - 1))
    found = decode(whole[:cut])
    assert found is None if cut < 12 else isinstance(found, Fault)


@pytest.mark.parametrize("opcode", [o for o in range(16) if o not in (0, 4, 5)])
def test_an_opcode_that_is_not_known_is_not_implemented_whatever_follows(opcode):
    found = decode(packet(b"broken", flags=opcode << 11))
    assert isinstance(found, Fault)
    assert (found.rcode, found.reason) == (codes.NOTIMP, f"opcode {opcode}")


def test_a_response_and_less_than_a_header_are_met_with_silence():
    assert decode(packet(flags=0x8000)) is None
    assert decode(packet(flags=0xA800)) is None
    for size in range(12):
        assert decode(packet()[:size]) is None


RECORD = b"\0" + struct.pack("!HHIH", 1, 1, 5, 4) + bytes(4)


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        pytest.param(packet(b"", (0, 0, 0, 0)), "0 questions", id="no question"),
        pytest.param(packet(ASKED * 2, (2, 0, 0, 0)), "2 questions", id="two questions"),
        pytest.param(packet(b""), "past the end", id="a question that is not there"),
        pytest.param(packet(ASKED[:-1]), "question is cut short", id="question cut short"),
        pytest.param(packet(b"\xc0\x0c\0\1\0\1"), "pointer", id="question points at itself"),
        pytest.param(packet(b"\x40" + ASKED[1:]), "label type", id="label of 64 octets"),
        pytest.param(packet((b"\x3f" + bytes(63)) * 4 + b"\0\0\1\0\1"), "255", id="name of 257 octets"),
        pytest.param(packet(ASKED + b"\0"), "behind the last record", id="an octet behind"),
        pytest.param(packet(ASKED + RECORD), "behind the last record", id="a record not counted"),
        pytest.param(packet(ASKED, (1, 1, 0, 0)), "past the end", id="a record that is not there"),
        pytest.param(packet(ASKED + RECORD[:5], (1, 0, 1, 0)), "a record is cut short", id="record cut short"),
        pytest.param(packet(ASKED + RECORD[:-1], (1, 0, 0, 1)), "longer than the message", id="rdata cut short"),
        pytest.param(packet(ASKED, (1, 65535, 65535, 65535)), "past the end", id="counts at their most"),
        pytest.param(packet(ASKED + OPT * 2, (1, 0, 0, 2)), "OPT twice", id="two OPT records"),
        pytest.param(packet(ASKED + OPT, (1, 1, 0, 0)), "outside the additional", id="OPT in the answer section"),
        pytest.param(packet(ASKED + OPT, (1, 0, 1, 0)), "outside the additional", id="OPT in the authority section"),
        pytest.param(packet(ASKED + b"\1a" + OPT, (1, 0, 0, 1)), "not at the root", id="OPT at a name"),
        pytest.param(packet(ASKED + b"\xc0\x18" + OPT[1:], (1, 0, 0, 1)), "not at the root", id="OPT by pointer"),
        pytest.param(packet(ASKED + OPT[:-1] + b"\1\0", (1, 0, 0, 1)), "option is cut short", id="broken option"),
    ],
)
def test_a_message_that_lies_is_a_format_error_with_the_reason(octets, reason):
    found = decode(octets)
    assert isinstance(found, Fault)
    assert (found.ident, found.flags, found.rcode) == (77, 0x0100, codes.FORMERR)
    assert reason in found.reason


LADDER = b"".join(b"\1a" + (0xC000 | 12 + 4 * step).to_bytes(2) for step in range(40))


def test_names_of_other_records_are_stepped_over_and_not_followed():
    packed = packet(ASKED + b"\xc0\xff" + RECORD[1:] + LADDER[-4:] + RECORD[1:], (1, 1, 0, 1))
    assert isinstance(decode(packed), Query)


def test_a_query_longer_than_any_has_use_for_is_not_read():
    long = packet(ASKED + RECORD * 300, (1, 0, 0, 300))
    assert isinstance(decode(long[:10] + (270).to_bytes(2) + long[12 : 12 + len(ASKED) + 270 * len(RECORD)]), Query)
    assert decode(long) == Fault(77, 0x0100, codes.FORMERR, f"1 questions, {len(long)} octets")


def test_no_question_is_well_where_a_cookie_is_asked_for():
    cookie = OPT[:-2] + struct.pack("!HHH", 12, 10, 8) + b"12345678"
    found = decode(packet(cookie, (0, 0, 0, 1)))
    assert isinstance(found, Query)
    assert (found.question, found.edns.cookie) == (b"", b"12345678")


def test_records_beside_the_question_are_stepped_over():
    found = decode(packet(ASKED + RECORD * 3 + OPT + RECORD, (1, 2, 1, 2)))
    assert isinstance(found, Query)
    assert found.edns is not None
    assert found.name == name.parse("www.example.com")
