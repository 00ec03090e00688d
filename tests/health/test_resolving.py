"""What is believed of names outside our zones, and when they are asked for again."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtm.health.resolving import COUNT, DENIED, LEAST, MOST, STALE, Answer, Failure, Finding, heard
from gtm.model.resolved import Resolved

ONE, TWO = bytes((192, 0, 2, 1)), bytes((192, 0, 2, 2))
NOW = 1_800_000_000.0
KNOWN = heard(Finding(), Answer((ONE,), 300), NOW, 0.0)
BROKEN = Failure("the resolver did not answer")
GONE = Answer((), 3600, "there is no such name")


def after(finding, *said):
    """Hear one thing after another, each when it is time to ask."""
    for each in said:
        finding = heard(finding, each, max(NOW, finding.until), 0.0)
    return finding


def test_an_answer_counts_for_its_ttl():
    assert KNOWN.resolved == Resolved((ONE,), 300)
    assert (KNOWN.since, KNOWN.moment, KNOWN.until) == (NOW, NOW, NOW + 300)


def test_the_next_lookup_is_put_off_by_a_tenth_at_most():
    assert heard(Finding(), Answer((ONE,), 300), NOW, 1.0).until == pytest.approx(NOW + 330)


@pytest.mark.parametrize(("ttl", "taken"), [(0, LEAST), (4, LEAST), (86401, MOST), (2**31 - 1, MOST)])
def test_a_ttl_is_held_within_bounds(ttl, taken):
    found = heard(Finding(), Answer((ONE,), ttl), NOW, 0.0)
    assert (found.ttl, found.until) == (taken, NOW + taken)


def test_a_turned_set_is_the_same_set():
    first = after(Finding(), Answer((ONE, TWO), 60))
    again = after(first, Answer((TWO, ONE, TWO), 60))
    assert again.resolved == first.resolved
    assert (again.since, again.moment) == (NOW, NOW + 60)


def test_a_new_set_is_so_since_now():
    assert after(KNOWN, Answer((TWO,), 60)).since == NOW + 300


def test_a_huge_set_is_cut():
    many = tuple(bytes((10, 0, 0, number)) for number in range(100))
    assert len(after(Finding(), Answer(many, 60)).addresses) == COUNT


def test_what_was_known_stays_while_the_resolver_fails_for_ever():
    failing = after(KNOWN, *[BROKEN] * 1000)
    assert failing.resolved == Resolved((ONE,), STALE)
    assert (failing.failing, failing.moment, failing.tries) == (NOW + 300, NOW, 1000)
    assert failing.doubt == "it can't be looked up: the resolver did not answer; what was known of it is answered"


def test_a_stale_answer_never_lives_longer_than_a_fresh_one():
    short = after(Finding(), Answer((ONE,), 10), BROKEN)
    assert short.resolved == Resolved((ONE,), 10)


def test_a_failing_lookup_is_tried_again_later_and_later_up_to_a_minute():
    moments = [after(KNOWN, *[BROKEN] * count).until for count in range(1, 7)]
    assert [late - early for early, late in zip([KNOWN.until, *moments], moments, strict=False)] == [
        5,
        10,
        20,
        40,
        60,
        60,
    ]


def test_nothing_is_made_of_a_failure_where_nothing_was_known():
    failing = after(Finding(), BROKEN)
    assert failing.resolved is None
    assert failing.doubt.endswith("nothing is known of it")


def test_one_answer_mends_it():
    mended = after(KNOWN, BROKEN, BROKEN, Answer((ONE,), 300))
    assert mended == replace(KNOWN, moment=mended.moment, until=mended.moment + 300)
    assert mended.doubt == ""


def test_a_denial_is_believed_at_once_where_nothing_was_known():
    denied = after(Finding(), GONE)
    assert denied.resolved == Resolved((), DENIED)
    assert denied.doubt == "there is no such name"


def test_addresses_are_given_up_when_a_denial_is_heard_twice():
    once = after(KNOWN, GONE)
    assert once.resolved == Resolved((ONE,), STALE)
    assert once.until == KNOWN.until + 5
    assert after(once, GONE).resolved == Resolved((), DENIED)
    assert after(once, BROKEN, GONE).resolved == Resolved((), DENIED)
    assert after(once, Answer((ONE,), 300), GONE).resolved == Resolved((ONE,), STALE)


def test_that_a_name_has_no_address_of_one_type_is_no_doubt():
    assert after(Finding(), Answer((), 60)).doubt == ""


SAID = st.one_of(
    st.builds(Answer, st.lists(st.sampled_from([ONE, TWO]), max_size=2).map(tuple), st.integers(0, 2**31 - 1)),
    st.builds(Failure, st.just("no")),
)


@given(st.lists(SAID, max_size=12), st.floats(0, 1))
def test_whatever_is_heard_the_next_lookup_comes_and_addresses_leave_by_denials_only(said, chance):
    finding, denials, now = Finding(), 0, NOW
    for each in said:
        before, finding = finding, heard(finding, each, now, chance)
        denies = isinstance(each, Answer) and not each.addresses
        denials = 0 if isinstance(each, Answer) and each.addresses else denials + denies
        assert now + LEAST <= finding.until <= now + MOST * 1.1
        if before.addresses and not finding.addresses:
            assert denies
            assert denials >= 2
        if finding.resolved:
            assert finding.resolved.ttl <= MOST
        now = finding.until
