"""Looking up targets: what is denied stays denied in every form, and a resolver that hangs holds up no other name."""

import asyncio
import socket
import threading
from ipaddress import ip_network

import pytest

from gtm import Kind, is_ours
from gtm.config.schema import PROBE_DENY
from gtm.control.lookup import Lookup

DENY = tuple(map(ip_network, PROBE_DENY))


def find(name, family=Kind.IPV4, timeout=5.0):
    return asyncio.run(Lookup(DENY).find(name, family, None, timeout))


@pytest.fixture
def system(monkeypatch):
    """The system's resolver: what it says of each name, an exception or addresses."""
    names = {}

    def getaddrinfo(name, _port, family, *_):
        told = names[name]
        if isinstance(told, Exception):
            raise told
        if callable(told):
            told()
            told = ["192.0.2.99"]
        return [(family, socket.SOCK_STREAM, 6, "", (address, 0)) for address in told]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return names


@pytest.mark.parametrize("address", ["192.0.2.1", "10.0.0.5", "127.0.0.2", "2001:db8::1", "::1"])
def test_an_address_is_given_as_it_is_whatever_the_family(address):
    assert find(address) == find(address, Kind.IPV6) == address


@pytest.mark.parametrize(
    "address",
    ["169.254.169.254", "::ffff:169.254.169.254", "::ffff:a9fe:a9fe", "fe80::1", "fe80::1%lo", "224.0.0.1", "0.0.0.0"],
)
def test_an_address_in_a_denied_network_is_refused_in_every_form(address, system):
    system["inside.example"] = ["192.0.2.1", address]
    for name in (address, "inside.example"):
        with pytest.raises(OSError, match=r"lies in .*, in which nothing is probed \(probe_deny\)"):
            find(name)


def test_what_was_allowed_before_is_refused_when_its_network_is_denied():
    async def main():
        lookup = Lookup(())
        assert await lookup.find("192.0.2.1", Kind.IPV4, None, 5.0) == "192.0.2.1"
        lookup.forbid((ip_network("192.0.2.0/24"),))
        await lookup.find("192.0.2.1", Kind.IPV4, None, 5.0)

    with pytest.raises(OSError, match=r"192\.0\.2\.1 lies in 192\.0\.2\.0/24"):
        asyncio.run(main())


def test_a_number_that_the_system_takes_for_an_address_is_looked_at_as_one(system):
    system["2852039166"] = ["169.254.169.254"]
    with pytest.raises(OSError, match=r"169\.254\.0\.0/16"):
        find("2852039166")


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "^no IPv4 address for web.example$"),
        (
            socket.gaierror(socket.EAI_AGAIN, "Temporary failure"),
            "no IPv4 address for .*: the system's resolver has no answer just now",
        ),
        (UnicodeError("label too long"), "no IPv4 address for web.example: that is no host name"),
        ([], "no IPv4 address for web.example"),
    ],
    ids=["no name", "again", "no host name", "nothing"],
)
def test_where_the_system_knows_none_the_reason_says_so(told, words, system):
    system["web.example"] = told
    with pytest.raises(OSError, match=words):
        find("web.example")


def test_where_no_thread_is_left_nothing_is_said_of_the_target(system, monkeypatch):
    def full(_):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", full)
    with pytest.raises(OSError, match="thread") as fault:
        find("web.example")
    assert is_ours(fault.value)


def test_a_name_is_looked_up_anew_each_time(system):
    async def main():
        lookup = Lookup(DENY)
        found = []
        for address in ("192.0.2.1", "192.0.2.2"):
            system["web.example"] = [address]
            found.append(await lookup.find("web.example", Kind.IPV4, None, 5.0))
        return found

    assert asyncio.run(main()) == ["192.0.2.1", "192.0.2.2"]


def test_a_resolver_that_hangs_for_some_names_holds_up_no_other_and_its_answer_is_dropped(system):
    free = threading.Event()
    system.update({f"hung-{n}.example": free.wait for n in range(20)} | {"web.example": ["192.0.2.1"]})

    async def main():
        lookup = Lookup(DENY)
        hung = [lookup.find(f"hung-{n}.example", Kind.IPV4, None, 0.2) for n in range(20) for _ in range(3)]
        results = await asyncio.gather(*hung, return_exceptions=True)
        found = await lookup.find("web.example", Kind.IPV4, None, 5.0)
        assert threading.active_count() < 30
        free.set()
        return results, found

    results, found = asyncio.run(main())
    assert {str(result) for result in results} == {
        f"the system's resolver did not answer for hung-{n}.example within 0.2 s" for n in range(20)
    }
    assert found == "192.0.2.1"


def test_lookups_without_end_do_not_pile_up(system, monkeypatch):
    monkeypatch.setattr("gtm.control.lookup._WAITING", 5)
    free = threading.Event()
    system.update({f"hung-{n}.example": free.wait for n in range(6)})

    async def main():
        lookup = Lookup(DENY)
        hung = [lookup.find(f"hung-{n}.example", Kind.IPV4, None, 0.1) for n in range(6)]
        results = await asyncio.gather(*hung, return_exceptions=True)
        free.set()
        return results

    assert "5 lookups wait for their resolvers" in str(asyncio.run(main())[-1])
