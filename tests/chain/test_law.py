"""What a hook may return, and how a place is put together."""

import pytest

from gtm import Alias, Known, NoData, NoName, Place, Ranking, Records, Referral, Refused, Share, Tier, TooLong, hookimpl
from gtm.chain import chain, law
from gtm.chain.classify import classify, nowhere
from tests.chain.making import SOMEBODY, ZONE, Stranger, pool

HK = pool("hk", "192.0.2.1", "192.0.2.2")
SG = pool("sg", "192.0.2.3")
ONE, TWO = HK.members
ENDINGS = [Records(()), NoData(), NoName(), Referral(()), Refused(), TooLong(()), Alias(ZONE, 60)]


@pytest.mark.parametrize(
    "word",
    [
        Ranking(),
        Ranking((Tier.of(ONE, TWO),)),
        Ranking((Tier.of(TWO), Tier.of(ONE, TWO, give="one"))),
        Ranking((Tier(()),), hold=True),
    ],
)
def test_a_lawful_ranking_is_taken(word):
    assert law.ranking(HK, word) is None
    assert law.rescue(HK, word) is None


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        (17, "neither None nor a Ranking"),
        ((Tier.of(ONE),), "neither None nor a Ranking"),
        (Ranking((ONE,)), "which is no Tier"),
        (Ranking((Tier((Share(ONE),), give="some"),)), "which is no Tier"),
        (Ranking((Tier((ONE,)),)), "no member of pool:hk"),
        (Ranking((Tier.of(*SG.members),)), "no member of pool:hk"),
        (Ranking((Tier.of(ONE), Tier.of(ONE, *SG.members))), "no member of pool:hk"),
        (Ranking((Tier.of(ONE, ONE),)), "a member of pool:hk twice"),
    ],
)
def test_an_unlawful_ranking_is_refused_with_the_reason(word, reason):
    assert reason in law.ranking(HK, word)
    assert reason in law.rescue(HK, word)


@pytest.mark.parametrize("word", ENDINGS, ids=lambda word: type(word).__name__)
def test_every_ending_ends_a_rescue_and_a_fallback(word):
    assert law.ending(word) is None
    assert law.rescue(HK, word) is None
    assert "neither None nor a Ranking" in law.ranking(HK, word)


@pytest.mark.parametrize("word", [17, "NXDOMAIN", Ranking(), ()])
def test_anything_else_is_no_ending(word):
    assert "neither None nor an Ending" in law.ending(word)


def says(name, word):
    """Make a plugin that classifies with a word, or with what a function of the place gives."""

    class Says(Stranger):
        @hookimpl
        def classify(self, client, place):
            return word(place) if callable(word) else word

    Says.name = name
    return Says()


def placed(*plugins):
    errors, heard = [], []
    built = chain.build(ZONE, plugins)
    place = classify(built, SOMEBODY, errors.append, lambda plugin, word: heard.append((plugin, word)))
    assert classify(built, SOMEBODY, [].append) == place
    return place, errors, heard


def test_each_plugin_is_given_what_the_ones_before_it_found():
    seen = []
    first = Place(country=Known("DE", 8))
    second = Place(country=Known("DE", 8), asn=Known(64500, 24))
    place, errors, heard = placed(
        says("a", first), says("b", None), says("c", lambda found: seen.append(found) or second)
    )
    assert (place, errors, seen[0]) == (second, [], first)
    assert heard == [("a", first), ("b", None), ("c", second)]


def test_a_plugin_that_raises_or_says_nonsense_is_passed_over_and_reported():
    def angry(_place):
        raise RuntimeError("no")

    first = Place(country=Known("DE", 8))
    place, errors, heard = placed(says("a", first), says("b", angry), says("c", "Germany"))
    assert place == first
    assert [(error.plugin, error.hook) for error in errors] == [("b", "classify"), ("c", "classify")]
    assert "raised RuntimeError: no" in errors[0].reason
    assert "neither None nor a Place" in errors[1].reason
    assert heard == [("a", first)]


def test_nobody_is_anywhere_without_plugins():
    assert placed()[0] == Place() == nowhere(chain.build(ZONE, []), SOMEBODY)
