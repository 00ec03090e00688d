"""How questions end (RFC 1034 section 4.3.2, RFC 4592, RFC 6672, RFC 2308, RFC 9471)."""

import dns.message
import dns.name
import pytest

from gtm import NoData, NoName, Records, Referral, TooLong, codes, name
from gtm.dns.record import Writer

WILDCARDS = """
host1 A 192.0.2.1
_ssh._tcp.host1 SRV 0 0 22 host1
subdel NS ns.example.net.
* MX 10 host1
* TXT "wild"
*.alias CNAME target
sub.* TXT "ordinary"
target A 192.0.2.2
a.ent A 192.0.2.3
"""


def texts(records):
    """Show records as dnspython does, after a trip through a message of ours."""
    question = records[0].owner
    section = Writer(question).section(records)
    header = bytes((0, 0, 0x84, 0, 0, 1)) + len(records).to_bytes(2) + bytes(4)
    message = dns.message.from_wire(header + question + b"\0\1\0\1" + section)
    return [line for rrset in message.answer for line in rrset.to_text().split("\n")]


def test_an_exact_match_gives_the_rrset(load):
    ending = load("www 60 A 192.0.2.1\nwww 60 A 192.0.2.2\nwww TXT x\n").ask("www.example.com")
    assert texts(ending.answer) == ["www.example.com. 60 IN A 192.0.2.1", "www.example.com. 60 IN A 192.0.2.2"]
    assert ending.target is None


def test_a_lookup_reads_no_fact(load):
    zone = load("* A 192.0.2.1\n")
    zone.ask("x.example.com")
    assert zone.facts.reads == {}


@pytest.mark.parametrize("owner", ["example.org", "com", ".", "badexample.com"])
def test_a_name_outside_the_zone_is_passed_on(load, owner):
    assert load().ask(owner) is None


def test_the_root_may_be_a_zone(load):
    zone = load("@ 300 SOA a b 1 2 3 4 5\n@ NS a.\na A 192.0.2.1\n", whole=True, zone=".")
    assert isinstance(zone.ask("."), NoData)
    assert isinstance(zone.ask("a"), Records)
    assert isinstance(zone.ask("b.c"), NoName)


@pytest.mark.parametrize(("ttl", "minimum", "expected"), [(300, 60, 60), (30, 60, 30)])
def test_a_negative_answer_carries_the_soa_with_the_smaller_ttl(load, ttl, minimum, expected):
    zone = load(f"@ {ttl} SOA ns hm 1 2 3 4 {minimum}\n@ NS ns\nns A 192.0.2.1\n", whole=True)
    for ending in (zone.ask("ns.example.com", "MX"), zone.ask("nobody.example.com")):
        assert (name.show(ending.soa.owner), ending.soa.ttl) == ("example.com", expected)
    assert zone.ask("example.com", "SOA").answer[0].ttl == ttl


def test_an_empty_non_terminal_has_no_data_and_a_name_below_a_leaf_does_not_exist(load):
    zone = load("a.b.c A 192.0.2.1\n")
    assert isinstance(zone.ask("b.c.example.com"), NoData)
    assert isinstance(zone.ask("c.example.com"), NoData)
    assert isinstance(zone.ask("x.c.example.com"), NoName)
    assert isinstance(zone.ask("x.a.b.c.example.com"), NoName)


@pytest.mark.parametrize(
    ("owner", "mnemonic", "expected"),
    [
        ("host3.example.com", "MX", "host3.example.com. 300 IN MX 10 host1.example.com."),
        ("foo.bar.example.com", "TXT", 'foo.bar.example.com. 300 IN TXT "wild"'),
        ("*.example.com", "TXT", '*.example.com. 300 IN TXT "wild"'),
        ("sub.*.example.com", "TXT", 'sub.*.example.com. 300 IN TXT "ordinary"'),
    ],
    ids=["one_label", "two_labels", "the_wildcard_itself", "below_the_wildcard"],
)
def test_a_wildcard_answers_under_the_asked_name(load, owner, mnemonic, expected):
    assert texts(load(WILDCARDS).ask(owner, mnemonic).answer) == [expected]


@pytest.mark.parametrize(
    ("owner", "mnemonic", "kind"),
    [
        ("host3.example.com", "A", NoData),
        ("host1.example.com", "MX", NoData),
        ("_telnet._tcp.host1.example.com", "SRV", NoName),
        ("_tcp.host1.example.com", "TXT", NoData),
        ("host.subdel.example.com", "A", Referral),
        ("x.ent.example.com", "TXT", NoName),
        ("ent.example.com", "TXT", NoData),
        ("ghost.*.example.com", "MX", NoName),
        ("x.target.example.com", "TXT", NoName),
    ],
)
def test_an_existing_name_blocks_the_wildcard(load, owner, mnemonic, kind):
    assert isinstance(load(WILDCARDS).ask(owner, mnemonic), kind)


