"""Records as octets, read back by dnspython: sections, compression, and offsets beyond 16 kB."""

import struct

import dns.flags
import dns.message
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtm.dns import codes, name
from gtm.dns.record import MAX_TTL, Record, Writer

WORDS = st.lists(st.sampled_from(["a", "b", "www", "MAIL", "x-1", "example", "com"]), min_size=1, max_size=5)
NAMES = WORDS.map(lambda words: name.parse(".".join(words)))
RDATA = {
    codes.A: st.binary(min_size=4, max_size=4),
    codes.AAAA: st.binary(min_size=16, max_size=16),
    codes.NS: NAMES,
    codes.CNAME: NAMES,
    codes.PTR: NAMES,
    codes.DNAME: NAMES,
    codes.MX: st.builds(lambda octets, target: octets + target, st.binary(min_size=2, max_size=2), NAMES),
    codes.SOA: st.builds(lambda m, r, tail: m + r + tail, NAMES, NAMES, st.binary(min_size=20, max_size=20)),
    65280: st.binary(max_size=40),
}
RECORDS = st.sampled_from(sorted(RDATA)).flatmap(
    lambda rtype: st.builds(Record, NAMES, st.just(rtype), st.integers(0, MAX_TTL), RDATA[rtype])
)
SECTIONS = st.lists(RECORDS, max_size=8)


def parsed(question, sections, octets):
    """Read a message made of written sections with dnspython, one RRset for each record."""
    head = struct.pack("!HHHHHH", 1, dns.flags.QR, 1, *map(len, sections))
    return dns.message.from_wire(head + question + struct.pack("!HH", 1, 1) + octets, one_rr_per_rrset=True)


def plain(record):
    """Give a record as dnspython reads its uncompressed rdata."""
    owner = dns.name.from_wire(record.owner, 0)[0]
    rtype = dns.rdatatype.RdataType.make(record.rtype)
    rdata = dns.rdata.from_wire(dns.rdataclass.IN, rtype, record.rdata, 0, len(record.rdata))
    return owner, record.rtype, record.ttl, rdata


def found(rrset):
    return rrset.name, rrset.rdtype, rrset.ttl, rrset[0]


@given(NAMES, SECTIONS, SECTIONS, SECTIONS)
def test_sections_are_read_back_by_dnspython(question, answer, authority, additional):
    writer = Writer(question)
    sections = (answer, authority, additional)
    message = parsed(question, sections, b"".join(writer.section(section) for section in sections))
    for wanted, rrsets in zip(sections, (message.answer, message.authority, message.additional), strict=True):
        assert [found(rrset) for rrset in rrsets] == [plain(record) for record in wanted]


@given(NAMES, SECTIONS, SECTIONS, SECTIONS)
def test_a_fork_goes_on_without_the_other_branch(question, lead, one, other):
    writer = Writer(question)
    octets = writer.section(lead)
    left, right = writer.fork(), writer.fork()
    for fork, section in ((left, one), (right, other), (writer, one)):
        message = parsed(question, (lead, section, []), octets + fork.section(section))
        assert [found(rrset) for rrset in message.authority] == [plain(record) for record in section]


def test_names_are_shared_with_the_question_and_among_each_other():
    writer = Writer(name.parse("www.example.com"))
    octets = writer.section(
        [
            Record(name.parse("www.example.com"), codes.CNAME, 1, name.parse("a.example.com")),
            Record(name.parse("a.example.com"), codes.A, 1, bytes(4)),
        ]
    )
    assert octets == (b"\xc0\x0c\0\5\0\1\0\0\0\1\0\4" + b"\1a\xc0\x10" + b"\xc0\x2d\0\1\0\1\0\0\0\1\0\4" + bytes(4))


def test_names_beyond_16_kb_are_written_out_and_those_before_are_still_shared():
    question = name.parse("example.com")
    filling = [Record(name.parse(f"n{number}.example.com"), 65280, 1, bytes(200)) for number in range(75)]
    late = [Record(name.parse(f"host.sub{number % 3}.example.net"), codes.A, 1, bytes(4)) for number in range(99)]
    mixed = [Record(name.parse("n0.example.com"), codes.NS, 1, name.parse("new.n1.example.com"))] * 3
    records = [*filling, *late, *mixed]
    octets = Writer(question).section(records)
    assert len(octets) > 0x4000
    message = parsed(question, (records, [], []), octets)
    assert [found(rrset) for rrset in message.answer] == [plain(record) for record in records]


def test_the_root_is_written_as_itself():
    record = Record(name.ROOT, codes.NS, 5, name.ROOT)
    octets = Writer(name.ROOT).section([record])
    assert found(parsed(name.ROOT, ([record], [], []), octets).answer[0]) == plain(record)


def test_a_ttl_above_the_most_is_written_as_the_most():
    records = [Record(name.ROOT, codes.A, ttl, bytes(4)) for ttl in (3, 5, 700)]
    for writer in (Writer(name.ROOT, 5), Writer(name.ROOT, 5).fork()):
        message = parsed(name.ROOT, (records, [], []), writer.section(records))
        assert [rrset.ttl for rrset in message.answer] == [3, 5, 5]


def test_rdata_whose_name_is_broken_is_refused():
    with pytest.raises(name.BadName):
        Writer(name.ROOT).section([Record(name.ROOT, codes.CNAME, 1, b"\3ab")])


@pytest.mark.parametrize("ttl", [-1, 2**31])
def test_a_ttl_out_of_range_is_refused(ttl):
    with pytest.raises(ValueError, match=f"TTL {ttl} is not within 0 to 2147483647"):
        Record(name.ROOT, codes.A, ttl, bytes(4))


@pytest.mark.parametrize(("rtype", "rdata"), [(-1, b""), (65536, b""), (1, bytes(65536))])
def test_a_type_or_rdata_out_of_range_is_refused(rtype, rdata):
    with pytest.raises(ValueError, match="at most 65535"):
        Record(name.ROOT, rtype, 1, rdata)
