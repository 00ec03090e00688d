"""Words of strangers, in one line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtm import one_line


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("as it is", "as it is"),
        ("", ""),
        (" \t\n", ""),
        ("two\r\nlines", "two lines"),
        ("\x1b[31mred\x00", "[31mred"),
        ("right\u202eleft", "right left"),
        ("ein\u2028zwei", "ein zwei"),
        ("grüße 你好", "grüße 你好"),
    ],
)
def test_it_is_one_line_that_can_be_shown(text, shown):
    assert one_line(text) == shown


@pytest.mark.parametrize(("text", "shown"), [("12345", "12345"), ("123456", "1234…"), ("123   6", "123 …")])
def test_what_is_longer_is_cut_and_says_so(text, shown):
    assert one_line(text, 5) == shown


@given(text=st.text(), most=st.integers(1, 50))
def test_of_whatever_text_nothing_is_left_that_cannot_be_shown(text, most):
    assert one_line(text, most).isprintable()
    assert len(one_line(text, most)) <= most
