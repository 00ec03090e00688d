"""dns: what is asked, which replies count, and whether they are what was expected."""

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtm import PluginFault
from gtm_plugins.dns import Dns
from gtm_plugins.dns.question import answer, parse
from tests.plugins.policies import made


def replied(query, *records, rcode="NOERROR"):
    reply = dns.message.make_response(query)
    reply.set_rcode(dns.rcode.from_text(rcode))
    for record in records:
        owner, _, rest = record.partition(" ")
        rtype, _, data = rest.partition(" ")
        reply.answer.append(dns.rrset.from_text(owner, 60, "IN", rtype, data))
    return reply


A = ("www.example.com. A 192.0.2.1", "www.example.com. A 192.0.2.2")
ALIASED = ("www.example.com. CNAME cdn.example.net.", "cdn.example.net. A 192.0.2.1")


@pytest.mark.parametrize(
    ("ask", "expect", "rcode", "records", "told", "fault"),
    [
        ("www.example.com A", [], "NOERROR", A, "NOERROR", ""),
        ("www.example.com A", ["192.0.2.2"], "NOERROR", A, "NOERROR", ""),
        ("www.example.com A", ["192.0.2.3"], "NOERROR", A, "NOERROR", "answer lacks 192.0.2.3"),
        ("www.example.com A", ["192.0.2.1"], "NOERROR", ALIASED, "NOERROR", ""),
        ("www.example.com CNAME", ["cdn.example.net"], "NOERROR", ALIASED[:1], "NOERROR", ""),
        ("www.example.com AAAA", ["2001:DB8:0::1"], "NOERROR", ["x. AAAA 2001:db8::1"], "NOERROR", ""),
        ("www.example.com A", [], "NOERROR", ALIASED[:1], "NOERROR", "answer holds no A record"),
        ("www.example.com A", [], "NOERROR", (), "SERVFAIL", "rcode SERVFAIL"),
        ("no.example.com A", [], "NXDOMAIN", (), "NXDOMAIN", ""),
        ("no.example.com A", [], "NXDOMAIN", A, "NOERROR", "rcode NOERROR"),
        ("example.com ANY", [], "NOERROR", A, "NOERROR", ""),
        ("example.com TXT", ['"a b"'], "NOERROR", ['example.com. TXT "a b"'], "NOERROR", ""),
    ],
)
def test_a_reply_is_what_was_expected_or_the_reason_says_what_it_is_not(ask, expect, rcode, records, told, fault):
    expected = parse(ask, expect, rcode)
    query = expected.query()
    heard = answer(query, replied(query, *records, rcode=told).to_wire())
    assert expected.fault(heard) == fault


def other(change):
    query = parse("www.example.com A", [], "NOERROR").query()
    reply = replied(query, *A)
    change(reply)
    return query, reply.to_wire()


@pytest.mark.parametrize(
    "change",
    [
        lambda reply: setattr(reply, "id", reply.id ^ 1),
        lambda reply: setattr(reply, "question", dns.message.make_query("evil.example", "A").question),
        lambda reply: setattr(reply, "flags", reply.flags & ~dns.flags.QR),
    ],
    ids=["identifier", "question", "a query"],
)
def test_what_is_no_reply_to_the_question_is_passed_over(change):
    assert answer(*other(change)) is None


@given(st.binary(max_size=200), st.booleans())
def test_any_octets_are_a_reply_or_none(octets, begins_well):
    query = parse("www.example.com A", [], "NOERROR").query()
    head = replied(query).to_wire() if begins_well else b""
    if begins_well:  # claims records that the rest may not hold
        head = head[:6] + b"\x00\x02" + head[8:]
    answer(query, head + octets)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"ask": "www.example.com"}, "write a name and a type"),
        ({"ask": "a..b A"}, '"a..b" is not a domain name'),
        ({"ask": "example.com AA"}, '"AA" is not a record type'),
        ({"ask": "example.com A", "rcode": "FINE"}, '"FINE" is not a response code'),
        ({"ask": "example.com A", "expect": ("192.0.2.1.1",)}, "is not the data of A records"),
        ({"ask": "example.com ANY", "expect": ("192.0.2.1",)}, "ask for a type"),
    ],
)
def test_a_wrong_option_is_refused_with_what_would_be_right(options, words):
    with pytest.raises(PluginFault, match=words):
        made(Dns, **options)
