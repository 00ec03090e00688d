"""News: whoever heard the whole state once, and every change since, has the state; over any kind of change."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from gtm import Resolved
from gtm.health.table import State
from gtm.stream import Frames, changes, frame, heard, whole

KEYS = st.sampled_from([f"address:192.0.2.{number}" for number in range(6)])
GROUPS = st.sampled_from(["pool:hk", "pool:sg", "domain:www.example.com/A"])
STATES = st.builds(
    State,
    down=st.frozensets(KEYS),
    held=st.dictionaries(GROUPS, KEYS),
    words=st.dictionaries(KEYS | GROUPS, st.sampled_from(["up", "down", "drain"])),
    last=st.dictionaries(GROUPS, st.lists(KEYS, max_size=3).map(tuple)),
    resolved=st.dictionaries(
        st.sampled_from(["lb.example.net/A", "lb.example.net/AAAA"]),
        st.builds(Resolved, st.lists(st.binary(min_size=4, max_size=4), max_size=3).map(tuple), st.integers(0, 86400)),
    ),
)


def carried(news):
    """Let a message go over the line."""
    (found,) = Frames().feed(frame(news))
    return found


@given(STATES, STATES)
def test_the_whole_of_a_state_replaces_whatever_was_known(state, before):
    assert heard(before, carried(whole(state))) == state


@given(st.lists(STATES, min_size=1, max_size=5))
def test_every_change_leads_to_the_next_state_and_no_change_is_no_news(states):
    known = heard(State(), carried(whole(states[0])))
    for before, after in pairwise(states):
        news = changes(before, after)
        assert (news is None) is (before == after)
        known = heard(known, carried(news)) if news else known
        assert known == after


@given(STATES, STATES, STATES)
def test_changes_that_were_never_told_one_by_one_may_be_told_at_once(first, middle, last):
    """A line that was busy is told from the state that it knows to the newest one."""
    del middle
    news = changes(first, last)
    assert (heard(first, carried(news)) if news else first) == last


def test_only_what_changed_is_told():
    many = State(down=frozenset(f"address:192.0.2.{number}" for number in range(200)))
    news = changes(many, State(down=many.down | {"address:198.51.100.1"}))
    assert news.healthy == {"address:198.51.100.1": False}
    assert (news.held, news.words, news.last) == ({}, {}, {})