def test_a_wildcard_cname_is_an_alias_under_the_asked_name(load):
    ending = load(WILDCARDS).ask("x.alias.example.com")
    assert texts(ending.answer) == ["x.alias.example.com. 300 IN CNAME target.example.com."]
    assert name.show(ending.target) == "target.example.com"


@pytest.mark.parametrize(
    ("owner", "mnemonic", "expected"),
    [
        ("x.example.com", "TXT", "*.example.com"),
        ("x.alias.example.com", "A", "*.alias.example.com"),
        ("*.example.com", "TXT", None),
        ("target.example.com", "A", None),
        ("x.y.old.example.com", "A", "old.example.com"),
        ("x.old.example.com", "CNAME", "old.example.com"),
        ("old.example.com", "DNAME", None),
    ],
)
def test_an_answer_that_was_made_for_the_name_tells_of_what(load, owner, mnemonic, expected):
    wildcard = load(WILDCARDS + "old DNAME new\n").ask(owner, mnemonic).wildcard
    assert (wildcard and name.show(wildcard)) == expected


def test_a_cname_is_an_alias_unless_it_is_asked_for(load):
    zone = load("a CNAME B.Example.ORG.\n")
    ending = zone.ask("a.example.com")
    assert texts(ending.answer) == ["a.example.com. 300 IN CNAME B.Example.ORG."]
    assert name.show(ending.target) == "b.example.org"
    for mnemonic in ("CNAME", "ANY"):
        assert zone.ask("a.example.com", mnemonic) == Records(ending.answer)


def test_what_signs_a_cname_is_answered_itself(load):
    zone = load("a CNAME b\na NSEC b CNAME NSEC\n")
    assert zone.ask("a.example.com", "NSEC").target is None


def test_a_dname_makes_a_cname_with_its_ttl(load):
    ending = load("old 77 DNAME New.example.org.\n").ask("x.y.old.example.com")
    assert texts(ending.answer) == [
        "old.example.com. 77 IN DNAME New.example.org.",
        "x.y.old.example.com. 77 IN CNAME x.y.New.example.org.",
    ]
    assert name.show(ending.target) == "x.y.new.example.org"


@pytest.mark.parametrize("mnemonic", ["CNAME", "ANY"])
def test_the_cname_that_a_dname_makes_is_not_followed_when_it_was_asked_for(load, mnemonic):
    ending = load("old DNAME new.example.org.\n").ask("x.old.example.com", mnemonic)
    assert ending.target is None
    assert [record.rtype for record in ending.answer] == [codes.DNAME, codes.CNAME]


def test_a_dname_that_leads_below_itself_is_applied_once(load):
    assert load("old DNAME new.old\n").ask("x.old.example.com").target is None


def test_the_owner_of_a_dname_is_an_ordinary_name(load):
    zone = load("old DNAME new\nold A 192.0.2.1\n")
    assert texts(zone.ask("old.example.com").answer) == ["old.example.com. 300 IN A 192.0.2.1"]
    assert isinstance(zone.ask("old.example.com", "DNAME"), Records)
    assert isinstance(zone.ask("old.example.com", "MX"), NoData)


@pytest.mark.parametrize(("octets", "kind"), [(255, Records), (256, TooLong)])
def test_a_dname_may_make_a_name_of_255_octets_and_no_longer(load, octets, kind):
    target = ".".join(["t" * 49] * 4)
    zone = load(f"d DNAME {target}.\n")
    room = octets - 1 - len(dns.name.from_text(target).to_wire())
    ending = zone.ask("x" * room + ".d.example.com")
    assert isinstance(ending, kind)
    assert ending.answer[0].rtype == codes.DNAME


DELEGATION = """
sub NS ns.sub
sub NS sub
sub NS beside
sub NS ns.other
sub NS ns.example.net.
sub A 192.0.2.1
ns.sub A 192.0.2.2
ns.sub AAAA 2001:db8::2
hidden.sub A 192.0.2.9
deep.sub NS ns.deep.sub
beside A 192.0.2.3
other NS ns.other
ns.other A 192.0.2.4
"""


@pytest.mark.parametrize(
    ("owner", "mnemonic"),
    [
        ("sub.example.com", "A"),
        ("sub.example.com", "NS"),
        ("sub.example.com", "ANY"),
        ("ns.sub.example.com", "A"),
        ("hidden.sub.example.com", "A"),
        ("nobody.sub.example.com", "DS"),
        ("x.deep.sub.example.com", "A"),
        ("deep.sub.example.com", "DS"),
    ],
)
def test_everything_at_and_below_a_delegation_is_referred(load, owner, mnemonic):
    ending = load(DELEGATION).ask(owner, mnemonic)
    assert isinstance(ending, Referral)
    assert {name.show(record.owner) for record in ending.authority} == {"sub.example.com"}
    assert len(ending.authority) == 5


