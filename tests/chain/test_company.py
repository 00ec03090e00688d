"""Hosts that go along with an answer: their steered addresses, as additional records and as hints."""

from collections import Counter
from dataclasses import replace

import dns.message
import dns.rdata
import dns.rdatatype
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtm import Alias, NoData, Ranking, Record, Records, Referral, codes, hookimpl
from gtm import name as names
from gtm.chain.company import MOST
from gtm.health.table import State
from tests.chain.making import (
    NOON,
    ORG,
    PEER,
    All,
    Healthy,
    Nearby,
    Org,
    Static,
    Stranger,
    Weighted,
    alias,
    domain,
    engine,
    host,
    pool,
    query,
    record,
)
from tests.chain.test_clock import Shift
from tests.engine.reading import read, subnet

DUAL = (
    domain("www.example.com", pool("four", "192.0.2.1", "192.0.2.2"), ttl=30),
    domain("www.example.com", pool("six", "2001:db8::1"), qtype=codes.AAAA, ttl=20),
)


def records(owner, rtype, *texts, **more):
    made = tuple(record(owner, rtype, text, **more) for text in texts)
    return {(owner, made[0].rtype): Records(made)}


def server(static, *domains, before=(), **more):
    return engine([*before, All(), Static(static)], *domains, **more)


def ask(found, text, rtype, **more):
    return found.answer(query(text, rtype, **{"edns": True, **more}), PEER, NOON)


def message(found, text, rtype, **more):
    return read(ask(found, text, rtype, **more))


def also(reply):
    """List the additional records: owner, type, TTL, values in order."""
    return [
        (str(r.name)[:-1], dns.rdatatype.to_text(r.rdtype), r.ttl, [str(data) for data in r]) for r in reply.additional
    ]


def hints(reply):
    """List the hints of each record in the answer, by key."""
    return [
        {int(key): param.addresses for key, param in data.params.items() if int(key) in (4, 6)}
        for found in reply.answer
        for data in found
    ]


SRV = records("_sip._tcp.example.com", "SRV", "1 1 5060 www.example.com.")
HTTPS = records("www.example.com", "HTTPS", "1 . alpn=h2 ipv4hint=203.0.113.1 ipv6hint=2001:db8:f::1")


@pytest.mark.parametrize(
    ("owner", "rtype", "text"),
    [
        ("_sip._tcp.example.com", "SRV", "1 1 5060 www.example.com."),
        ("example.com", "MX", "10 www.example.com."),
        ("example.com", "NS", "www.example.com."),
        ("a.example.com", "HTTPS", "0 www.example.com."),
        ("_dns.example.com", "SVCB", "1 www.example.com. alpn=dot"),
        ("www.example.com", "HTTPS", "1 . alpn=h2"),
    ],
)
def test_a_steered_host_goes_along_with_its_own_ttl(owner, rtype, text):
    reply = message(server(records(owner, rtype, text), *DUAL), owner, rtype)
    assert [str(data) for data in reply.answer[0]] == [str(dns.rdata.from_text("IN", rtype, text))]
    assert reply.answer[0].ttl == 3600
    assert also(reply) == [
        ("www.example.com", "A", 30, ["192.0.2.1", "192.0.2.2"]),
        ("www.example.com", "AAAA", 20, ["2001:db8::1"]),
    ]


@pytest.mark.parametrize(
    ("rtype", "text"), [("SRV", "0 0 0 ."), ("MX", "0 ."), ("HTTPS", "0 ."), ("SRV", "1 1 5060 else.example.net.")]
)
def test_where_there_is_no_host_of_ours_nothing_goes_along(rtype, text):
    assert also(message(server(records("a.example.com", rtype, text), *DUAL), "a.example.com", rtype)) == []


def test_additional_addresses_rotate_and_disturb_no_other_rotation():
    found = server(SRV, *DUAL)
    given_ = [also(message(found, "_sip._tcp.example.com", "SRV"))[0][3][0] for _ in range(4)]
    assert given_ == ["192.0.2.1", "192.0.2.2"] * 2
    assert str(message(found, "www.example.com", "A").answer[0][0]) == "192.0.2.1"


