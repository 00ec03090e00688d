"""Whose health decides: found out by asking the chain, so that no plugin need be known by its name."""

from gtm import Address, Check, Mode, Refusal, address_refused, hookimpl, pool_refused
from gtm.health.heed import ignored
from tests.chain.making import NOON, All, InTurn, Stranger, address, domain, pool, service


class Judging(Stranger):
    """Keeps out what is not available, as ``health`` does."""

    name = "judging"

    @hookimpl
    def admit(self, member, facts):
        refused = address_refused if isinstance(member.item, Address) else pool_refused
        return Refusal("no") if refused(member.item, facts) else None


def checked(number, **more):
    value = f"192.0.2.{number}"
    return address(value, checks=(Check("web", 80, value),), **more)


MIXED = pool("mixed", checked(1, mode=Mode.UP), checked(2))
FOUND = domain("www.example.com", MIXED, pool("behind", checked(3)))


def test_where_no_plugin_asks_all_are_ignored():
    assert ignored(service([InTurn()], FOUND), FOUND, NOON) == {f"address:192.0.2.{number}" for number in (1, 2, 3)}


def test_who_stands_behind_one_that_always_serves_is_asked_about_all_the_same():
    served = service([InTurn(), Judging()], FOUND)
    assert ignored(served, FOUND, NOON) == {"address:192.0.2.1"}, "its health is no matter: its mode is up"


def test_where_there_is_no_chain_nobody_asks():
    found = domain("www.example.net", MIXED)
    assert ignored(service([All()]), found, NOON) == {"address:192.0.2.1", "address:192.0.2.2"}
