"""ping: echo messages as octets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtm_plugins.ping.packet import Echo, checksum, quoted, reply, request

# summed up by hand: 0xffff - (0x0800 + 0x0001 + 0x0001)
WRITTEN = bytes.fromhex("0800f7fd00010001") + bytes(8)


def summed(octets):
    """RFC 1071 as its section 4.1 writes it, word by word."""
    total = 0
    for place in range(0, len(octets) - 1, 2):
        total += octets[place] << 8 | octets[place + 1]
    if len(octets) % 2:
        total += octets[-1] << 8
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


@given(st.binary(max_size=200))
def test_the_checksum_is_that_of_rfc_1071(octets):
    assert checksum(octets) == summed(octets)


def test_a_request_is_written_as_rfc_792_says():
    assert request(1, bytes(8), is_v6=False) == WRITTEN


@given(st.integers(0, 65535), st.binary(max_size=64))
def test_a_receiver_finds_no_fault_in_the_checksum_of_a_request(sequence, payload):
    assert summed(request(sequence, payload, is_v6=False)) == 0


def answered(asked, kind):
    return bytes((kind,)) + asked[1:]


IPV4 = bytes.fromhex("4500002400004000400100000a0000010a000002")
OPTIONS = b"\x46" + IPV4[1:] + bytes(4)
IPV6 = b"\x60" + bytes(39)


@pytest.mark.parametrize(
    ("before", "is_v6", "kind"),
    [(b"", False, 0), (IPV4, False, 0), (OPTIONS, False, 0), (b"", True, 129), (IPV6, True, 129)],
    ids=["datagram", "raw", "raw with options", "ICMPv6", "ICMPv6 with a header"],
)
def test_a_reply_is_read_and_so_is_the_request_that_an_error_quotes(before, is_v6, kind):
    asked = request(513, b"token", is_v6=is_v6)
    assert reply(before + answered(asked, kind)) == Echo(513, b"token")
    assert quoted(before + asked) == Echo(513, b"token")
    assert quoted(before + asked[:8]) == Echo(513, b"")


@pytest.mark.parametrize("kind", [3, 8, 11, 13, 128, 1])
def test_what_is_no_reply_is_none(kind):
    assert reply(answered(request(1, b"token", is_v6=False), kind)) is None


@given(st.binary(max_size=100))
def test_any_octets_are_an_echo_or_nothing(octets):
    for read in (reply, quoted):
        found = read(octets)
        assert found is None or (0 <= found.sequence <= 65535 and len(found.payload) <= len(octets))
