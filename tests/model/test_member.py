"""Members, pools and access domains: what they refuse, and what follows from what they are."""

from ipaddress import ip_address

import dns.name
import pytest

from gtm import Address, Check, Domain, Kind, Member, Mode, Pool, codes
from gtm import name as names

ADDRESS = Address("address:192.0.2.1", "192.0.2.1", Kind.IPV4)
POOL = Pool("hk", Kind.IPV4, (Member(ADDRESS, 1),))
WWW = names.parse("www.example.com")


@pytest.mark.parametrize("weight", [-1, 65536])
def test_a_weight_out_of_range_is_refused(weight):
    with pytest.raises(ValueError, match=f"weight {weight} is not within 0 to 65535"):
        Member(POOL, 1, weight)


@pytest.mark.parametrize("weight", [0, 1, 65535])
def test_a_weight_within_range_is_taken(weight):
    assert Member(POOL, 1, weight).weight == weight


@pytest.mark.parametrize(("kind", "rtype"), [(Kind.IPV4, codes.A), (Kind.IPV6, codes.AAAA), (Kind.DOMAIN, codes.CNAME)])
def test_a_kind_becomes_its_record_type(kind, rtype):
    assert kind.rtype == rtype


@pytest.mark.parametrize(
    ("value", "kind", "rdata"),
    [
        ("192.0.2.1", Kind.IPV4, ip_address("192.0.2.1").packed),
        ("2001:db8::1", Kind.IPV6, ip_address("2001:db8::1").packed),
        ("CDN.Example.net", Kind.DOMAIN, dns.name.from_text("cdn.example.net").to_wire()),
    ],
)
def test_an_address_is_its_wire_form(value, kind, rdata):
    assert Address("address:x", value, kind).rdata == rdata


def test_keys_tell_groups_members_and_checks_apart():
    assert POOL.key == "pool:hk"
    assert Domain(WWW, codes.AAAA).key == "domain:www.example.com/AAAA"
    assert Member(POOL, 1).key == "pool:hk"
    assert Member(ADDRESS, 1).key == "address:192.0.2.1"
    assert Check("web", 80, "192.0.2.1").key == "check:web:80@192.0.2.1"


def test_a_member_is_enabled_as_its_item_is():
    assert Member(POOL, 1).enabled
    assert not Member(Pool("off", Kind.IPV4, enabled=False), 1).enabled


@pytest.mark.parametrize(
    ("members", "enabled", "schedules"),
    [
        pytest.param((Member(POOL, 1),), True, True, id="an address in some pool"),
        pytest.param((Member(POOL, 1),), False, False, id="disabled"),
        pytest.param((), True, False, id="no pool"),
        pytest.param((Member(Pool("empty", Kind.IPV4), 1),), True, False, id="empty pools only"),
        pytest.param((Member(Pool("empty", Kind.IPV4), 1), Member(POOL, 2)), True, True, id="one of two is empty"),
        pytest.param((Member(ADDRESS, 1),), True, False, id="an address in place of a pool"),
    ],
)
def test_an_access_domain_schedules_when_there_is_something_to_schedule(members, enabled, schedules):
    assert Domain(WWW, codes.A, members, enabled=enabled).schedules is schedules


def test_values_are_frozen():
    for value, field in ((POOL, "name"), (ADDRESS, "mode"), (Member(POOL, 1), "weight")):
        with pytest.raises(AttributeError):
            setattr(value, field, None)
    assert ADDRESS.mode is Mode.AUTO
