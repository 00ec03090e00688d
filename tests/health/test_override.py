"""Overrides: whom words mean, what must be left, and until when they hold."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtm import Address, Domain, Kind, Mode, Pool
from gtm.dns import codes
from gtm.health.override import Members, Override, refused, too_few, words
from gtm.health.table import State
from tests.chain.making import address, domain, pool

ONE = Address("address:hk-1", "192.0.2.1", Kind.IPV4, "hk-1")
TWO = Address("address:hk/192.0.2.2", "192.0.2.2", Kind.IPV4)
SIX = Address("address:six/2001:db8::1", "2001:db8::1", Kind.IPV6)
ALONE = address("198.51.100.1")
HK, SG = pool("hk", ONE, TWO), pool("sg", ONE, "203.0.113.1")
SIXES, STAR = pool("six", SIX), pool("eu-*", "203.0.113.9")
WWW, WWW6 = domain("www.example.com", HK, SG), domain("www.example.com", SIXES, qtype=codes.AAAA)
API = domain("api.example.com", HK)
WILD = domain("*.example.com", STAR)
POOLS = [HK, SG, SIXES, STAR, pool("eu-west")]
MEMBERS = Members(POOLS, [*{m.key: m.item for p in POOLS for m in p.members}.values(), ALONE], [WWW, WWW6, API, WILD])


@pytest.mark.parametrize(
    ("word", "keys"),
    [
        ("pool:hk", {"pool:hk"}),
        ("pool:*", {"pool:hk", "pool:sg", "pool:six", "pool:eu-*", "pool:eu-west"}),
        ("pool:eu-*", {"pool:eu-*"}),
        ("pool:eu-?*", {"pool:eu-*", "pool:eu-west"}),
        ("address:hk-1", {"address:hk-1"}),
        ("address:192.0.2.1", {"address:hk-1"}),
        ("address:192.0.2.*", {"address:hk-1", "address:hk/192.0.2.2"}),
        ("address:hk/*", {"address:hk/192.0.2.2"}),
        ("address:2001:DB8:0::1", {"address:six/2001:db8::1"}),
        ("address:198.51.100.1", {"address:198.51.100.1"}),
        ("domain:www.example.com", {"domain:www.example.com/A", "domain:www.example.com/AAAA"}),
        ("domain:WWW.Example.com./aaaa", {"domain:www.example.com/AAAA"}),
        ("domain:*.example.com", {"domain:*.example.com/A"}),
        ("domain:*/A", {"domain:www.example.com/A", "domain:api.example.com/A", "domain:*.example.com/A"}),
    ],
)
def test_a_word_means_these_members(word, keys):
    assert set(MEMBERS.meant([word])) == keys


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("pool:hkk", '"pool:hkk" is not a pool; did you mean "pool:hk"?'),
        ("pool:HK", '"pool:HK" is not a pool; did you mean "pool:hk"?'),
        ("*", '"*" is no member; write pool:NAME, address:NAME or its value, or domain:NAME'),
        ("*:hk", '"*:hk" is no member'),
        ("hk", '"hk" is no member; did you mean "pool:hk"?'),
        ("pol:hk", '"pol:hk" is no member; write pool:NAME, address:NAME or its value, or domain:NAME'),
        (
            "domain:ww.example.com",
            '"domain:ww.example.com" is not an access domain; did you mean "domain:www.example.com"',
        ),
        ("address:", '"address:" is not an address'),
        ("address:192.0.2.[3-9]", '"address:192.0.2.[3-9]" is not an address'),
        ("", '"" is no member'),
    ],
)
def test_a_word_that_means_nobody_is_quoted_with_the_nearest(word, said):
    with pytest.raises(ValueError) as caught:  # noqa: PT011  the words are compared
        MEMBERS.meant(["pool:hk", word])
    assert str(caught.value).startswith(said)


def test_whom_several_words_mean_is_named_once():
    assert MEMBERS.meant(["pool:hk", "pool:h*"]) == ("pool:hk",)


def test_only_what_has_an_override_can_be_released_and_what_is_gone_by_its_key():
    keys = ["pool:gone", "address:hk-1", "domain:www.example.com/A"]
    assert MEMBERS.among(["pool:gone"], keys) == ("pool:gone",)
    assert MEMBERS.among(["address:192.0.2.1", "pool:g*"], keys) == ("address:hk-1", "pool:gone")
    assert MEMBERS.among(["domain:www.example.com"], keys) == ("domain:www.example.com/A",)
    with pytest.raises(ValueError, match=r'there is no override on "pool:hk"$'):
        MEMBERS.among(["pool:hk"], keys)
    with pytest.raises(
        ValueError, match=r'on "pool:gon"; there are on address:hk-1, domain:www.example.com/A, pool:gone'
    ):
        MEMBERS.among(["pool:gon"], keys)


def state(*down, **said):
    return State(frozenset(down), words={key.replace("_", ":"): word for key, word in said.items()})


def left(keys, word="drain", before=None):
    before = before or State()
    after = replace(before, words={**before.words, **dict.fromkeys(keys, word)})
    return MEMBERS.left(keys, before, after)


def test_what_is_left_is_told_of_each_group_that_a_member_is_taken_from():
    assert list(map(str, left(["pool:sg"]))) == ["domain:www.example.com/A keeps 1 of 2 pools"]
    assert list(map(str, left(["address:hk-1"], "down"))) == [
        "pool:hk keeps 1 of 2 addresses",
        "pool:sg keeps 1 of 2 addresses",
    ]
    assert too_few(left(["address:hk-1"])) is None


def test_whoever_is_down_anyway_is_not_left():
    found = left(["address:hk-1"], before=state(TWO.key))
    assert [(each.group, each.left) for each in found] == [
        ("pool:hk", 0),
        ("pool:sg", 1),
        ("domain:www.example.com/A", 1),
        ("domain:api.example.com/A", 0),
    ]
    assert too_few(found) == (
        "pool:hk would keep 0 of 2 addresses available, and keep_at_least is 1; "
        "domain:api.example.com/A would keep 0 of 1 pools available, and keep_at_least is 1; "
        "say --anyway if that is meant"
    )


def test_of_a_pool_that_takes_no_part_everybody_may_be_taken():
    assert left(["address:hk-1", "address:hk/192.0.2.2"], before=state(pool_hk="drain", pool_sg="drain")) == ()
    together = left(["pool:sg", "address:203.0.113.1"])
    assert [each.group for each in together] == ["domain:www.example.com/A"]


def test_a_group_keeps_as_many_as_it_says():
    three = pool("three", "192.0.2.1", "192.0.2.2", "192.0.2.3", keep_at_least=2)
    found = Members([three], [m.item for m in three.members], [])
    words = {"address:192.0.2.1": "drain"}
    assert too_few(found.left(words, State(), State(words=words))) is None
    words |= {"address:192.0.2.2": "down"}
    assert "would keep 1 of 3" in too_few(found.left(["address:192.0.2.2"], State(), State(words=words)))


def test_a_pool_that_is_forced_up_without_an_available_address_is_not_left():
    assert [each.left for each in left(["pool:sg"], before=state(ONE.key, TWO.key, pool_hk="up"))] == [0]


def test_an_access_domain_is_drained_without_a_law_and_can_not_be_forced():
    assert left([WWW.key]) == ()
    assert refused("drain", [WWW.key]) is None
    assert refused("up", ["pool:hk"]) is None
    assert refused("down", ["pool:hk", WWW.key]) == (
        "domain:www.example.com/A is an access domain and can't be forced down; drain it, or force its pools"
    )


def test_many_groups_are_told_shortly():
    many = [pool(f"p{number}", ONE) for number in range(9)]
    found = Members(many, [ONE], []).left([ONE.key], State(), State(words={ONE.key: "drain"}))
    assert len(found) == 9
    assert "; 4 more groups; say --anyway" in too_few(found)


def test_words_that_have_ended_do_not_count_and_of_two_the_later_does():
    told = [
        Override("pool:hk", "drain", until=100.0),
        Override("pool:sg", "up", until=200.0),
        Override("pool:sg", "down"),
    ]
    assert words(told, 99.9) == {"pool:hk": "drain", "pool:sg": "down"}
    assert words(told, 100.0) == {"pool:sg": "down"}


KEYS = [*(p.key for p in POOLS), *(m.key for p in POOLS for m in p.members)]
STATES = st.builds(
    lambda down, said: State(frozenset(down), words=said),
    st.sets(st.sampled_from([key for key in KEYS if key.startswith("address:")])),
    st.dictionaries(st.sampled_from(KEYS), st.sampled_from(["drain", "up", "down"])),
)


def counted(group, state):
    """Count naively, from the rules: who takes part, and is up by hand or by health."""

    def mode(item):
        word = state.words.get(item.key)
        return word if word in ("up", "down") else getattr(item, "mode", Mode.AUTO).value

    def serves(item):
        if not item.enabled or state.words.get(item.key) == "drain" or mode(item) == "down":
            return False
        if isinstance(item, Pool):
            return counted(item, state) > 0
        return mode(item) == "up" or item.key not in state.down

    return sum(serves(member.item) for member in group.members)


@given(STATES, st.sets(st.sampled_from(KEYS), min_size=1), st.sampled_from(["drain", "down"]))
def test_no_group_with_too_few_left_goes_untold(before, keys, word):
    after = replace(before, words={**before.words, **dict.fromkeys(keys, word)})
    found = {each.group: each.left for each in MEMBERS.left(keys, before, after)}
    for group in (*POOLS, WWW, WWW6, API, WILD):
        touched = any(member.key in keys for member in group.members)
        fewer = counted(group, after) < counted(group, before)
        takes_part = isinstance(group, Domain) or after.words.get(group.key) != "drain"
        assert (group.key in found) == (takes_part and (touched or fewer))
        assert found.get(group.key, counted(group, after)) == counted(group, after)
