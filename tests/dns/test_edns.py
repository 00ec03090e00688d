"""OPT records against dnspython, and the client subnet malformed in every way of RFC 7871."""

import struct
from ipaddress import ip_address, ip_network

import dns.edns
import dns.message
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtm.dns import edns

FIXED = struct.Struct("!BHHBBHH")


def opt(options=b"", *, version=0, size=1232, flags=0, length=None):
    return FIXED.pack(0, 41, size, 0, version, flags, len(options) if length is None else length) + options


def ecs(family=1, source=24, scope=0, octets=b"\xc0\0\2"):
    body = struct.pack("!HBB", family, source, scope) + octets
    return struct.pack("!HH", edns.SUBNET, len(body)) + body


@pytest.mark.parametrize(
    ("top", "prefix"), [("203.0.113.255", p) for p in range(33)] + [("2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", p) for p in range(129)]
)  # fmt: skip
def test_a_subnet_of_every_prefix_length_is_read_and_echoed(top, prefix):
    network = ip_network(f"{top}/{prefix}", strict=False)
    option = dns.edns.ECSOption(str(network.network_address), prefix)
    body = option.to_wire()
    found = edns.decode(opt(struct.pack("!HH", 8, len(body)) + body))
    assert found.subnet is not None
    assert ip_address(found.subnet.address) == network.network_address
    assert (found.subnet.family, found.subnet.source) == (1 if network.version == 4 else 2, prefix)
    echoed = echoes(found.reply(scope=prefix))
    assert echoed == dns.edns.ECSOption(str(network.network_address), prefix, prefix)


def echoes(record):
    rdata = dns.rdata.from_wire(dns.rdataclass.IN, dns.rdatatype.OPT, record, FIXED.size, len(record) - FIXED.size)
    (option,) = rdata.options
    return option


@pytest.mark.parametrize(
    ("option", "reason"),
    [
        pytest.param(ecs(family=0, source=0, octets=b""), "family 0", id="family 0"),
        pytest.param(ecs(family=3), "family 3", id="family 3"),
        pytest.param(ecs(source=33, octets=bytes(5)), "does not fit", id="IPv4 prefix over 32"),
        pytest.param(ecs(2, 129, 0, bytes(17)), "does not fit", id="IPv6 prefix over 128"),
        pytest.param(ecs(scope=1), "has a scope", id="scope in a query"),
        pytest.param(ecs(octets=b"\xc0\0"), "does not fit", id="address too short"),
        pytest.param(ecs(octets=b"\xc0\0\2\0"), "does not fit", id="address too long"),
        pytest.param(ecs(source=0), "does not fit", id="prefix 0 with an address"),
        pytest.param(ecs(source=23, octets=b"\xc0\0\1"), "beyond its prefix", id="a bit beyond the prefix"),
        pytest.param(ecs(source=1, octets=b"\xc0"), "beyond its prefix", id="the second bit of /1"),
        pytest.param(struct.pack("!HH", 8, 0), "cut short", id="empty"),
        pytest.param(struct.pack("!HHHB", 8, 3, 1, 24), "cut short", id="three octets"),
        pytest.param(ecs() + ecs(), "two client subnets", id="two"),
        pytest.param(struct.pack("!HH", 8, 9) + b"\0\1\x18\0\xc0\0\2", "longer than its record", id="option too long"),
        pytest.param(struct.pack("!H", 8), "an option is cut short", id="no length"),
        pytest.param(ecs() + b"\0", "an option is cut short", id="an octet behind it"),
    ],
)
def test_a_malformed_subnet_is_refused_with_the_reason(option, reason):
    with pytest.raises(edns.BadOption, match=reason):
        edns.decode(opt(option))


def test_a_record_that_lies_about_its_length_is_refused():
    for record in (b"", opt()[:-1], opt(length=1), opt(b"\0", length=0)):
        with pytest.raises(edns.BadOption, match="OPT record"):
            edns.decode(record)


@given(st.lists(st.tuples(st.integers(0, 65535).filter(lambda c: c != 8), st.binary(max_size=20)), max_size=4))
def test_unknown_options_are_stepped_over(options):
    octets = b"".join(struct.pack("!HH", code, len(body)) + body for code, body in options)
    assert edns.decode(opt(octets)).subnet is None
    assert edns.decode(opt(octets + ecs() + octets)).subnet == edns.Subnet(1, 24, b"\xc0\0\2")


@pytest.mark.parametrize("version", [1, 255])
def test_options_of_a_later_version_are_not_judged(version):
    found = edns.decode(opt(b"broken", version=version))
    assert (found.version, found.subnet) == (version, None)


@pytest.mark.parametrize(
    ("offer", "size"), [(0, 512), (511, 512), (512, 512), (1232, 1232), (4096, 4096), (65535, 65535)]
)
def test_an_offer_below_512_means_512(offer, size):
    assert edns.decode(opt(size=offer)).size == size


@pytest.mark.parametrize("rcode", [0, 5, 16, 23])
@pytest.mark.parametrize("do", [False, True])
def test_the_reply_has_our_ceiling_version_0_do_and_the_upper_half_of_the_code(rcode, do):
    flags = 0x8000 if do else 0
    asked = edns.decode(opt(b"\0\3\0\0", size=4096, flags=flags | 0x7FFF))
    assert asked.dnssec_ok is do
    head = struct.pack("!HHHHHH", 1, 0x8000 | rcode & 15, 0, 0, 0, 1)
    message = dns.message.from_wire(head + asked.reply(rcode))
    assert (message.edns, message.payload, message.ednsflags & 0xFFFF) == (0, 1232, flags)
    assert (message.rcode(), message.options) == (rcode, ())
