"""``$GENERATE``: what each line makes is what BIND 9.18 made of it (named-compilezone), and how it is told what is wrong."""

import pytest

from gtm import PluginFault, name
from gtm_plugins.zone.generate import fill, numbers
from gtm_plugins.zone.library import Library
from gtm_plugins.zone.reader import read

NIBBLES = [
    (0x12, 0, "2.1"), (0x12, 1, "2.1"), (0x12, 4, "2.1."), (0x12, 7, "2.1.0.0"), (0x12, 8, "2.1.0.0."), (0, 0, "0"),
    (0, 1, "0"), (0, 2, "0."),
]  # fmt: skip


def generated(line, before="$TTL 300\n"):
    entries = read(before + line, name.parse("z"), Library(None), None, None, [].append)
    return [(name.show(each.record.owner), each.record.ttl, each.record.rtype, each.record.rdata) for each in entries]


SAME = {
    "number": ("$GENERATE 1-3 a$ A 192.0.2.$", "a1 A 192.0.2.1\na2 A 192.0.2.2\na3 A 192.0.2.3"),
    "step": ("$GENERATE 1-7/3 a$ A 192.0.2.$", "a1 A 192.0.2.1\na4 A 192.0.2.4\na7 A 192.0.2.7"),
    "one": ("$GENERATE 5-5 a$ A 192.0.2.$", "a5 A 192.0.2.5"),
    "lower_case": ("$generate 5-5 a$ A 192.0.2.$", "a5 A 192.0.2.5"),
    "ttl_and_class": ("$GENERATE 1-1 a$ 60 IN A 192.0.2.$", "a1 60 IN A 192.0.2.1"),
    "class_and_ttl": ("$GENERATE 1-1 a$ IN 1h A 192.0.2.$", "a1 IN 3600 A 192.0.2.1"),
    "offset": ("$GENERATE 1-2 a${10} CNAME b${-1}", "a11 CNAME b0\na12 CNAME b1"),
    "width": ("$GENERATE 9-10 a${0,3} CNAME b${0,1,d}", "a009 CNAME b9\na010 CNAME b10"),
    "octal": ("$GENERATE 8-8 a${0,3,o} A 192.0.2.1", "a010 A 192.0.2.1"),
    "hexadecimal": ("$GENERATE 11-11 a TXT ${0,2,x} ${0,0,X}", "a TXT 0b B"),
    "address": ("$GENERATE 255-256 a$ AAAA 2001:db8::${0,4,x}", "a255 AAAA 2001:db8::ff\na256 AAAA 2001:db8::100"),
    "nibbles": ("$GENERATE 18-18 ${0,8,n}a PTR h${0,3,N}", "2.1.0.0.a PTR h2.1"),
    "no_dollar": ("$GENERATE 1-1 a A 192.0.2.1", "a A 192.0.2.1"),
    "escaped_dollar": ("$GENERATE 1-2 a\\$$ A 192.0.2.$", "a\\$1 A 192.0.2.1\na\\$2 A 192.0.2.2"),
    "two_dollars": ("$GENERATE 1-1 a$$$ A 192.0.2.1", "a\\$1 A 192.0.2.1"),
    "all_in_quotes": ('$GENERATE 1-1 @ MX "10 mail$"', "@ MX 10 mail1"),
    "text_in_quotes": ('$GENERATE 1-1 a TXT "host $"', 'a TXT "host" "1"'),
    "quotes_in_quotes": ('$GENERATE 1-1 a TXT "\\"host $\\""', 'a TXT "host 1"'),
    "several_words": ("$GENERATE 1-1 @ MX 10 mail$", "@ MX 10 mail1"),
    "several_strings": ('$GENERATE 1-1 a TXT "x $" y', 'a TXT "x 1" y'),
    "wildcard": ("$GENERATE 1-1 * TXT $", "* TXT 1"),
    "comment": ("$GENERATE 1-1 a A 192.0.2.$ ; $", "a A 192.0.2.1"),
}


@pytest.mark.parametrize(("line", "records"), SAME.values(), ids=SAME.keys())
def test_a_line_stands_for_many(line, records):
    assert generated(line) == generated(records)


def test_names_are_relative_to_the_origin_and_the_last_owner_stays():
    text = "$ORIGIN y.z.\na A 192.0.2.9\n$GENERATE 1-1 b$ CNAME c$\n  TXT x\n"
    assert [owner for owner, *_ in generated(text)] == ["a.y.z", "b1.y.z", "a.y.z"]


@pytest.mark.parametrize(("number", "width", "text"), NIBBLES)
def test_the_width_of_nibbles_counts_dots(number, width, text):
    assert fill(f"${{0,{width},n}}", number) == text


WRONG = {
    "no_range": ("$GENERATE 1 a$ A 192.0.2.$", '"1" is not a range'),
    "backwards": ("$GENERATE 3-1 a$ A 192.0.2.$", '"3-1" is not a range'),
    "step_of_nothing": ("$GENERATE 1-3/0 a$ A 192.0.2.$", '"1-3/0" is not a range'),
    "beyond_31_bits": ("$GENERATE 1-2147483648 a$ A 192.0.2.$", "is not a range"),
    "too_many": ("$GENERATE 0-65536 a$ A 192.0.2.1", "stands for 65537 records; 65536 is the most"),
    "modifier": ("$GENERATE 1-2 a${x} A 192.0.2.$", '"${x}" is not a modifier'),
    "base": ("$GENERATE 1-2 a${0,0,q} A 192.0.2.$", '"${0,0,q}" is not a modifier'),
    "width": ("$GENERATE 1-2 a${0,256} A 192.0.2.$", '"${0,256}" is not a modifier'),
    "open_brace": ("$GENERATE 1-2 a${0 A 192.0.2.$", "a brace is not closed"),
    "below_zero": ("$GENERATE 1-2 a${-2} A 192.0.2.$", '"${-2}" makes -1 of 1'),
    "above_31_bits": ("$GENERATE 1-1 a${2147483647} A 192.0.2.$", "must stay within 0 to 2147483647"),
    "quoted_owner": ('$GENERATE 1-1 "a$" A 192.0.2.$', "stands in quotes"),
    "type": ("$GENERATE 1-1 a$ NIX 192.0.2.$", '"NIX" is not a record type'),
    "no_data": ("$GENERATE 1-1 a$ A", "a1.z A: a field is missing"),
    "an_address_that_is_none": ("$GENERATE 255-256 a$ A 192.0.2.$", "a256.z A: "),
    "a_long_label": ("$GENERATE 1-1 a${0,63} A 192.0.2.1", "label is > 63 octets"),
}


@pytest.mark.parametrize(("line", "message"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_told_with_the_line(line, message):
    with pytest.raises(PluginFault) as caught:
        generated(line)
    assert message in str(caught.value)
    assert caught.value.line == 2


def test_a_range_may_have_65536_numbers_whatever_its_ends():
    assert len(numbers("0-65535")) == len(numbers("0-131070/2")) == 65536
