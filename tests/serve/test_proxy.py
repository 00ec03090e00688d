"""PROXY headers, version 2: what is let through is what the specification draws, and nothing raises anything else."""

import struct
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtm.serve.proxy import LONGEST, SIGNATURE, Header, Listed, Malformed, parse

IPV4 = "192.0.2.7"
FIRST = bytes.fromhex("0d0a0d0a000d0a515549540a")  # section 2.2 of the specification


def made(source=IPV4, target=None, *, command=0x21, family=None, transport=2, more=b"", length=None):
    """Write a header as section 2.2 draws it."""
    address = ip_address(source)
    both = address.packed + ip_address(target or source).packed + struct.pack("!HH", 4242, 53)
    family = family if family is not None else 1 if address.version == 4 else 2
    body = both + more
    length = len(body) if length is None else length
    return FIRST + struct.pack("!BBH", command, family << 4 | transport, length) + body


def test_a_header_that_was_written_by_hand_is_read():
    octets = bytes.fromhex("0d0a0d0a000d0a515549540a 21 12 000c c0000207 c6336401 d431 0035")
    assert parse(octets) == Header(28, "192.0.2.7")


@pytest.mark.parametrize("transport", [0, 1, 2], ids=["unspec", "stream", "dgram"])
@pytest.mark.parametrize("source", [IPV4, "2001:db8::7"])
def test_the_source_is_who_asks_over_whatever_transport_the_proxy_was_asked(source, transport):
    octets = made(source, transport=transport)
    assert parse(octets + b"a query") == Header(len(octets), source)


def test_a_client_of_ipv4_on_a_socket_for_both_is_one_of_ipv4():
    assert parse(made("::ffff:192.0.2.7")).source == IPV4


def test_type_length_values_are_skipped_by_length():
    octets = made(more=struct.pack("!BH", 4, 3) + b"abc" + struct.pack("!BH", 5, 0))
    assert parse(octets + b"rest") == Header(len(octets), IPV4)


@pytest.mark.parametrize(
    "octets",
    [
        made(command=0x20),
        made(command=0x20, family=15, transport=15),
        made(family=0),
        FIRST + b"\x20\x00\x00\x00",
        FIRST + b"\x21\x00\x00\x00",
        FIRST + b"\x21\x31\x00\xd8" + bytes(216),
    ],
    ids=["local", "local, whatever family", "unspec", "local, empty", "unspec, empty", "unix"],
)
def test_where_no_address_is_told_the_sender_speaks_for_itself(octets):
    assert parse(octets) == Header(len(octets), None)


@pytest.mark.parametrize(
    "octets",
    [
        b"\x00",
        b"PROXY TCP4 192.0.2.7 192.0.2.8 4242 53\r\n",
        FIRST[:-1] + b"\x0b",
        made(command=0x11),
        made(command=0x22),
        made(family=4),
        made(transport=3),
        made(length=11),
        made(IPV4, family=2),
        FIRST + b"\x21\x31\x00\xd7" + bytes(215),
        made(more=b"\x04"),
        made(more=struct.pack("!BH", 4, 4) + b"abc"),
        made(length=LONGEST),
    ],
    ids=[
        "another octet", "version 1", "the last octet of the signature", "another version", "another command",
        "another family", "another transport", "too short for its family", "IPv6 in the room of IPv4",
        "too short for unix", "half a TLV", "a TLV that goes beyond", "too long",
    ],
)  # fmt: skip
def test_what_is_no_header_is_said_to_be_none(octets):
    with pytest.raises(Malformed):
        parse(octets)


@given(st.integers(0, 51), st.sampled_from([made("2001:db8::7"), made(IPV4, more=b"\x04\0\x15" + bytes(21))]))
def test_of_a_part_it_is_never_said_that_it_is_wrong(size, octets):
    assert parse(octets[:size]) is None


@given(
    st.one_of(
        st.binary(max_size=300),
        st.binary(max_size=300).map(SIGNATURE.__add__),
        st.builds(
            lambda rest, command, family: SIGNATURE + bytes((command, family)) + len(rest).to_bytes(2) + rest,
            st.binary(max_size=300),
            st.sampled_from([0x20, 0x21]),
            st.sampled_from([a << 4 | b for a in range(5) for b in range(4)]),
        ),
    )
)
def test_any_octets_are_a_header_or_a_part_or_none(octets):
    try:
        found = parse(octets)
    except Malformed:
        return
    if found is None:
        assert len(octets) < LONGEST
    else:
        assert octets.startswith(FIRST)
        assert 16 <= found.size <= min(len(octets), LONGEST)
        assert found.source is None or ip_address(found.source)


def test_who_is_listed_is_known_by_network():
    listed = Listed((ip_network("192.0.2.0/24"), ip_network("fe80::/10")))
    assert [peer in listed for peer in ("192.0.2.1", "192.0.3.1", "fe80::1%eth0", "2001:db8::1") * 2] == [
        True, False, True, False,
    ] * 2  # fmt: skip
    assert listed
    assert not Listed()
