"""Names against dnspython's: presentation form, wire form, and the limits of both."""

from contextlib import suppress

import dns.exception
import dns.name
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtm.dns import name

LABELS = st.lists(st.binary(min_size=1, max_size=63), max_size=8).filter(
    lambda labels: sum(map(len, labels)) + len(labels) < 255
)


@given(LABELS)
def test_what_is_shown_is_read_back_by_both(labels):
    wire = name.from_labels(iter(labels))
    oracle = dns.name.Name([*labels, b""])
    assert wire == oracle.canonicalize().to_wire()
    assert name.parse(name.show(wire)) == wire
    assert dns.name.from_text(name.show(wire)).to_wire() == wire
    assert name.parse(oracle.to_text()) == wire


@given(LABELS)
def test_labels_parents_and_ancestors_are_dnspythons(labels):
    wire = name.from_labels(iter(labels))
    oracle = dns.name.from_wire(wire, 0)[0]
    assert [*name.labels(wire), b""] == list(oracle.labels)
    above = list(name.ancestry(wire))
    assert above[0] == wire
    assert above[-1] == name.ROOT
    assert [dns.name.from_wire(found, 0)[0] for found in above] == _above(oracle)
    assert name.parent(wire) == (above[1] if len(above) > 1 else name.ROOT)


def _above(oracle):
    return [oracle] + (_above(oracle.parent()) if oracle != dns.name.root else [])


@given(LABELS, LABELS)
def test_being_under_another_name_is_dnspythons_subdomain(labels, others):
    one, other = (name.from_labels(iter(found)) for found in (labels, others))
    oracles = dns.name.from_wire(one, 0)[0], dns.name.from_wire(other, 0)[0]
    assert name.is_under(one, other) == oracles[0].is_subdomain(oracles[1])
    below = name.Name(one[:-1] + other)
    assert len(below) > name.MAX_NAME or name.is_under(below, other)


def test_octets_that_only_look_like_a_label_make_no_ancestor():
    assert not name.is_under(name.parse(r"a\003com"), name.parse("com"))


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=80))
def test_printable_text_is_read_as_dnspython_reads_it_or_refused_by_both(text):
    try:
        # dnspython takes "@" and a quoted empty label as others do; both are none of its text's business
        wanted = dns.name.from_text(text, origin=dns.name.root).canonicalize().to_wire()
    except dns.exception.DNSException:
        wanted = None
    if text == "@":
        return
    try:
        found = name.parse(text)
    except name.BadName:
        found = None
    assert found == wanted


@pytest.mark.parametrize("text", ["", "."])
def test_the_root_has_two_spellings(text):
    assert name.parse(text) == name.ROOT
    assert name.show(name.ROOT) == "."


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a..b", "a label is empty"),
        (".a", "a label is empty"),
        ("..", "a label is empty"),
        ("a b", r"write ' ' as \\DDD"),
        ("bücher.example", "Punycode"),
        ("a\tb", r"as \\DDD"),
        ("a\\", "one character or three digits"),
        ("a\\256", "up to 255"),
        ("a\\12", "three digits"),
        ("a\\ü", "one character"),
        ("a" * 64, "64 octets; 63 is the most"),
        (".".join(["a" * 63] * 4), "257 octets; 255 is the most"),
    ],
)
def test_a_text_that_is_no_name_is_refused_with_the_reason(text, reason):
    with pytest.raises(name.BadName, match=reason):
        name.parse(text)


def test_the_longest_name_and_label_are_taken():
    longest = ".".join(["a" * 63] * 3 + ["b" * 61])
    assert len(name.parse(longest)) == 255


@given(LABELS, st.binary(max_size=20))
def test_an_uncompressed_name_is_read_with_its_case_and_its_end(labels, behind):
    wire = dns.name.Name([*labels, b""]).to_wire()
    assert name.read(bytes(12) + wire + behind, 12) == (wire, 12 + len(wire))


def test_a_pointer_leads_backwards_and_the_end_is_behind_it():
    packet = bytes(12) + b"\3com\0" + b"\3www\xc0\x0c" + b"rest"
    assert name.read(packet, 17) == (b"\3www\3com\0", 23)


def test_pointers_may_lead_to_pointers_further_back():
    packet = bytes(12) + b"\1c\0" + b"\1b\xc0\x0c" + b"\1a\xc0\x0f"
    assert name.read(packet, 19) == (b"\1a\1b\1c\0", 23)


@pytest.mark.parametrize(
    ("octets", "start"),
    [
        pytest.param(b"\xc0\x0c", 12, id="to itself"),
        pytest.param(b"\1a\xc0\x0c", 12, id="to its own beginning"),
        pytest.param(b"\xc0\x0e\1a\0", 12, id="forwards"),
        pytest.param(b"\1a\0\xc0\x0b", 15, id="into the header"),
        pytest.param(b"\xc0\x0e\xc0\x0c", 14, id="two that point at each other"),
        pytest.param(b"\xc0", 12, id="pointer cut short"),
        pytest.param(b"\3ab", 12, id="label cut short"),
        pytest.param(b"\1a", 12, id="no root label"),
        pytest.param(b"", 12, id="nothing at all"),
        pytest.param(b"\x40a\0", 12, id="label type 01"),
        pytest.param(b"\x80a\0", 12, id="label type 10"),
        pytest.param((b"\x3f" + b"a" * 63) * 4 + b"\0", 12, id="257 octets"),
    ],
)
def test_a_name_that_breaks_the_rules_is_refused(octets, start):
    with pytest.raises(name.BadName):
        name.read(bytes(12) + octets, start)


def test_a_name_that_grows_over_255_octets_through_pointers_is_refused():
    first = (b"\x3f" + b"a" * 63) * 3 + b"\0"
    packet = bytes(12) + first + b"\x3e" + b"b" * 62 + b"\xc0\x0c"
    with pytest.raises(name.BadName, match="more than 255"):
        name.read(packet, 12 + len(first))


class Counted(bytes):
    """Octets that count how often somebody looks at one of them."""

    looks = 0

    def __getitem__(self, key):
        Counted.looks += 1
        return super().__getitem__(key)


def ladder(rungs):
    """Write a name, then pointers that each lead to the one before."""
    out = bytearray(bytes(12) + b"\1a\0")
    step = 12
    for _ in range(rungs):
        at = len(out)
        out += (0xC000 | step).to_bytes(2)
        step = at
    return bytes(out), step


def test_a_ladder_of_pointers_costs_no_more_than_a_name_can_hold():
    packet, top = ladder(2000)
    Counted.looks = 0
    with suppress(name.BadName):
        name.read(Counted(packet), top)
    assert Counted.looks < 600
