"""What an access domain answers when nobody may serve, and how many must stay when an operator takes some out."""

import pytest

from gtm import Question

DOMAINS = {
    "A": '[[domain]]\nname = "www.example.com"\ntype = "A"\npools = ["good"]\n',
    "AAAA": '[[domain]]\nname = "www.example.com"\ntype = "AAAA"\npools = ["six"]\n',
    "CNAME": '[[domain]]\nname = "www.example.com"\ntype = "CNAME"\npools = ["alias"]\n',
}
ROWS = {
    "a word that there is not": (
        "A",
        '"zones"',
        ': "zones" is not one of "all", "last", "none", "zone" or an array, each element a string; did you mean "zone"?',
    ),
    "a number": ("A", "5", ': 5 is not one of "all", "last", "none", "zone" or an array, each element a string'),
    "a number among addresses": ("A", '["192.0.2.9", 5]', " #2: 5 is not a string"),
    "no address": ("A", "[]", ': no address; write "none" if nothing is to be answered'),
    "what is no address": ("A", '["192.0.2"]', ' #1: "192.0.2" is neither an IP address nor a host name'),
    "an address twice": ("AAAA", '["::1", "0::1"]', ' #2: "0::1" is named twice; leave one out'),
    "IPv6 in an A domain": (
        "A",
        '["192.0.2.9", "2001:db8::9"]',
        ' #2: "2001:db8::9" is of kind IPv6; an access domain of type A can\'t answer with it',
    ),
    "IPv4 in an AAAA domain": (
        "AAAA",
        '["192.0.2.9"]',
        ' #1: "192.0.2.9" is of kind IPv4; an access domain of type AAAA can\'t answer with it',
    ),
    "a host name in an A domain": (
        "A",
        '["cdn.example.net"]',
        ' #1: "cdn.example.net" is of kind domain; an access domain of type A can\'t answer with it',
    ),
    "an address in a CNAME domain": (
        "CNAME",
        '["192.0.2.9"]',
        ' #1: "192.0.2.9" is of kind IPv4; an access domain of type CNAME can\'t answer with it',
    ),
    "two host names in a CNAME domain": (
        "CNAME",
        '["a.example.net", "b.example.net"]',
        ": a CNAME has one target; leave one",
    ),
}


@pytest.mark.parametrize(("mnemonic", "wish", "expected"), ROWS.values(), ids=ROWS.keys())
def test_a_wish_that_can_not_be_met_is_told_in_one_line(folder, mnemonic, wish, expected):
    where = f'Corefile.toml:5: [[domain]] #1 "www.example.com {mnemonic}" when_all_down'
    assert folder.faults(f"{DOMAINS[mnemonic]}when_all_down = {wish}\n") == [where + expected]


def domain(folder, mnemonic, text):
    question = Question.of("www.example.com", mnemonic)
    return folder.load(DOMAINS[mnemonic] + text).service.domains[question.name, question.qtype]


@pytest.mark.parametrize("word", ["all", "last", "none", "zone"])
def test_a_wish_may_be_a_word(folder, word):
    assert domain(folder, "A", f'when_all_down = "{word}"\n').when_all_down == word


@pytest.mark.parametrize(
    ("mnemonic", "wish", "expected"),
    [
        ("A", '["192.0.2.9", "192.0.2.8"]', ("192.0.2.9", "192.0.2.8")),
        ("AAAA", '["2001:DB8:0::9"]', ("2001:db8::9",)),
        ("CNAME", '["Sorry.example.net."]', ("sorry.example.net",)),
    ],
)
def test_a_wish_may_be_addresses_of_the_domains_kind_in_their_order(folder, mnemonic, wish, expected):
    assert domain(folder, mnemonic, f"when_all_down = {wish}\n").when_all_down == expected


def test_what_nobody_says_is_all_of_them_and_one_to_keep(folder):
    found = domain(folder, "A", "")
    assert (found.when_all_down, found.keep_at_least) == ("all", 1)
    assert folder.load("").pools["good"].keep_at_least == 1


@pytest.mark.parametrize("count", [0, 1])
def test_how_many_are_to_be_kept_is_known_at_both_levels(folder, count):
    assert domain(folder, "A", f"keep_at_least = {count}\n").keep_at_least == count
    pool = f'[pools.p]\naddresses = ["192.0.2.2"]\nkeep_at_least = {count}\n'
    assert folder.load(pool).pools["p"].keep_at_least == count


@pytest.mark.parametrize("count", [-1, 1001])
def test_how_many_are_to_be_kept_is_a_number_within_reason(folder, count):
    said = f"keep_at_least: {count} is not a whole number from 0 to 1000"
    (of_domain,) = folder.faults(f"{DOMAINS['A']}keep_at_least = {count}\n")
    (of_pool,) = folder.faults(f'[pools.p]\naddresses = ["192.0.2.2"]\nkeep_at_least = {count}\n')
    assert of_domain.endswith(said)
    assert of_pool.endswith(said)
