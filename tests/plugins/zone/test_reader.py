"""What a master file may look like, with dnspython's own zone reader as the oracle."""

import dns.rdataclass
import dns.zone
import pytest

from gtm import Name, PluginFault, Records, codes, name
from gtm_plugins.zone.library import Library
from gtm_plugins.zone.reader import read

SOA = "@ 300 IN SOA ns hostmaster 1 7200 900 1209600 60\n"
NS = "@ NS ns\n"

FILES = {
    "classes_and_ttls_in_either_order": SOA
    + NS
    + "a IN 60 A 192.0.2.1\nb 60 IN A 192.0.2.1\nc IN A 192.0.2.1\nd 7 A 192.0.2.2\n",
    "blank_owner_repeats_the_last": SOA + NS + "a A 192.0.2.1\n  AAAA 2001:db8::1\n\tTXT x\n",
    "tabs_and_comments": SOA + NS + "a\t\t60\tIN\tA\t192.0.2.1\t; an address\n;\n   ; nothing\n\n",
    "utf8_in_a_comment": SOA + NS + "a 60 A 192.0.2.1 ; grüße, 你好\n",
    "no_final_newline": SOA + NS + "a 60 A 192.0.2.1",
    "default_ttl": "$TTL 1h\n" + SOA + NS + "a A 192.0.2.1\nb 5 A 192.0.2.1\nc A 192.0.2.1\n$TTL 2\nd A 192.0.2.1\n",
    "ttl_with_units": "$TTL 1d2h\n" + SOA + NS + "a 1W A 192.0.2.1\n",
    "ttl_stated_last": SOA + "@ 17 NS ns\na A 192.0.2.1\n",
    "ttl_of_the_soa_minimum": "@ SOA ns hostmaster 1 7200 900 1209600 60\n@ NS ns\n",
    "origin": SOA
    + NS
    + "$ORIGIN sub\na A 192.0.2.1\n@ A 192.0.2.2\n$ORIGIN other.example.com.\na CNAME b\nc CNAME b.\n",
    "soa_over_several_lines": "@ 300 IN SOA ns hostmaster (\n  1 ; serial\n  2h\n  15m\n  2w 60 )\n" + NS,
    "escapes_in_names": SOA + NS + "a\\.b A 192.0.2.1\n\\097 AAAA 2001:db8::1\nx\\032y TXT z\n",
    "case": SOA + NS + "WWW a 192.0.2.1\nMail mx 10 Mail.Example.COM.\n",
    "quoted_strings": SOA + NS + 'a TXT "x;y" "( )" z "q\\"r" "\\255"\n',
    "types": SOA
    + NS
    + "a SRV 1 2 443 b\na CAA 0 issue ca.test\na HTTPS 1 . alpn=h2 port=8443\na SVCB 0 b\na NAPTR 1 1 u x !a!b! .\na LOC 1 N 1 E 0\n"
    + "a DS 1 13 2 "
    + "00ff" * 16
    + "\na TLSA 3 1 0 00ff\na SSHFP 1 1 "
    + "00" * 20
    + "\na DNSKEY 257 3 13 AAAA\nb PTR a\nb RP a b\nb HINFO x y\n"
    + 'b NSEC c A RRSIG\nb RRSIG A 13 2 60 20300101000000 20250101000000 1 example.com. AAAA\nb URI 1 1 "http://x/"\n',
    "types_without_a_name": SOA
    + NS
    + "a TYPE65280 \\# 4 0a000001\nb TYPE65281 \\# 0\nc A \\# 4 c0000201\nd TYPE1 \\# 4 c0000202\n",
}


def entries(text: str, zone: str = "example.com"):
    return read(text, name.parse(zone), Library(None), None, folder=None, warn=[].append)


def found(text: str) -> set[tuple[Name, int, int, bytes]]:
    return {(e.record.owner, e.record.rtype, e.record.ttl, e.record.rdata) for e in entries(text)}


@pytest.mark.parametrize("text", FILES.values(), ids=FILES.keys())
def test_a_master_file_reads_as_dnspython_reads_it(text):
    zone = dns.zone.from_text(text, "example.com.", relativize=False)
    expected = {
        (Name(owner.to_wire().lower()), int(rdata.rdtype), ttl, rdata.to_wire())
        for owner, ttl, rdata in zone.iterate_rdatas()
    }
    assert found(text) == expected


def test_lines_may_end_as_on_other_systems(load_file):
    zone = load_file((SOA + NS + 'ns A 192.0.2.53\na TXT "x"\n').replace("\n", "\r\n").encode())
    assert zone.ask("a.example.com", "TXT").answer[0].rdata == b"\x01x"


def test_a_carriage_return_alone_ends_a_line_as_well():
    with pytest.raises(PluginFault) as caught:
        list(entries("a 5 TXT x\rb 5 TXT y\r\nc 5 NOPE z\n"))
    assert caught.value.line == 3
    assert 'in "c 5 NOPE z"' in str(caught.value)


def test_inline_text_may_have_carriage_returns(load):
    assert isinstance(load("a TXT x\r\nb TXT y\r\n").ask("a.example.com", "TXT"), Records)


def test_a_byte_order_mark_is_no_part_of_the_first_name(load_file):
    assert isinstance(load_file(b"\xef\xbb\xbf" + (SOA + NS).encode()).ask("example.com", "SOA"), Records)


def test_rdata_keeps_the_case_of_names_and_owners_do_not():
    (entry,) = entries("WWW 5 CNAME Target.Example.COM.\n")
    assert name.show(entry.record.owner) == "www.example.com"
    assert entry.record.rdata == b"\x06Target\x07Example\x03COM\0"


