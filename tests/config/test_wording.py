"""How values, names and types are put into words."""

from enum import Enum
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta

from gtm.config.describe import choices, describe
from gtm.config.wording import nearest, quote, unknown

MANY = {f"pool-{number:05}" for number in range(10000)}


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("a", '"a"'),
        ('a"b', r'"a\"b"'),
        ("a\nb\x1b", r'"a\u000ab\u001b"'),
        ("x" * 200, '"' + "x" * 60 + '…"'),
        (True, "true"),
        (-5, "-5"),
        (10**5000, "so large a number"),
        ([1], "an array"),
        ({}, "a table"),
    ],
    ids=["text", "quote", "control characters", "long", "truth", "number", "huge", "array", "table"],
)
def test_a_value_is_quoted_on_one_line(value, words):
    assert quote(value) == words


@given(st.text())
def test_nothing_unprintable_comes_through(text):
    assert quote(text).isprintable()


@pytest.mark.parametrize("word", ["pool-0123", "pool-001234", "pool-10234", "pol-00001", "opol-00001", "pool-0000x"])
def test_among_very_many_names_one_letter_may_be_wrong(word):
    assert nearest(word, MANY) in MANY


def test_among_very_many_names_a_strange_word_is_like_none():
    assert nearest("overseas", MANY) is None


def test_a_word_in_other_letters_of_the_same_name_is_near():
    assert nearest("HK", {"hk", "xy"}) == "hk"


def test_what_is_known_is_listed_and_not_at_any_length():
    assert unknown("q", "a pool", ()) == '"q" is not a pool; there is none'
    assert unknown("q", "a pool", ("b", "a")) == '"q" is not a pool; known: "a", "b"'
    assert unknown("q", "a pool", MANY).endswith("and 9992 more")


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (int, "a whole number"),
        (Annotated[int, Meta(ge=1)], "a whole number of 1 or more"),
        (Annotated[int, Meta(le=9)], "a whole number up to 9"),
        (Annotated[float, Meta(gt=0, lt=1)], "a number above 0 below 1"),
        (Annotated[str, Meta(pattern="^a")], "a string that matches ^a"),
        (tuple[int, str], "an array"),
        (list[int] | None, "an array, each element a whole number"),
        (Colour, 'one of "red", "blue"'),
        (dict[str, int], "a table"),
        (bytes, "a bytes"),
    ],
    ids=str,
)
def test_a_type_is_described(wanted, words):
    assert describe(wanted) == words


def test_the_choices_of_a_closed_set_are_found_within_unions():
    assert set(choices(Colour | None)) == {"red", "blue"}
    assert choices(int) == []
