"""Which names are aliases of which, and what is refused."""

import pytest

from gtm import Alias, Client, Facts, Foreign, PluginFault, Question, Setup, codes, name
from gtm.chain.facts import Clients
from gtm_plugins.alias import AliasOptions, AliasPlugin

ZONE = name.parse("example.com")
LB = name.parse("lb.example.net")
LONG = ".".join(["a" * 60] * 4)


class NoWorld:
    def value(self, key):
        raise LookupError(key)


def made(names, warnings=None, zone=ZONE, steered=(), **more):
    warn = [].append if warnings is None else warnings.append
    setup = Setup(zone=zone, warn=warn, steered=frozenset(map(name.parse, steered)))
    return AliasPlugin(AliasOptions(names=names, **more), setup)


def said(plugin, owner, rtype="A"):
    return plugin.fallback(Question.of(owner, rtype), Facts(Client.of("192.0.2.1"), NoWorld(), Clients(), 0.0))


@pytest.mark.parametrize(
    ("written", "owner"),
    [
        ("@", "example.com"),
        ("old", "old.example.com"),
        ("a.b", "a.b.example.com"),
        ("Old.Example.COM.", "old.example.com"),
        ("example.com.", "example.com"),
    ],
)
def test_an_alias_is_relative_to_the_zone_unless_it_ends_in_a_dot(written, owner):
    assert said(made({written: "lb.example.net"}), owner) == Alias(LB, 60)


@pytest.mark.parametrize("written", ["lb.example.net", "LB.example.net."])
def test_a_target_is_a_whole_name_with_or_without_its_final_dot(written):
    assert said(made({"@": written}, ttl=7), "example.com", "AAAA") == Alias(LB, 7)


@pytest.mark.parametrize("rtype", ["SOA", "NS", "MX", "TXT", "CNAME", "ANY", "HTTPS"])
def test_every_other_type_is_left_to_the_zone(rtype):
    assert said(made({"@": "lb.example.net"}), "example.com", rtype) is None


def test_names_beside_it_above_it_and_below_it_are_left_to_the_zone():
    plugin = made({"a.b": "lb.example.net"})
    assert [said(plugin, f"{owner}example.com") for owner in ("", "b.", "x.b.", "x.a.b.")] == [None] * 4


def test_in_the_root_zone_every_name_is_relative():
    assert said(made({"com": "lb.example.net"}, zone=name.ROOT), "com") == Alias(LB, 60)


REFUSED = {
    "a name outside the zone": ({"www.example.org.": "lb.example.net"}, "is outside the zone"),
    "a whole name without its dot": ({"old.example.com": "lb.example.net"}, 'means "old.example.com.example.com"'),
    "an alias of itself": ({"old": "old.example.com"}, "is an alias of itself"),
    "an apex of itself": ({"@": "example.com."}, "is an alias of itself"),
    "a name twice": ({"old": "a.example.net", "old.example.com.": "b.example.net"}, "stands there twice"),
    "a wildcard": ({"*": "lb.example.net"}, "is a wildcard"),
    "a wildcard as target": ({"old": "*.example.net"}, "is a wildcard"),
    "a relative target": ({"old": "www"}, "write the whole name"),
    "the apex as target": ({"old": "@"}, "write the whole name"),
    "the root as target": ({"old": "."}, "write the whole name"),
    "no name at all": ({"a..b": "lb.example.net"}, "a label is empty"),
    "a name that gets too long": ({LONG: "lb.example.net"}, "is too long"),
    "nothing": ({}, '"names" is empty'),
}


@pytest.mark.parametrize(("names", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_what_can_be_no_alias_is_refused(names, reason):
    with pytest.raises(PluginFault, match=reason):
        made(names)


def test_a_name_that_somebody_answers_before_it_is_doubted():
    warnings = []
    made({"www": "lb.example.net", "old": "lb.example.net"}, warnings, steered=("www.example.com",))
    assert warnings == [
        '"www.example.com" is answered by an access domain, or an alias before this one; that comes first'
    ]


def test_it_names_what_exists_and_what_is_to_be_looked_up_once():
    plugin = made({"@": "lb.example.net", "old": "lb.example.net"}, resolver="10.0.0.53")
    assert set(plugin.owners()) == {ZONE, name.parse("old.example.com")}
    assert list(plugin.resolves()) == [Foreign(LB, qtype, "10.0.0.53") for qtype in (codes.A, codes.AAAA)]
