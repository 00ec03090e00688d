"""Who is available: by what is enabled, by the operator's word, by mode and by health (R-20 to R-41)."""

from dataclasses import replace

import pytest

from gtm import Health, Mode, address_refused, available, pool_refused
from gtm.health.table import State
from gtm.health.world import Looking
from gtm.model.available import group_health, is_available
from tests.chain.making import address, pool

ONE, TWO = "192.0.2.1", "192.0.2.2"


def sight(*down, **words):
    """See a world in which these values are down; words are on addresses ``one`` and ``two`` and on the pool ``p``."""
    keys = {"one": f"address:{ONE}", "two": f"address:{TWO}", "p": "pool:p"}
    return Looking(
        State(frozenset(f"address:{value}" for value in down), words={keys[on]: word for on, word in words.items()})
    )


@pytest.mark.parametrize(
    ("more", "down", "word", "reason"),
    [
        pytest.param({}, False, None, None, id="R-21 healthy"),
        pytest.param({}, True, None, "it is down", id="R-21 failing"),
        pytest.param({"mode": Mode.UP}, True, None, None, id="R-22 kept up"),
        pytest.param({"mode": Mode.DOWN}, False, None, "its mode is down", id="R-23 kept down"),
        pytest.param({}, True, "up", None, id="forced up"),
        pytest.param({}, False, "down", "it is forced down", id="forced down"),
        pytest.param({"mode": Mode.UP}, False, "down", "it is forced down", id="a word outweighs the mode"),
        pytest.param({"mode": Mode.DOWN}, False, "up", None, id="a word outweighs the mode, upwards"),
        pytest.param({"mode": Mode.DOWN}, False, "down", "its mode is down", id="both say down"),
    ],
)
def test_an_address_is_refused_by_word_then_mode_then_health(more, down, word, reason):
    item = address(ONE, **more)
    seen = sight(*([ONE] if down else []), **({"one": word} if word else {}))
    assert address_refused(item, seen) == reason
    assert is_available(item, seen) is (reason is None)


@pytest.mark.parametrize("word", [None, "drain"])
def test_what_is_disabled_or_drained_is_not_available_whatever_its_health_and_mode(word):
    words = {"one": word, "p": word} if word else {}
    item = address(ONE, enabled=word is not None, mode=Mode.UP)
    assert not is_available(item, sight(**words))
    assert available(pool("p", item, TWO), sight(**words)) == [address(TWO)]
    assert not is_available(pool("p", TWO, enabled=word is not None), sight(**words))


@pytest.mark.parametrize(
    ("percent", "down", "words", "reason"),
    [
        pytest.param(0, [ONE], {}, None, id="any: one is enough"),
        pytest.param(0, [ONE, TWO], {}, "0 of 2 addresses are available, and one must be", id="any: none"),
        pytest.param(100, [ONE], {}, "1 of 2 addresses are available, and 100 % must be", id="R-35 all: skipped as a whole"),
        pytest.param(50, [ONE], {}, None, id="half is half"),
        pytest.param(100, [], {"one": "drain"}, "1 of 2 addresses are available, and 100 % must be", id="R-31 drained counts"),
        pytest.param(100, [ONE], {"one": "up"}, None, id="R-30 available, not healthy"),
        pytest.param(0, [], {"p": "down"}, "it is forced down", id="forced down"),
        pytest.param(100, [ONE], {"p": "up"}, None, id="forced up: healthy_when does not count"),
        pytest.param(100, [ONE, TWO], {"p": "up"}, "0 of 2 addresses are available, and one must be", id="forced up: nobody left"),
    ],
)  # fmt: skip
def test_a_pool_is_refused_by_word_then_by_its_addresses(percent, down, words, reason):
    item = pool("p", ONE, TWO, healthy_when=percent)
    assert pool_refused(item, sight(*down, **words)) == reason
    assert is_available(item, sight(*down, **words)) is (reason is None)


@pytest.mark.parametrize("word", ["up", "down", None])
def test_an_empty_pool_is_never_available(word):
    assert pool_refused(pool("p"), sight(**({"p": word} if word else {}))) == "it has no address"


def test_disabled_addresses_may_be_left_out_of_the_total():
    item = pool("p", address(ONE, enabled=False), TWO, healthy_when=100, count_disabled=False)
    assert pool_refused(item, sight()) is None
    assert pool_refused(item, sight(TWO)) == "0 of 1 addresses are available, and 100 % must be"
    assert (
        pool_refused(replace(item, count_disabled=True), sight()) == "1 of 2 addresses are available, and 100 % must be"
    )
    assert pool_refused(replace(item, count_disabled=True, healthy_when=50), sight()) is None


@pytest.mark.parametrize(
    ("good", "total", "percent", "health"),
    [
        (2, 2, 0, Health.OK),
        (1, 2, 0, Health.OK_ALERT),
        (0, 2, 0, Health.EXCEPTIONAL),
        (1, 2, 100, Health.EXCEPTIONAL),
        (3, 10, 30, Health.OK_ALERT),
        (0, 0, 0, Health.EXCEPTIONAL),
    ],
)
def test_a_group_is_as_healthy_as_its_available_members_make_it(good, total, percent, health):
    assert group_health(good, total, percent) is health
