"""Hints in SVCB and HTTPS records, with dnspython as the one who knows."""

import dns.rdata
import pytest

from gtm.dns import codes, svcb
from gtm.dns.host import host
from gtm.dns.name import parse
from gtm.dns.record import Record


def wire(text, rtype="HTTPS"):
    return dns.rdata.from_text("IN", rtype, text).to_wire()


@pytest.mark.parametrize(
    ("text", "given", "wanted"),
    [
        ("1 .", {4: b"\xc0\0\2\1"}, "1 ."),
        ("1 . ipv4hint=203.0.113.1", {4: b"\xc0\0\2\1\xc0\0\2\2"}, "1 . ipv4hint=192.0.2.1,192.0.2.2"),
        ("1 . ipv4hint=203.0.113.1 ipv6hint=::1", {4: b""}, "1 . ipv6hint=::1"),
        ("1 . mandatory=ipv4hint,port port=1 ipv4hint=203.0.113.1", {4: b""}, "1 . mandatory=port port=1"),
        ("1 . mandatory=ipv4hint port=1 ipv4hint=203.0.113.1", {4: b""}, "1 . port=1"),
        ("1 a.example. alpn=h2 key667=x", {4: b"", 6: b""}, "1 a.example. alpn=h2 key667=x"),
    ],
)
def test_hints_are_replaced_or_left_out_and_all_else_stays(text, given, wanted):
    assert svcb.hinted(wire(text), given) == wire(wanted)


def test_rdata_is_cut_where_a_hint_stands():
    assert svcb.gaps(wire("1 . ipv4hint=1.2.3.4"), (4,)) == (b"\0\1\0", 4, b"")
    rdata = wire("1 . port=5 ipv4hint=203.0.113.1 ipv6hint=::1 key667=x")
    start, four, between, six, end = svcb.gaps(rdata, (4, 6))
    assert (four, between, six) == (4, b"", 6)
    whole = start + svcb.written(4, bytes([203, 0, 113, 1])) + svcb.written(6, bytes(15) + b"\1") + end
    assert whole == rdata
    assert b"".join(svcb.gaps(rdata, ())) == rdata


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("1 . ipv4hint=1.2.3.4", {4}),
        ("1 . ipv4hint=1.2.3.4 ipv6hint=::1 port=1", {4, 6}),
        ("1 . port=1", set()),
        ("0 a.", set()),
    ],
)
def test_hints_are_found(text, wanted):
    assert svcb.hints(wire(text)) == wanted


@pytest.mark.parametrize("rdata", [b"", b"\0\1", b"\0\1\0\0", b"\0\1\0\0\4\0\4abc", b"\0\1\3a"])
def test_what_is_cut_short_is_refused(rdata):
    with pytest.raises(ValueError, match=r"name|cut short|longer"):
        svcb.params(rdata)


@pytest.mark.parametrize(
    ("rtype", "text", "wanted"),
    [
        ("NS", "A.example.", "a.example"),
        ("MX", "10 a.example.", "a.example"),
        ("SRV", "1 2 3 a.example.", "a.example"),
        ("HTTPS", "1 a.example.", "a.example"),
        ("SVCB", "1 .", "www.example.com"),
        ("HTTPS", "0 .", None),
        ("MX", "0 .", None),
        ("SRV", "0 0 0 .", None),
        ("TXT", "a.example.", None),
        ("CNAME", "a.example.", None),
    ],
)
def test_the_host_that_a_record_names_is_found(rtype, text, wanted):
    record = Record(parse("www.example.com"), codes.type_number(rtype), 60, wire(text, rtype))
    assert host(record) == (parse(wanted) if wanted else None)