def test_glue_is_apart_from_the_addresses_of_servers_beside_the_delegation(load):
    ending = load(DELEGATION).ask("x.sub.example.com")
    assert sorted(texts(ending.glue)) == [
        "ns.sub.example.com. 300 IN A 192.0.2.2",
        "ns.sub.example.com. 300 IN AAAA 2001:db8::2",
        "sub.example.com. 300 IN A 192.0.2.1",
    ]
    assert texts(ending.additional) == [
        "beside.example.com. 300 IN A 192.0.2.3",
        "ns.other.example.com. 300 IN A 192.0.2.4",
    ]


def test_the_ds_record_of_a_delegation_is_ours_to_answer(load):
    digest = "00" * 32
    zone = load(f"signed NS ns\nsigned DS 1 13 2 {digest}\nplain NS ns\n")
    assert isinstance(zone.ask("signed.example.com", "DS"), Records)
    assert zone.ask("plain.example.com", "DS").soa.ttl == 60


def test_a_name_above_a_delegation_exists(load):
    assert isinstance(load("a.b NS ns\n").ask("b.example.com"), NoData)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a A 192.0.2.1\na AAAA 2001:db8::1\na MX 1 a\n", "A"),
        ("a TXT x\na AAAA 2001:db8::1\na MX 1 a\n", "AAAA"),
        ("a TXT x\na MX 1 ns\na NSEC b MX\n", "MX"),
        ("a NSEC b NSEC\na CAA 0 issue x\n", "CAA"),
        ("a NSEC b NSEC\n", "NSEC"),
    ],
)
def test_any_is_answered_with_one_rrset(load, text, expected):
    answer = load(text).ask("a.example.com", "ANY").answer
    assert {codes.type_text(record.rtype) for record in answer} == {expected}


def test_any_at_an_empty_non_terminal_has_no_data(load):
    assert isinstance(load("a.b A 192.0.2.1\n").ask("b.example.com", "ANY"), NoData)


@pytest.mark.parametrize(
    "record",
    ["a NS host", "a MX 1 host", "a SRV 0 0 1 host", "a HTTPS 1 host", "a SVCB 0 host", "a HTTPS 0 HOST"],
)
def test_the_addresses_of_a_target_go_along(load, record):
    zone = load(f"host A 192.0.2.1\nhost AAAA 2001:db8::1\n{record}\n@ MX 1 host\n@ SRV 0 0 1 host\n")
    mnemonic = record.split()[1]
    ending = zone.ask("a.example.com", mnemonic)
    assert [record.rtype for record in ending.additional] == [codes.A, codes.AAAA]


def test_a_target_that_two_records_name_goes_along_once(load):
    zone = load("a MX 1 host\na MX 2 host\nhost A 192.0.2.1\n")
    assert len(zone.ask("a.example.com", "MX").additional) == 1


def test_a_service_that_is_its_own_target_brings_its_addresses(load):
    zone = load("a HTTPS 1 . alpn=h2\na A 192.0.2.1\nb HTTPS 0 .\nb A 192.0.2.1\n")
    assert len(zone.ask("a.example.com", "HTTPS").additional) == 1
    assert zone.ask("b.example.com", "HTTPS").additional == ()


@pytest.mark.parametrize("record", ["a MX 1 x.w", "* MX 1 x.w", "a NS x.w"], ids=["exact", "wildcard", "delegation"])
def test_addresses_that_a_wildcard_makes_go_along(load, record):
    zone = load(f"{record}\n*.w A 192.0.2.1\ny.w A 192.0.2.2\n")
    ending = zone.ask("a.example.com", "MX")
    assert texts(ending.additional) == ["x.w.example.com. 300 IN A 192.0.2.1"]


def test_a_wildcard_makes_no_address_for_an_access_domain_or_below_a_delegation(load):
    zone = load("@ MX 1 www\n@ MX 1 x.sub\nsub NS ns\n*.sub A 192.0.2.1\n* A 192.0.2.1\n", steered=("www.example.com",))
    assert zone.ask("example.com", "MX").additional == ()


def test_addresses_that_a_policy_chooses_never_go_along(load):
    zone = load("@ MX 1 www\nwww A 192.0.2.1\nsub NS www\n", steered=("www.example.com",))
    assert zone.ask("example.com", "MX").additional == ()
    assert zone.ask("sub.example.com").additional == ()


def test_an_access_domain_exists_with_the_names_above_it(load):
    zone = load("* A 192.0.2.1\n", steered=("www.eu.example.com",))
    assert isinstance(zone.ask("www.eu.example.com"), NoData)
    assert isinstance(zone.ask("eu.example.com"), NoData)
    assert isinstance(zone.ask("x.eu.example.com"), NoName)
    assert isinstance(zone.ask("x.example.com"), Records)


def test_an_access_domain_of_another_zone_is_no_name_of_this_one(load):
    assert load(steered=("www.example.org",)).ask("www.example.org") is None


def test_a_type_without_a_name_is_answered_as_it_stands(load):
    zone = load("a TYPE65280 \\# 4 0a000001\n")
    assert texts(zone.ask("a.example.com", "TYPE65280").answer) == ["a.example.com. 300 IN TYPE65280 \\# 4 0a000001"]
    assert isinstance(zone.ask("a.example.com", "TYPE65281"), NoData)