def test_two_hosts_that_share_a_pool_rotate_each_by_itself():
    shared = pool("p", "192.0.2.1", "192.0.2.2")
    static = records("example.com", "MX", "1 a.example.com.", "2 b.example.com.")
    found = server(static, domain("a.example.com", shared), domain("b.example.com", shared))
    firsts = [[values[0] for _, _, _, values in also(message(found, "example.com", "MX"))] for _ in range(4)]
    assert firsts == [["192.0.2.1"] * 2, ["192.0.2.2"] * 2] * 2


def test_weighted_shares_hold_for_additional_addresses_and_for_hints():
    weighted = domain("www.example.com", pool("p", ("192.0.2.1", 3), ("192.0.2.2", 1)))
    for static, text, rtype in ((SRV, "_sip._tcp.example.com", "SRV"), (HTTPS, "www.example.com", "HTTPS")):
        found = server(static, weighted, before=[Weighted()])
        replies = [message(found, text, rtype) for _ in range(400)]
        counts = Counter(tuple(also(reply)[0][3]) for reply in replies)
        assert abs(counts["192.0.2.1",] - 300) <= 2
        assert sum(counts.values()) == 400
        if rtype == "HTTPS":
            assert all(list(hints(reply)[0][4]) == also(reply)[0][3] for reply in replies)


def test_hints_are_the_steered_addresses_and_live_no_longer():
    found = server(HTTPS, *DUAL)
    for first, second in (("192.0.2.1", "192.0.2.2"), ("192.0.2.2", "192.0.2.1")):
        reply = message(found, "www.example.com", "HTTPS")
        assert hints(reply) == [{4: (first, second), 6: ("2001:db8::1",)}]
        assert str(reply.answer[0][0]).startswith('1 . alpn="h2" ipv4hint=')
        assert reply.answer[0].ttl == 20
        assert also(reply)[0][3] == [first, second]


def test_a_hint_that_nobody_wrote_is_not_made_up():
    static = records("www.example.com", "HTTPS", "1 . ipv4hint=203.0.113.1")
    assert hints(message(server(static, *DUAL), "www.example.com", "HTTPS")) == [{4: ("192.0.2.1", "192.0.2.2")}]


def test_of_a_steered_name_the_type_that_is_not_is_hinted_at_as_the_zone_has_it():
    static = {**HTTPS, ("www.example.com", codes.AAAA): Records((record("www.example.com", "AAAA", "2001:db8:f::2"),))}
    reply = message(server(static, DUAL[0]), "www.example.com", "HTTPS")
    assert hints(reply) == [{4: ("192.0.2.1", "192.0.2.2"), 6: ("2001:db8:f::2",)}]
    assert ("www.example.com", "AAAA", 3600, ["2001:db8:f::2"]) in also(reply)


@pytest.mark.parametrize("mandatory", ["", "mandatory=ipv4hint,alpn ", "mandatory=ipv4hint "])
def test_a_hint_for_which_there_is_no_address_is_left_out_and_not_mandatory_any_more(mandatory):
    class Nobody(Stranger):
        @hookimpl
        def rank(self, group):
            return Ranking() if group.key == "domain:www.example.com/A" else None

    static = records("www.example.com", "HTTPS", f"1 . {mandatory}alpn=h2 ipv4hint=203.0.113.1 ipv6hint=2001:db8:f::1")
    reply = message(server(static, *DUAL, before=[Nobody()]), "www.example.com", "HTTPS")
    wanted = "mandatory=alpn " if "," in mandatory else ""
    assert str(reply.answer[0][0]) == str(
        dns.rdata.from_text("IN", "HTTPS", f"1 . {wanted}alpn=h2 ipv6hint=2001:db8::1")
    )


def test_hints_at_a_foreign_name_are_its_authors():
    static = records("www.example.com", "HTTPS", "1 cdn.example.net. ipv4hint=203.0.113.1")
    assert hints(message(server(static, *DUAL), "www.example.com", "HTTPS")) == [{4: ("203.0.113.1",)}]