WRONG = {
    "no_ttl": ("a A 192.0.2.1", 1, "there is no TTL"),
    "no_owner": ("  5 A 192.0.2.1", 1, "the first record has no owner"),
    "bad_address": (
        "; x\na 5 A 192.0.2",
        2,
        'a.example.com A: the data are not as this type has them (in "a 5 A 192.0.2")',
    ),
    "no_type": ("a 5", 1, "a field is missing"),
    "three_classes": ("a IN IN IN A 192.0.2.1", 1, "the record has no type"),
    "unknown_type": ("a 5 AAA 192.0.2.1", 1, '"AAA" is not a record type'),
    "question_type": ("a 5 AXFR \\# 0", 1, '"AXFR" is a type for queries only'),
    "type_zero": ("a 5 TYPE0 \\# 0", 1, '"TYPE0" is a type for queries only'),
    "other_class": ("a 5 CH A 192.0.2.1", 1, 'class "CH" is not served'),
    "class_by_number": ("a CLASS4 5 A 192.0.2.1", 1, 'class "CLASS4" is not served'),
    "ttl_beyond_31_bits": ("a 2147483648 A 192.0.2.1", 1, '"2147483648" is not a TTL'),
    "ttl_beyond_32_bits": ("a 99999999999 A 192.0.2.1", 1, '"99999999999" is not a TTL'),
    "ttl_with_a_wrong_unit": ("a 5y A 192.0.2.1", 1, '"5y" is not a TTL'),
    "ttl_directive_without_a_ttl": ("$TTL long", 1, '"long" is not a TTL'),
    "unknown_directive": ("$GENERAT 1-9 a A 192.0.2.$", 1, '"$GENERAT" is not a directive'),
    "field_too_many": ("a 5 A 192.0.2.1 x", 1, "a.example.com A: "),
    "open_parenthesis": ("\na 5 TXT ( x\n\n", 2, "a.example.com TXT: "),
    "open_quote": ('a 5 TXT "x\nb 5 A 192.0.2.1\n', 1, "a.example.com TXT: "),
    "piece_of_256_octets": ("a 5 TXT " + "x" * 256, 1, "a.example.com TXT: string too long"),
    "label_of_64_octets": ("a" * 64 + " 5 A 192.0.2.1", 1, "label is > 63 octets"),
    "name_of_256_octets": (".".join(["a" * 60] * 4) + " 5 A 192.0.2.1", 1, "name is > 255 octets"),
    "target_of_256_octets": ("a 5 CNAME " + ".".join(["a" * 60] * 4), 1, "a.example.com CNAME: "),
    "empty_label": ("a..b 5 A 192.0.2.1", 1, "label is empty"),
    "bad_escape": ("a\\300 5 A 192.0.2.1", 1, "escape"),
    "name_outside_ascii": ("bücher 5 A 192.0.2.1", 1, '"bücher" is not ASCII'),
    "target_outside_ascii": ("a 5 CNAME bücher", 1, '"bücher" is not ASCII'),
    "quoted_owner": ('"a" 5 A 192.0.2.1', 1, "stands in quotes"),
    "opaque_rdata_too_short": ("a 5 TYPE65280 \\# 4 0a00", 1, "a.example.com TYPE65280: "),
    "opaque_rdata_of_a_known_type": ("a 5 A \\# 3 0a0000", 1, "a.example.com A: "),
    "rdata_of_65536_octets": ("a 5 TXT " + " ".join(["x" * 255] * 257), 1, "a.example.com TXT: "),
}


@pytest.mark.parametrize(("text", "line", "message"), WRONG.values(), ids=WRONG.keys())
def test_a_fault_names_the_line_and_the_record(text, line, message):
    with pytest.raises(PluginFault) as caught:
        list(entries(text))
    assert caught.value.line == line
    assert caught.value.file is None
    assert message in str(caught.value)


def test_without_any_ttl_the_minimum_of_the_soa_record_is_taken_and_told(load_file):
    zone = load_file("@ SOA ns hm 1 2 3 4 77\n@ NS ns\nns A 192.0.2.53\n")
    assert zone.ask("ns.example.com").answer[0].ttl == 77
    (warning,) = zone.warnings
    assert warning.endswith("main.zone:1: example.com SOA: it has no TTL; 77 is taken, the last of its own numbers")


@pytest.mark.parametrize("first", ["", "$TTL 5\n"], ids=["stated", "directive"])
def test_with_some_ttl_nothing_is_told(load_file, first):
    soa = "@ SOA ns hm 1 2 3 4 77\n" if first else "@ 5 SOA ns hm 1 2 3 4 77\n"
    zone = load_file(first + soa + "@ NS ns\nns A 192.0.2.53\n")
    assert (zone.ask("ns.example.com").answer[0].ttl, zone.warnings) == (5, [])


@pytest.mark.parametrize(
    "text",
    ["a\x1b[31m 5 A x", 'a 5 A 192.0.2.1 "x\\\n6"', "a 5\x1by A 192.0.2.1", "a 5 A 192.0.2.1 " + "x" * 99999],
    ids=["owner", "line_end_in_a_piece", "ttl", "long"],
)
def test_a_fault_is_one_line_of_characters_that_can_be_shown(text):
    with pytest.raises(PluginFault) as caught:
        list(entries(text))
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 600


def test_a_record_of_type_opt_is_refused():
    with pytest.raises(PluginFault, match="queries only"):
        list(entries("a 5 OPT \\# 0"))


def test_an_entry_shows_its_owner_and_type():
    (entry,) = entries("a 5 TYPE65280 \\# 0")
    assert str(entry) == "a.example.com TYPE65280"
    assert entry.record.rtype == 65280
    assert codes.type_text(entry.record.rtype) == "TYPE65280"
