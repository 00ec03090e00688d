"""The health table, what is derived from it (R-20 to R-28), and what "down" words mean."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtm import Address, Check, Health, Kind, Verdict, meets
from gtm.chain.facts import HEALTHY, HELD
from gtm.health.suppose import suppose
from gtm.health.table import Belief, State, Table, judge
from tests.chain.making import address, pool

UP, DOWN = Verdict.UP, Verdict.DOWN
CHECKS = tuple(Check("web", port, "192.0.2.1") for port in range(80, 84))
WORDS = st.lists(st.sampled_from([UP, DOWN, None]), min_size=1, max_size=4)


def table(words):
    return Table.of({check.key: word for check, word in zip(CHECKS, words, strict=False) if word})


def checked(count, percent=0):
    return Address("address:192.0.2.1", "192.0.2.1", Kind.IPV4, checks=CHECKS[:count], healthy_when=percent)


@given(WORDS, st.sampled_from([0, 30, 50, 70, 100]))
def test_an_address_is_judged_by_the_checks_that_have_a_verdict(words, percent):
    heard = [word for word in words if word]
    good = heard.count(UP)
    if not heard:
        wanted = Health.NO_DATA
    elif good == len(heard):
        wanted = Health.OK
    else:
        wanted = Health.OK_ALERT if meets(good, len(heard), percent) else Health.EXCEPTIONAL
    assert judge(checked(len(words), percent), table(words)) is wanted


def test_an_address_without_checks_is_not_monitored():
    assert judge(checked(0), Table()) is Health.OK_NO_MONITOR


@pytest.mark.parametrize(("word", "wanted"), [(UP, Health.OK), (DOWN, Health.EXCEPTIONAL)])
def test_a_word_on_the_address_itself_outweighs_its_checks(word, wanted):
    other = DOWN if word is UP else UP
    told = table([other] * 4).saying({"address:192.0.2.1": Belief(word)})
    assert judge(checked(4), told) is wanted
    assert judge(checked(0), told) is wanted


def test_what_changed_is_what_has_another_verdict():
    old = Table.of({"a": UP, "b": UP, "c": DOWN})
    assert old.changed(old.saying({"a": Belief(UP)})) == set()
    assert old.changed(old.saying({"b": Belief(DOWN), "d": Belief(UP)})) == {"b", "d"}
    assert old.changed(Table()) == {"a", "b", "c"}


def test_the_state_tells_health_and_held_members():
    state = State(frozenset({"address:x"}), {"pool:hk": "address:y"})
    assert state.value((HEALTHY, "address:x")) is False
    assert state.value((HEALTHY, "address:y")) is True
    assert state.value((HELD, "pool:hk")) == "address:y"
    assert state.value((HELD, "pool:sg")) is None


HK = pool("hk", address("192.0.2.1", name="one", checks=CHECKS[:2]), address("192.0.2.2"))
SG = pool("sg", address("192.0.2.3"))


@pytest.mark.parametrize(
    ("word", "keys"),
    [
        ("pool:hk", {"address:192.0.2.1", "address:192.0.2.2"}),
        ("address:one", {"address:192.0.2.1"}),
        ("address:192.0.2.3", {"address:192.0.2.3"}),
        ("address:address:192.0.2.3", {"address:192.0.2.3"}),
        ("template:web", {check.key for check in CHECKS[:2]}),
    ],
)
def test_a_word_that_something_is_down_means_these_keys(word, keys):
    assert suppose([HK, SG], [word]) == Table.of(dict.fromkeys(keys, DOWN))


@pytest.mark.parametrize(
    "word",
    [
        "pool:nope",
        "hk",
        "template:ping",
        "",
        "address:",
    ],
)
def test_a_word_that_means_nothing_is_quoted(word):
    with pytest.raises(ValueError, match=f'"{word}" is nothing that can be down'):
        suppose([HK, SG], [word])


def test_a_pool_of_something_else_than_addresses_is_passed_over():
    odd = replace(HK, members=(replace(HK.members[0], item=SG),))
    with pytest.raises(ValueError, match="nothing that can be down"):
        suppose([odd], ["pool:hk"])
