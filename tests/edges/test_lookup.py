"""Looking up targets at a named resolver, over real sockets."""

import asyncio
from ipaddress import ip_network

import pytest

from gtm import Kind
from gtm.control.lookup import Lookup
from tests.edges.nameserver import framed, reply, serving

DENY = (ip_network("169.254.0.0/16"),)


def find(by_udp, by_tcp=None, family=Kind.IPV4, timeout=5.0):
    async def main():
        async with serving(by_udp, by_tcp) as port:
            return await Lookup(DENY).find("web.example", family, ("127.0.0.1", port), timeout)

    return asyncio.run(main())


def records(*texts, **more):
    return lambda query: [reply(query, *texts, **more)]


@pytest.mark.parametrize(
    ("by_udp", "by_tcp", "family", "address"),
    [
        (records("web.example. A 192.0.2.1", "web.example. A 192.0.2.2"), None, Kind.IPV4, "192.0.2.1"),
        (records("web.example. AAAA 2001:db8::1"), None, Kind.IPV6, "2001:db8::1"),
        (records("web.example. CNAME a.example.", "a.example. A 192.0.2.3"), None, Kind.IPV4, "192.0.2.3"),
        (
            records(cut=True),
            lambda query: [framed(reply(query, "web.example. A 192.0.2.4"))],
            Kind.IPV4,
            "192.0.2.4",
        ),
    ],
    ids=["IPv4", "IPv6", "alias", "truncated"],
)
def test_a_name_leads_to_its_first_address_in_the_family_that_is_wanted(by_udp, by_tcp, family, address):
    assert find(by_udp, by_tcp, family) == address


@pytest.mark.parametrize(
    ("by_udp", "words"),
    [
        (records(rcode="NXDOMAIN"), "no IPv4 address for web.example: there is no such name"),
        (records(), "^no IPv4 address for web.example$"),
        (records(rcode="SERVFAIL"), "no IPv4 address for web.example: the resolver answered SERVFAIL"),
        (records("web.example. A 169.254.169.254"), r"169\.254\.169\.254 lies in 169\.254\.0\.0/16, in which nothing"),
        (records("web.example. A 192.0.2.1", "web.example. A 169.254.0.1"), r"169\.254\.0\.1 lies in"),
        (lambda _: [], r"the resolver 127\.0\.0\.1 did not answer for web\.example within 0\.3 s"),
    ],
    ids=["no such name", "no address", "fault", "denied", "one of them denied", "silent"],
)
def test_where_there_is_none_that_may_be_probed_the_reason_says_why(by_udp, words):
    with pytest.raises(OSError, match=words):
        find(by_udp, timeout=0.3)


def test_equal_lookups_at_the_same_time_are_one():
    asked = []

    def count(query):
        asked.append(query.question)
        return [reply(query, "web.example. A 192.0.2.1")]

    async def main():
        async with serving(count) as port:
            lookup = Lookup(DENY)
            same = [lookup.find("web.example", Kind.IPV4, ("127.0.0.1", port), 5.0) for _ in range(50)]
            return await asyncio.gather(*same)

    assert asyncio.run(main()) == ["192.0.2.1"] * 50
    assert len(asked) == 1
