"""Counts: whatever is taken in pieces adds up to what was counted, under labels from a bounded set."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from gtm.tally import BUCKETS, OTHER, Counts, Tally

ASKED = st.tuples(
    st.sampled_from(["example.com", ""]),
    st.sampled_from(["A", "AAAA", "TYPE65280", "WKS"]),
    st.sampled_from(["NOERROR", "NXDOMAIN"]),
    st.sampled_from([0, 1]),
)


@given(st.lists(st.lists(ASKED, max_size=20), max_size=4))
def test_what_is_taken_in_pieces_adds_up(pieces):
    counts, wanted, found = Counts(), Counter(), Counter()
    for piece in pieces:
        for zone, qtype, rcode, stream in piece:
            counts.cell(zone, qtype, rcode)[stream] += 1
            label = qtype if qtype in {"A", "AAAA"} else OTHER
            wanted[zone, label, rcode, ("udp", "tcp")[stream]] += 1
        for *key, count in counts.take():
            found[tuple(key)] += count
    assert found == wanted
    assert counts.take() == []


def test_a_cell_that_is_kept_goes_on_counting_after_it_was_taken():
    counts = Counts()
    cell = counts.cell("example.com", "A", "NOERROR")
    cell[0] += 1
    assert counts.take() == [("example.com", "A", "NOERROR", "udp", 1)]
    cell[0] += 2
    assert counts.take() == [("example.com", "A", "NOERROR", "udp", 2)]


@given(st.lists(st.tuples(st.floats(0, 10), st.integers(1, 100)), max_size=20))
def test_every_answer_falls_into_the_first_class_that_holds_it(taken):
    tally = Tally()
    for seconds, queries in taken:
        tally.took(seconds, queries)
    assert sum(tally.latency) == sum(queries for _, queries in taken)
    for place, end in enumerate(BUCKETS):
        wanted = sum(queries for seconds, queries in taken if seconds <= end)
        assert sum(tally.latency[: place + 1]) == wanted