@pytest.mark.parametrize(
    ("ending", "wanted"),
    [
        (Alias(names.parse("www.example.com"), 10), ("192.0.2.1", "192.0.2.2")),
        (alias("a.example.com", "www.example.com"), None),
        (host("a.example.com"), ("203.0.113.1",)),
        (NoData(), ("203.0.113.1",)),
    ],
    ids=["alias", "cname", "static", "nothing"],
)
def test_hints_at_a_name_of_ours_follow_it_where_it_is_steered_in_the_end(ending, wanted):
    # a CNAME's own target says where its addresses are: the client asks for them
    static = {**records("a.example.com", "HTTPS", "1 . ipv4hint=203.0.113.1"), ("a.example.com", codes.A): ending}
    ((found),) = hints(message(server(static, *DUAL), "a.example.com", "HTTPS"))
    assert found.get(4) == wanted


def test_records_of_a_set_with_several_hosts_have_hints_of_their_own_and_one_ttl():
    static = records(
        "www.example.com",
        "HTTPS",
        "1 . ipv4hint=203.0.113.1",
        "2 b.example.com. ipv4hint=203.0.113.1",
        "3 c.example.net.",
    )
    found = server(static, DUAL[0], domain("b.example.com", pool("b", "192.0.2.9"), ttl=7))
    reply = message(found, "www.example.com", "HTTPS")
    given_ = {data.priority: hint for data, hint in zip(reply.answer[0], hints(reply), strict=True)}
    assert given_ == {1: {4: ("192.0.2.1", "192.0.2.2")}, 2: {4: ("192.0.2.9",)}, 3: {}}
    assert (len(reply.answer), reply.answer[0].ttl) == (1, 7)


def test_hints_behind_a_cname_are_steered_as_well():
    static = {**HTTPS, ("a.example.com", codes.HTTPS): alias("a.example.com", "www.example.com")}
    reply = message(server(static, *DUAL), "a.example.com", "HTTPS")
    assert [str(found.name) for found in reply.answer] == ["a.example.com.", "www.example.com."]
    (data,) = reply.answer[1]
    assert data.params[4].addresses == ("192.0.2.1", "192.0.2.2")
    assert [owner for owner, *_ in also(reply)] == ["www.example.com"] * 2


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("1 . alpn=h2 ipv4hint=203.0.113.1", '1 . alpn="h2"'),
        ("1 cdn.example.net. ipv4hint=203.0.113.1", '1 cdn.example.net. ipv4hint="203.0.113.1"'),
    ],
    ids=["ours", "foreign"],
)
def test_hints_at_names_of_ours_behind_a_drawn_cname_are_left_out(text, wanted):
    drawn = domain("a.example.com", pool("c", "www.example.com"), qtype=codes.CNAME)
    found = server(records("www.example.com", "HTTPS", text), *DUAL, drawn)
    reply = message(found, "a.example.com", "HTTPS")
    assert [str(found[0]) for found in reply.answer] == ["www.example.com.", wanted]


@pytest.mark.parametrize(("network", "wanted"), [("192.0.2.0/24", "192.0.2.1"), ("198.51.100.0/24", "192.0.2.2")])
@pytest.mark.parametrize(("static", "text"), [(SRV, "_sip._tcp.example.com"), (HTTPS, "www.example.com")])
def test_what_goes_along_depends_on_the_client_and_the_scope_says_so(static, text, network, wanted):
    found = domain("www.example.com", (pool("de", "192.0.2.1"), ("DE",)), (pool("fr", "192.0.2.2"), ("FR",)))
    rtype = "SRV" if static is SRV else "HTTPS"
    reply = message(server(static, found, before=[Nearby()]), text, rtype, subnet=network)
    assert also(reply)[0][3] == [wanted]
    assert subnet(reply).scopelen == 8


