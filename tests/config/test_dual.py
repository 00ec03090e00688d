"""Dual stack: pools of both kinds, and access domains that share them by name."""

import pytest

from gtm import Kind, codes, name
from gtm.cli.supposed import supposed

BOTH = 'addresses = ["192.0.2.1", "2001:db8::1", "2001:db8::2", { value = "192.0.2.2", weight = 5 }]\n'
WWW = '[[domain]]\nname = "www.example.com"\n'
OWNER = name.parse("www.example.com")


def served(loaded):
    """Give the values that each type of the access domain may answer, in order."""
    return {
        codes.type_text(qtype): [member.item.value for pool in domain.members for member in pool.item.members]
        for (_, qtype), domain in loaded.service.domains.items()
    }


def test_each_type_takes_its_own_kind_of_a_pool(folder):
    pools = f"[pools.hk]\n{BOTH}"
    text = f'{pools}{WWW}type = "A"\npools = ["hk"]\n{WWW}type = "AAAA"\npools = ["hk"]\n'
    assert served(folder.load(text)) == {
        "A": ["192.0.2.1", "192.0.2.2"],
        "AAAA": ["2001:db8::1", "2001:db8::2"],
    }


def test_one_table_of_two_types_is_two_access_domains_told_alike(folder):
    loaded = folder.load(f'[pools.hk]\n{BOTH}{WWW}type = ["A", "AAAA"]\nttl = 7\npools = ["hk"]\n')
    assert served(loaded) == {"A": ["192.0.2.1", "192.0.2.2"], "AAAA": ["2001:db8::1", "2001:db8::2"]}
    assert {domain.ttl for domain in loaded.service.domains.values()} == {7}
    assert loaded.warnings == ()


def test_what_is_counted_in_a_pool_is_counted_within_a_kind(folder):
    pools = folder.load(f'[pools.hk]\nhealthy_when = "50%"\n{BOTH}').pools
    four, six = pools["hk/IPv4"], pools["hk/IPv6"]
    assert (four.kind, six.kind) == (Kind.IPV4, Kind.IPV6)
    assert (four.key, six.key) == ("pool:hk/IPv4", "pool:hk/IPv6")
    assert [(member.position, member.weight) for member in four.members] == [(1, 1), (2, 5)]
    assert [(member.position, member.weight) for member in six.members] == [(1, 1), (2, 1)]
    assert four.healthy_when == six.healthy_when == 50


def test_a_pool_of_one_kind_keeps_its_plain_name(folder):
    assert {"good", "six", "alias"} <= folder.load("").pools.keys()


@pytest.mark.parametrize(("word", "count"), [("pool:hk", 4), ("pool:hk/IPv4", 2), ("pool:hk/IPv6", 2)])
def test_a_pool_that_is_supposed_to_be_down_is_down_in_both_kinds_or_in_one(folder, word, count):
    loaded = folder.load(f'[pools.hk]\n{BOTH}{WWW}type = ["A", "AAAA"]\npools = ["hk"]\n')
    assert len(supposed(loaded, (word,), 0.0).down) == count


def test_an_expectation_names_a_pool_of_both_kinds_by_its_name(folder):
    expect = '[[expect]]\nask = "www.example.com A"\nfrom = "192.0.2.9"\ndown = ["pool:hk"]\nanswer = []\n'
    loaded = folder.load(f'[pools.hk]\n{BOTH}{WWW}type = ["A", "AAAA"]\npools = ["hk"]\n{expect}')
    assert loaded.expects[0].down == ("pool:hk",)


FAULTS = {
    "a type without its kind in a pool": (
        f'{WWW}type = "AAAA"\npools = ["good"]\n',
        '"good" is a pool of kind IPv4; an access domain of type AAAA takes IPv6 or domain',
    ),
    "a CNAME of a pool of both kinds": (
        f'[pools.hk]\n{BOTH}{WWW}type = "CNAME"\npools = ["hk"]\n',
        '"hk" is a pool of kind IPv4 and IPv6; an access domain of type CNAME takes domain',
    ),
    "a type twice": (f'{WWW}type = ["A", "A"]\npools = ["good"]\n', '"A" is named twice; leave one out'),
    "no type": (f'{WWW}type = []\npools = ["good"]\n', "type"),
    "a CNAME beside others": (f'{WWW}type = ["A", "CNAME"]\npools = ["good"]\n', '"CNAME" is not one of "A", "AAAA"'),
    "a type that has its own table": (
        f'{WWW}type = ["A", "AAAA"]\npools = ["alias"]\n{WWW}type = "AAAA"\npools = ["six"]\n',
        '"www.example.com AAAA" is defined twice',
    ),
    "a pool that there is not": (f'{WWW}type = ["A", "AAAA"]\npools = ["bad"]\n', '"bad" is not a pool'),
    "a pool twice": (
        f'[pools.hk]\n{BOTH}{WWW}type = ["A", "AAAA"]\npools = ["hk", "hk"]\n',
        '"hk" is named already, as #1',
    ),
    "a last resort for one type only": (
        f'{WWW}type = ["A", "AAAA"]\npools = ["alias"]\nwhen_all_down = ["192.0.2.1"]\n',
        "no address for type AAAA",
    ),
}


@pytest.mark.parametrize(("text", "reason"), FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_is_told_once(folder, text, reason):
    (fault,) = folder.faults(text)
    assert reason in fault


def test_a_pool_of_one_kind_in_a_table_of_two_types_is_doubted_and_serves_one(folder):
    text = f'[pools.hk]\n{BOTH}{WWW}type = ["A", "AAAA"]\npools = ["hk", "good"]\n'
    (warning,) = folder.warnings(text)
    assert warning.endswith('"good" has IPv4 addresses only; type AAAA does without it')
    assert served(folder.load(text)) == {
        "A": ["192.0.2.1", "192.0.2.2", "192.0.2.1"],
        "AAAA": ["2001:db8::1", "2001:db8::2"],
    }


def test_a_type_left_without_any_pool_is_doubted_by_its_name(folder):
    warnings = folder.warnings(f'{WWW}type = ["A", "AAAA"]\npools = ["good"]\n')
    assert [warning.rpartition(": ")[2] for warning in warnings if "no pool" in warning] == [
        "the access domain has no pool for type AAAA; its zone answers"
    ]


def test_a_last_resort_is_shared_out_by_kind(folder):
    text = f'{WWW}type = ["A", "AAAA"]\npools = ["alias"]\nwhen_all_down = ["192.0.2.9", "2001:db8::9"]\n'
    found = folder.load(text).service.domains
    assert found[OWNER, codes.A].when_all_down == ("192.0.2.9",)
    assert found[OWNER, codes.AAAA].when_all_down == ("2001:db8::9",)


def test_a_line_that_only_one_kind_has_is_doubted_for_the_other(folder):
    pool = (
        '[pools.hk]\npolicy = "nearest"\naddresses = ['
        '{ value = "192.0.2.1", lines = ["default"] }, { value = "2001:db8::1", lines = ["oversea"] }]\n'
    )
    (warning,) = folder.warnings(pool)
    assert "none of its IPv6 addresses is on the line" in warning
