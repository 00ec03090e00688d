"""What a zone may not contain, and what it had better not."""

import pytest

from gtm import PluginFault, Records

SOA = "@ 300 SOA ns hostmaster 1 7200 900 1209600 60\n"
NS = "@ 300 NS ns.example.net.\n"

REFUSED = {
    "no_soa": (NS, None, 'zone "example.com" has no SOA record at its apex'),
    "soa_elsewhere": (SOA + NS + "a 5 SOA ns hostmaster 1 2 3 4 5\n", 3, "one SOA record, at its apex"),
    "two_soas": (SOA + NS + "@ SOA ns hostmaster 2 2 3 4 5\n", 3, "one SOA record; the other stands in line 1"),
    "the_same_soa_twice": (SOA + NS + SOA, 3, "one SOA record"),
    "no_ns": (SOA, None, 'zone "example.com" has no NS record at its apex'),
    "outside": (SOA + NS + "example.org. A 192.0.2.1\n", 3, 'outside the zone "example.com"'),
    "above": (SOA + NS + "com. A 192.0.2.1\n", 3, "outside the zone"),
    "alike_but_outside": (SOA + NS + "badexample.com. A 192.0.2.1\n", 3, "outside the zone"),
    "cname_then_other": (SOA + NS + "a CNAME b\na A 192.0.2.1\n", 4, "a.example.com A: "),
    "other_then_cname": (SOA + NS + "a A 192.0.2.1\na CNAME b\n", 4, "a CNAME stands alone"),
    "cname_at_the_apex": (SOA + NS + "@ CNAME b\n", 3, "a CNAME stands alone"),
    "cname_and_dname": (SOA + NS + "a CNAME b\na DNAME b\n", 4, "a CNAME stands alone"),
    "two_cnames": (SOA + NS + "a CNAME b\na CNAME c\n", 4, "one CNAME record; the other stands in line 3"),
    "two_dnames": (SOA + NS + "a DNAME b\na DNAME c\n", 4, "one DNAME record"),
    "dname_and_delegation": (SOA + NS + "a DNAME b\na NS ns\n", 3, "not both"),
    "data_below_a_dname": (SOA + NS + "a DNAME b\nx.y.a A 192.0.2.1\n", 4, 'the DNAME record of "a.example.com"'),
    "data_below_a_dname_at_the_apex": (SOA + NS + "@ DNAME b.\na A 192.0.2.1\n", 4, "where nothing may stand"),
    "rrset_beyond_a_message": (
        SOA + NS + "".join(f"a TXT {'x' * 250} {i}\n" for i in range(250)),
        3,
        "65535 is the most",
    ),
}