def test_what_goes_along_changes_with_health_and_the_walk_is_not_made_again_before():
    found = server(SRV, DUAL[0], before=[Healthy()])
    for _ in range(3):
        assert sorted(also(message(found, "_sip._tcp.example.com", "SRV"))[0][3]) == ["192.0.2.1", "192.0.2.2"]
    assert found.walks == 1
    found.learn(State(frozenset({"address:192.0.2.1"})))
    assert also(message(found, "_sip._tcp.example.com", "SRV"))[0][3] == ["192.0.2.2"]


def test_what_goes_along_lives_no_longer_than_a_clock_fact_below_it():
    found = server(SRV, domain("www.example.com", pool("p", "192.0.2.1"), ttl=30), before=[Shift(NOON + 12.5)])
    reply = message(found, "_sip._tcp.example.com", "SRV")
    assert also(reply)[0][2] <= 12
    assert reply.answer[0].ttl <= 12


def test_what_does_not_fit_is_left_out_before_anything_is_truncated():
    many = domain("www.example.com", pool("p", *(f"192.0.2.{number}" for number in range(1, 51))))
    found = server({**SRV, **HTTPS}, many)
    reply = read(ask(found, "_sip._tcp.example.com", "SRV", edns=None))
    assert (len(reply.answer), also(reply)) == (1, [])
    reply = read(ask(found, "www.example.com", "HTTPS", edns=None))
    assert (len(hints(reply)[0][4]), also(reply)) == (50, [])
    assert len(also(message(found, "_sip._tcp.example.com", "SRV"))[0][3]) == 50
    more = domain("www.example.com", pool("p", *(f"192.0.{n // 200}.{n % 200}" for n in range(400))))
    reply = dns.message.from_wire(ask(server(HTTPS, more), "www.example.com", "HTTPS"))
    assert (reply.answer, bool(reply.flags & 0x0200)) == ([], True)


def test_what_a_plugin_says_of_a_steered_hosts_addresses_is_replaced():
    ((key, ending),) = SRV.items()
    reply = message(
        server({key: replace(ending, additional=(record("www.example.com", "A", "203.0.113.9"),))}, *DUAL), *key
    )
    assert [values for *_, values in also(reply)] == [["192.0.2.1", "192.0.2.2"], ["2001:db8::1"]]
    ((key, ending),) = HTTPS.items()
    reply = message(
        server({key: replace(ending, additional=(record("www.example.com", "A", "203.0.113.9"),))}, *DUAL), *key
    )
    assert hints(reply)[0][4] == ("192.0.2.1", "192.0.2.2")


def test_a_host_in_another_zone_of_ours_is_walked_there():
    static = records("example.com", "MX", "10 mail.example.org.")
    found = server(static, domain("mail.example.org", pool("p", "192.0.2.1")), others=[(ORG, [All(), Org()])])
    assert also(message(found, "example.com", "MX")) == [("mail.example.org", "A", 30, ["192.0.2.1"])]


def test_a_disabled_access_domain_leaves_the_zones_words_as_they_are():
    off = [replace(found, enabled=False) for found in DUAL]
    reply = message(server(HTTPS, *off), "www.example.com", "HTTPS")
    assert hints(reply) == [{4: ("203.0.113.1",), 6: ("2001:db8:f::1",)}]
    assert also(reply) == []


def test_servers_of_a_delegation_that_are_steered_go_along_beside_the_glue():
    cut = names.parse("sub.example.com")
    ns = tuple(Record(cut, codes.NS, 60, names.parse(text)) for text in ("ns.sub.example.com", "www.example.com"))
    glue = host("ns.sub.example.com").answer
    static = {("a.sub.example.com", codes.A): Referral(ns, glue)}
    reply = read(ask(server(static, DUAL[0]), "a.sub.example.com", "A"), flags=0x8100)
    assert [(owner, values[0]) for owner, _, _, values in also(reply)] == [
        ("ns.sub.example.com", "192.0.2.1"),
        ("www.example.com", "192.0.2.1"),
    ]


