"""Cookies over the wire: who has a good one is known to be where it says (RFC 7873, RFC 9018)."""

import dns.edns
import dns.message
import dns.rcode
import pytest

from gtm.dns.transport import TCP
from gtm.model.conduct import Conduct
from tests.chain.making import NOON, All, domain, engine, pool

PEER = "198.51.100.7"
OLD, NEW = bytes(range(16)), bytes(range(16, 32))
CLIENT = b"\1\2\3\4\5\6\7\x08"


def server(*secrets, **more):
    made = engine([All()], domain("www.example.com", pool("p", "192.0.2.1")))
    made.behave(Conduct(secrets=secrets, **more), b"master")
    return made


def asked(cookie=CLIENT, text="www.example.com", others=()):
    message = dns.message.make_query(text, "A", use_edns=0, options=[dns.edns.GenericOption(10, cookie), *others])
    return message.to_wire()


def given(wire):
    """Give the cookie of a reply, whole."""
    (option,) = [option for option in dns.message.from_wire(wire).options if option.otype == 10]
    return option.client + option.server if hasattr(option, "server") else option.to_wire()


def test_a_client_is_given_a_cookie_and_keeps_it_for_half_an_hour():
    engine = server(NEW)
    first = given(engine.answer(asked(), PEER, NOON))
    assert (first[:8], len(first)) == (CLIENT, 24)
    for _ in range(2):
        assert given(engine.answer(asked(first), PEER, NOON + 1800)) == first
    renewed = given(engine.answer(asked(first), PEER, NOON + 1801))
    assert renewed != first
    assert given(engine.answer(asked(renewed), PEER, NOON + 1900)) == renewed


def test_servers_with_the_same_secret_take_each_others_cookies_and_with_none_those_of_the_same_master():
    for one, two in ((server(NEW), server(NEW, OLD)), (server(), server())):
        made = given(one.answer(asked(), PEER, NOON))
        assert given(two.answer(asked(made), PEER, NOON + 60)) == made


def test_a_cookie_of_the_secret_before_is_good_and_stays():
    made = given(server(OLD).answer(asked(), PEER, NOON))
    assert given(server(NEW, OLD).answer(asked(made), PEER, NOON + 9)) == made
    assert given(server(NEW).answer(asked(made), PEER, NOON + 9)) != made


def test_a_secret_of_our_own_is_another_one_each_day_and_taken_for_two():
    engine, midnight = server(), NOON - NOON % 86400 + 86400
    made = given(engine.answer(asked(), PEER, midnight - 1))
    assert given(engine.answer(asked(made), PEER, midnight + 60)) == made
    assert given(engine.answer(asked(), PEER, midnight + 60)) != made


def test_a_cookie_of_somebody_else_is_answered_with_a_good_one():
    engine = server(NEW)
    made = given(engine.answer(asked(), PEER, NOON))
    for _ in range(2):
        reply = engine.answer(asked(made), "198.51.100.8", NOON)
        assert dns.message.from_wire(reply).rcode() == dns.rcode.NOERROR
        assert given(reply) != made
        assert given(engine.answer(asked(made), PEER, NOON)) == made


@pytest.mark.parametrize("size", [*range(8), *range(9, 16), 41, 60])
def test_a_cookie_of_another_length_is_a_format_error(size):
    reply = server(NEW).answer(asked(bytes(size)), PEER, NOON)
    assert dns.message.from_wire(reply).rcode() == dns.rcode.FORMERR


def test_of_two_cookies_the_first_counts():
    reply = server(NEW).answer(asked(others=[dns.edns.GenericOption(10, b"87654321")]), PEER, NOON)
    assert given(reply)[:8] == CLIENT


def test_a_cookie_alone_is_answered_without_a_question():
    message = dns.message.Message(id=77)
    message.use_edns(0, options=[dns.edns.GenericOption(10, CLIENT)])
    reply = server(NEW).answer(message.to_wire(), PEER, NOON)
    found = dns.message.from_wire(reply)
    assert (found.id, found.rcode(), found.question, found.answer) == (77, dns.rcode.NOERROR, [], [])
    assert given(reply)[:8] == CLIENT


def test_a_good_cookie_lifts_the_limit_and_without_one_the_client_is_told_to_take_one():
    engine = server(NEW, rate=5, slip=1)
    made = given(engine.answer(asked(), PEER, NOON))
    codes = [dns.message.from_wire(engine.answer(asked(), PEER, NOON)).rcode() for _ in range(20)]
    assert codes == [dns.rcode.NOERROR] * 4 + [dns.rcode.BADCOOKIE] * 16
    told = engine.answer(asked(), PEER, NOON)
    assert given(told) == made
    assert dns.message.from_wire(told).answer == []
    for via in ((), (TCP,)):
        replies = [engine.answer(asked(made), PEER, NOON, *via) for _ in range(50)]
        assert {dns.message.from_wire(reply).rcode() for reply in replies} == {dns.rcode.NOERROR}