@pytest.mark.parametrize(("text", "line", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_a_zone_that_breaks_a_rule_is_refused(load, text, line, message):
    with pytest.raises(PluginFault) as caught:
        load(text, whole=True)
    assert message in str(caught.value)
    assert caught.value.line == line


ACCEPTED = {
    "dname_at_the_apex": "@ DNAME b.\n",
    "dname_beside_other_data": "a DNAME b\na A 192.0.2.1\n",
    "signed_cname": "a CNAME b.\na NSEC b CNAME RRSIG NSEC\n"
    "a RRSIG CNAME 13 3 300 20300101000000 20250101000000 1 example.com. AAAA\n",
    "glue": "sub NS ns.sub\nns.sub A 192.0.2.1\n",
    "target_with_an_address": "@ MX 1 mail\nmail AAAA 2001:db8::1\n",
    "target_under_a_wildcard": "@ MX 1 mail\n* A 192.0.2.1\n",
    "target_elsewhere": "@ MX 1 mail.example.net.\n",
    "no_mail": "a MX 0 .\n",
    "target_below_another_delegation": "sub NS ns.example.net.\n@ MX 1 mail.sub\n",
    "signatures_of_different_ttl": "a 60 A 192.0.2.1\na 61 TXT x\n"
    "a 60 RRSIG A 13 3 60 20300101000000 20250101000000 1 example.com. AAAA\n"
    "a 61 RRSIG TXT 13 3 61 20300101000000 20250101000000 1 example.com. AAAA\n",
}


@pytest.mark.parametrize("text", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_a_zone_in_order_is_loaded_without_a_warning(load, text):
    assert load(SOA + NS + text, whole=True).warnings == []


WARNED = {
    "duplicate": (
        "a A 192.0.2.1\na 300 A 192.0.2.1\n",
        "records, line 4: a.example.com A: the record stands in line 3 already",
    ),
    "duplicate_in_another_case": ("a CNAME B.\na CNAME b.\n", "the record stands in line 3 already"),
    "different_ttls": ("a 60 A 192.0.2.1\na 30 A 192.0.2.2\n", "line 3: a.example.com A: TTL 60 is lowered to 30"),
    "many_records": ("".join(f"a A 192.0.2.{i}\n" for i in range(101)), "101 records of one type"),
    "ns_target_without_address": ("sub NS ns.sub\n", 'its target "ns.sub.example.com" has no address'),
    "ns_target_that_is_the_cut": ("sub NS sub\n", 'its target "sub.example.com" has no address'),
    "ns_target_beside_the_cut": ("sub NS other\n", 'its target "other.example.com" has no address'),
    "mx_target_without_address": (
        "@ MX 1 mail\nmail TXT x\n* A 192.0.2.1\n",
        'its target "mail.example.com" has no address',
    ),
    "srv_target_without_address": ("_x._tcp SRV 0 0 1 mail\n", 'its target "mail.example.com" has no address'),
    "https_for_itself_without_address": ("a HTTPS 1 .\n", 'its target "a.example.com" has no address'),
    "target_that_is_an_alias": ("@ MX 1 mail\nmail CNAME other.\n", 'its target "mail.example.com" is an alias'),
    "data_at_a_delegation": (
        "sub NS ns.\nsub TXT x\n",
        'sub.example.com TXT: never answered: "sub.example.com" is delegated',
    ),
    "data_below_a_delegation": ("sub NS ns.\na.sub A 192.0.2.1\n", "a.sub.example.com A: never answered"),
    "delegation_below_a_delegation": ("sub NS ns.\na.sub NS ns.\n", "a.sub.example.com NS: never answered"),
    "wildcard_delegation": ("*.sub NS ns.\n", "at a wildcard is undefined"),
    "wildcard_dname": ("*.sub DNAME ns.\n", "at a wildcard is undefined"),
    "dname_below_itself": ("a DNAME b.a\n", "leads below its own name"),
}


@pytest.mark.parametrize(("text", "message"), WARNED.values(), ids=WARNED.keys())
def test_a_doubtful_zone_is_loaded_with_a_warning(load, text, message):
    (warning,) = load(SOA + NS + text, whole=True).warnings
    assert message in warning


def test_a_duplicate_is_answered_once_with_the_smaller_ttl(load):
    zone = load("a 60 A 192.0.2.1\na 30 A 192.0.2.1\na 60 A 192.0.2.2\n")
    assert [(record.ttl, record.rdata[3]) for record in zone.ask("a.example.com").answer] == [(30, 1), (30, 2)]


def test_an_rrset_has_one_ttl_the_smallest(load):
    zone = load("a 60 A 192.0.2.1\na 30 A 192.0.2.2\na 90 A 192.0.2.3\n")
    assert [record.ttl for record in zone.ask("a.example.com").answer] == [30, 30, 30]


def test_records_keep_the_order_of_the_file(load):
    zone = load("".join(f"a A 192.0.2.{i}\n" for i in (9, 3, 7)))
    assert [record.rdata[3] for record in zone.ask("a.example.com").answer] == [9, 3, 7]


STEERED = {
    "cname": ("www CNAME other.\n", "www.example.com CNAME: a steered name is the same"),
    "below_a_delegation": ("com NS ns.\nwww NS ns.\n", 'steered name "www.example.com": the zone delegates'),
    "below_a_dname": (
        "@ DNAME other.\n",
        'steered name "www.example.com": the zone redirects all below "example.com"',
    ),
}


@pytest.mark.parametrize(("text", "message"), STEERED.values(), ids=STEERED.keys())
def test_an_access_domain_that_the_zone_hides_is_warned_of(load, text, message):
    warnings = load(SOA + NS + text, whole=True, steered=("www.example.com",)).warnings
    assert any(message in warning for warning in warnings)


def test_a_target_that_is_an_access_domain_needs_no_address(load):
    assert load("@ MX 1 www\n", steered=("www.example.com",)).warnings == []


def test_an_access_domain_beside_records_is_no_reason_to_warn(load):
    zone = load("www A 192.0.2.1\n", steered=("www.example.com",))
    assert zone.warnings == []
    assert isinstance(zone.ask("www.example.com"), Records)