def test_more_hosts_than_are_walked_for_have_neither_addresses_nor_hints():
    hosts = [f"n{number}.example.com" for number in range(MOST + 2)]
    static = records(
        "a.example.com", "HTTPS", *(f"{n} {text}. ipv4hint=203.0.113.1" for n, text in enumerate(hosts, 1))
    )
    found = server(static, *(domain(text, pool("p", "192.0.2.1")) for text in hosts))
    reply = read(found.answer(query("a.example.com", "HTTPS", edns=True, size=4096), PEER, NOON))
    assert Counter(map(str, hints(reply))) == {"{4: ('192.0.2.1',)}": MOST, "{}": 2}
    assert len(also(reply)) == MOST


def test_any_is_answered_as_before():
    found = server({**HTTPS, ("www.example.com", codes.ANY): host("www.example.com")}, *DUAL)
    reply = message(found, "www.example.com", "ANY")
    assert ([str(data) for data in reply.answer[0]], also(reply)) == (["192.0.2.1", "192.0.2.2"], [])


def test_a_fault_on_the_way_to_a_host_costs_its_addresses_and_not_the_answer():
    class Angry(Stranger):
        name = "angry"

        @hookimpl
        def rank(self, group):
            raise ValueError(group.key)

    reports = []
    found = engine([Angry(), Static(HTTPS)], DUAL[0], report=lambda error, _: reports.append(error.plugin))
    reply = message(found, "www.example.com", "HTTPS")
    assert ([set(found) for found in hints(reply)], also(reply)) == ([set()], [])
    assert set(reports) == {"angry"}


@pytest.mark.parametrize(
    "rdata",
    [b"\0\1", b"\0\1\0\0\4\0", b"\0\1\0\0\4\0\4\1", b"\0\1\3ab"],
    ids=["bare", "no length", "short", "bad name"],
)
def test_a_record_that_can_not_be_read_breaks_the_law(rdata):
    broken = Records((Record(names.parse("www.example.com"), codes.HTTPS, 60, rdata),))
    reports = []
    found = engine(
        [All(), Static({("www.example.com", codes.HTTPS): broken})],
        *DUAL,
        report=lambda error, _: reports.append(error.plugin),
    )
    assert dns.message.from_wire(ask(found, "www.example.com", "HTTPS")).rcode() == codes.SERVFAIL
    assert reports == ["static"]


KEYS = st.lists(
    st.sampled_from(
        [
            "alpn=h2,h3",
            "port=8443",
            "ipv4hint=203.0.113.1,203.0.113.2",
            "ipv6hint=2001:db8:f::1",
            "key667=x",
        ]
    ),
    unique=True,
)


@given(
    params=st.lists(KEYS, min_size=1, max_size=3),
    four=st.integers(1, 5),
    six=st.integers(0, 3),
    text=st.sampled_from(["www.example.com", "WwW.ExAmPlE.cOm", "a.example.com"]),
)
def test_whatever_a_zone_says_the_reply_is_read_by_dnspython_and_only_hints_differ(params, four, six, text):
    written = [f"{n} . {' '.join(keys)}" for n, keys in enumerate(params, 1)]
    static = {
        **records("www.example.com", "HTTPS", *written),
        ("a.example.com", codes.HTTPS): alias("a.example.com", "www.example.com"),
    }
    domains = [domain("www.example.com", pool("p", *(f"192.0.2.{n}" for n in range(1, 1 + four))))]
    if six:
        values = [f"2001:db8::{n}" for n in range(1, 1 + six)]
        domains.append(domain("www.example.com", pool("q", *values), qtype=codes.AAAA))
    found = server(static, *domains)
    for _ in range(3):
        wire = ask(found, text, "HTTPS")
        reply = dns.message.from_wire(wire)
        assert reply.to_wire() is not None
        given_ = {data.priority: data for data in reply.answer[-1]}
        for n, original in enumerate(written, 1):
            before, after = dns.rdata.from_text("IN", "HTTPS", original).params, given_[n].params
            if not six:
                before = {key: value for key, value in before.items() if key != 6}
            assert list(after) == sorted(before)
            for key, value in before.items():
                if key == 4:
                    assert sorted(after[key].addresses) == [f"192.0.2.{n}" for n in range(1, 1 + four)]
                elif key == 6:
                    assert len(after[key].addresses) == six
                else:
                    assert after[key].to_text() == value.to_text()
