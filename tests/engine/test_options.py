"""What a server says beside its answers, to who asks: its name, its version, how long a connection may be idle, and why."""

import dns.edns
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.tsig
import dns.tsigkeyring
import pytest

from gtm import codes
from gtm.dns.transport import TCP, UDP
from gtm.model.conduct import Conduct
from tests.chain.making import NOON, All, Static, domain, engine, pool, query

PEER = "198.51.100.7"


def server(*plugins, **more):
    made = engine([All(), Static(), *plugins], domain("www.example.com", pool("p", "192.0.2.1")))
    made.behave(Conduct(**more))
    return made


def asked(*options, text="www.example.com", rtype="A", rclass="IN"):
    return dns.message.make_query(text, rtype, rclass, use_edns=0, options=options).to_wire()


def replied(engine, packet, via=UDP):
    """Ask twice, for the second answer comes by another way, and read the reply."""
    first, second = engine.answer(packet, PEER, NOON, via), engine.answer(packet, PEER, NOON, via)
    assert first == second
    return dns.message.from_wire(first)


def told(message, code):
    return [option for option in message.options if option.otype == code]


NSID, KEEPALIVE = dns.edns.GenericOption(3, b""), dns.edns.GenericOption(11, b"")


def test_nsid_is_told_to_who_asks_and_to_nobody_else():
    engine = server(identity="gtm-1")
    assert [option.nsid for option in told(replied(engine, asked(NSID)), 3)] == [b"gtm-1"]
    assert told(replied(engine, asked()), 3) == []
    assert told(replied(server(), asked(NSID)), 3) == []


def test_an_idle_time_is_told_on_streams_only():
    engine = server(idle=10.0)
    assert [option.to_wire() for option in told(replied(engine, asked(KEEPALIVE), TCP), 11)] == [b"\0\x64"]
    assert told(replied(engine, asked(KEEPALIVE), UDP), 11) == []
    assert told(replied(engine, asked(), TCP), 11) == []


def test_options_go_together_with_a_client_subnet():
    subnet = dns.edns.ECSOption("203.0.113.0", 24)
    message = replied(server(identity="gtm-1"), asked(subnet, NSID, dns.edns.GenericOption(10, b"12345678")))
    assert sorted(option.otype for option in message.options) == [3, 8, 10]
    (echoed,) = told(message, 8)
    assert (echoed.address, echoed.srclen, echoed.scopelen) == ("203.0.113.0", 24, 0)


@pytest.mark.parametrize(
    ("owner", "text"),
    [("id.server", "gtm-1"), ("Hostname.BIND", "gtm-1"), ("version.bind", "gtm 1.0"), ("version.server", "gtm 1.0")],
)
def test_the_server_tells_its_name_and_version_in_class_ch(owner, text):
    engine = server(identity="gtm-1", version="gtm 1.0")
    message = replied(engine, asked(text=owner, rtype="TXT", rclass="CH"))
    assert message.flags & dns.flags.AA
    assert message.answer[0].rdclass == dns.rdataclass.CH
    assert [rdata.strings for rrset in message.answer for rdata in rrset] == [(text.encode(),)]
    assert replied(engine, asked(text=owner, rtype="A", rclass="CH")).answer == []
    hidden = replied(server(), asked(text=owner, rtype="TXT", rclass="CH"))
    assert (hidden.rcode(), hidden.answer) == (dns.rcode.REFUSED, [])


def test_a_name_of_any_length_fits_into_a_text():
    message = replied(server(identity="é" * 200), asked(text="id.server", rtype="TXT", rclass="CH"))
    assert len(message.answer[0][0].strings[0]) == 255


@pytest.mark.parametrize(
    ("rtype", "rcode", "ede"),
    [
        ("AXFR", codes.REFUSED, 18), ("IXFR", codes.REFUSED, 18), ("TKEY", codes.NOTIMP, None),
        ("MAILA", codes.NOTIMP, None), ("MAILB", codes.NOTIMP, None), ("OPT", codes.FORMERR, 30),
        ("TSIG", codes.FORMERR, 30), ("TYPE128", codes.FORMERR, 30),
    ],
)  # fmt: skip
def test_a_type_that_is_no_data_gets_its_code_and_the_reason(rtype, rcode, ede):
    message = replied(server(), asked(rtype=rtype))
    assert (message.rcode(), len(message.question)) == (rcode, 1)
    assert [int(option.code) for option in told(message, 15)] == ([] if ede is None else [ede])


def test_who_asks_for_what_is_not_ours_is_told_so_with_edns_only():
    engine = server()
    for packet in (asked(text="www.example.org"), asked(rclass="HS")):
        (option,) = told(replied(engine, packet), 15)
        assert (replied(engine, packet).rcode(), option.code) == (dns.rcode.REFUSED, dns.edns.EDECode.NOT_AUTHORITATIVE)
    assert replied(engine, query("www.example.org")).edns == -1


def test_a_reason_goes_with_a_client_subnet():
    message = replied(server(), asked(dns.edns.ECSOption("203.0.113.0", 24), text="www.example.org"))
    assert [option.otype for option in message.options] == [15, 8]


def test_a_plugin_that_breaks_is_named_as_the_reason():
    broken = engine([All(), Static({("odd.example.com", codes.A): "no ending"})])
    message = dns.message.from_wire(broken.answer(asked(text="odd.example.com"), PEER, NOON))
    assert message.rcode() == dns.rcode.SERVFAIL
    assert [option.otype for option in message.options] == [15]


def signed(text="www.example.com"):
    message = dns.message.make_query(text, "A", use_edns=0)
    message.use_tsig(dns.tsigkeyring.from_text({"key.example.": "c2VjcmV0c2VjcmV0"}), algorithm=dns.tsig.HMAC_SHA256)
    return message


def test_a_signature_is_told_that_its_key_is_not_known():
    query_ = signed()
    wire = server().answer(query_.to_wire(), PEER, NOON)
    message = dns.message.from_wire(wire, keyring=False)
    assert (message.rcode(), message.answer) == (dns.rcode.NOTAUTH, [])
    assert len(message.question) == 1
    (rdata,) = message.tsig
    assert message.tsig.name == dns.name.from_text("key.example.")
    assert (rdata.error, rdata.mac, rdata.original_id) == (dns.rcode.BADKEY, b"", query_.id)
    assert rdata.algorithm == dns.tsig.HMAC_SHA256


@pytest.mark.parametrize("cut", [1, 2, 3, 10, 40])
def test_a_broken_signature_is_a_format_error(cut):
    wire = bytearray(signed().to_wire())
    at = wire.rindex(b"\0\xfa\0\xff") + 8
    wire[at : at + 2] = (int.from_bytes(wire[at : at + 2]) - cut).to_bytes(2)
    reply = dns.message.from_wire(server().answer(bytes(wire[:-cut]), PEER, NOON))
    assert reply.rcode() == dns.rcode.FORMERR


def test_a_signature_that_is_not_the_last_record_is_a_format_error():
    wire = bytearray(signed().to_wire())
    opt = wire.index(b"\0\0\x29")
    swapped = wire[:opt] + wire[opt + 11 :] + wire[opt : opt + 11]
    assert dns.message.from_wire(server().answer(bytes(swapped), PEER, NOON)).rcode() == dns.rcode.FORMERR
