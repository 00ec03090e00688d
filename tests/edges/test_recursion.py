"""Asking a resolver for what an alias leads to, over real sockets."""

import asyncio

import dns.message
import dns.rrset
import pytest

from gtm import codes, name
from gtm.config.loaded import Sought
from gtm.control.recursion import MAX_ALIASES, ask
from gtm.health.resolving import Answer, Failure
from tests.edges.nameserver import framed, reply, serving

ONE = bytes((192, 0, 2, 1))
SOA = "lb.example. 300 IN SOA ns. h. 1 2 3 4 40"


def asked(by_udp, by_tcp=None, qtype=codes.A):
    async def main():
        async with serving(by_udp, by_tcp) as port:
            return await ask(Sought(name.parse("lb.example"), qtype, ("127.0.0.1", port)))

    return asyncio.run(main())


def records(*texts, **more):
    return lambda query: [reply(query, *texts, **more)]


def negative(*authority, rcode="NOERROR"):
    """Answer with an authority section alone."""

    def answers(query):
        made = dns.message.from_wire(reply(query, rcode=rcode))
        made.authority = [dns.rrset.from_text(*text.split(None, 4)) for text in authority]
        return [made.to_wire()]

    return answers


def ladder(query):
    """Give one alias at a time, as a server does that is not asked to recurse."""
    owner = str(query.question[0].name)
    further = {"lb.example.": "a.example.", "a.example.": "b.example."}.get(owner)
    return [reply(query, f"{owner} CNAME {further}" if further else f"{owner} A 192.0.2.1")]


ANSWERS = {
    "an address": (records("lb.example. A 192.0.2.1"), None, Answer((ONE,), 60)),
    "behind an alias": (records("lb.example. CNAME a.example.", "a.example. A 192.0.2.1"), None, Answer((ONE,), 60)),
    "behind aliases that are left to us": (ladder, None, Answer((ONE,), 60)),
    "over TCP": (
        records(cut=True),
        lambda query: [framed(reply(query, "lb.example. A 192.0.2.1"))],
        Answer((ONE,), 60),
    ),
    "no such type": (negative(SOA), None, Answer((), 40)),
    "no such name": (negative(SOA, rcode="NXDOMAIN"), None, Answer((), 40, "there is no such name")),
}


@pytest.mark.parametrize(("by_udp", "by_tcp", "answer"), ANSWERS.values(), ids=ANSWERS.keys())
def test_an_answer_is_told_with_its_smallest_ttl(by_udp, by_tcp, answer):
    assert asked(by_udp, by_tcp) == answer


def test_an_ipv6_address_is_sixteen_octets():
    assert asked(records("lb.example. AAAA 2001:db8::1"), qtype=codes.AAAA).addresses == (
        bytes.fromhex("20010db8000000000000000000000001"),
    )


FAILURES = {
    "SERVFAIL": (records(rcode="SERVFAIL"), "the resolver 127.0.0.1 answered SERVFAIL"),
    "REFUSED": (records(rcode="REFUSED"), "the resolver 127.0.0.1 answered REFUSED"),
    "a referral": (negative("lb.example. 300 IN NS ns.example."), "it refers to other servers"),
    "a circle": (records("lb.example. CNAME lb.example."), "the resolver 127.0.0.1"),
    "aliases without end": (
        lambda query: [reply(query, f"{query.question[0].name} CNAME x{query.id}.example.")],
        f"more than {MAX_ALIASES} aliases",
    ),
}


@pytest.mark.parametrize(("by_udp", "reason"), FAILURES.values(), ids=FAILURES.keys())
def test_what_is_no_answer_is_a_failure_in_words(by_udp, reason):
    said = asked(by_udp)
    assert isinstance(said, Failure)
    assert said.reason.startswith(reason)
