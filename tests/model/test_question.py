"""Questions."""

import dns.message
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtm import BadName, Question, codes
from gtm import name as names


def test_a_question_is_read_from_text_and_shown_the_same():
    assert Question.of("WWW.example.com.", "AAAA") == Question(names.parse("www.example.com"), codes.AAAA)
    assert str(Question.of("www.example.com")) == "www.example.com A"
    assert str(Question.of("x.example", "TYPE65280")) == "x.example TYPE65280"


def test_a_question_with_a_wrong_part_is_refused():
    with pytest.raises(BadName):
        Question.of("a..b")
    with pytest.raises(ValueError, match='"AB" is not a record type'):
        Question.of("a.b", "AB")


@given(st.lists(st.binary(min_size=1, max_size=20), max_size=4), st.integers(1, 65535))
def test_the_message_that_a_plugin_gets_asks_the_same(labels, qtype):
    question = Question(names.from_labels(iter(labels)), qtype)
    (asked,) = dns.message.from_wire(bytes(question.message().pack())).question
    assert asked.name.to_wire() == question.name
    assert asked.rdtype == qtype
