"""Mnemonics, against dnspython's tables."""

import dns.rcode
import dns.rdatatype
import pytest

from gtm.dns import codes


def test_every_number_is_shown_as_dnspython_shows_it_and_read_back():
    for number in range(65536):
        text = codes.type_text(number)
        assert text == dns.rdatatype.to_text(number)
        assert codes.type_number(text) == number


@pytest.mark.parametrize("text", ["", "NOSUCH", "TYPE65536", "TYPE-1", "TYPEx", "1"])
def test_what_is_no_type_is_quoted(text):
    with pytest.raises(ValueError, match=f'"{text}" is not a record type'):
        codes.type_number(text)


def test_our_own_numbers_are_the_registered_ones():
    for mnemonic in ("A", "NS", "CNAME", "SOA", "PTR", "MX", "AAAA", "DNAME", "OPT", "DS", "IXFR", "AXFR", "ANY"):
        assert getattr(codes, mnemonic) == dns.rdatatype.from_text(mnemonic)
    for mnemonic in ("NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "BADVERS"):
        assert getattr(codes, mnemonic) == dns.rcode.from_text(mnemonic)
        assert codes.rcode_text(getattr(codes, mnemonic)) in (mnemonic, "BADVERS", "BADSIG")
