"""Frames: however the octets are cut, the same messages come out; what makes no sense is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtm.stream import LONGEST, Broken, Counted, Frames, Hello, News, frame
from gtm.tally import Tally

TEXT = st.text(max_size=8)
NEWS = st.builds(
    News,
    is_whole=st.booleans(),
    healthy=st.dictionaries(TEXT, st.booleans(), max_size=4),
    held=st.dictionaries(TEXT, st.none() | TEXT, max_size=4),
    words=st.dictionaries(TEXT, st.none() | TEXT, max_size=4),
    last=st.dictionaries(TEXT, st.none() | st.lists(TEXT, max_size=3).map(tuple), max_size=4),
)
MESSAGES = st.lists(
    st.one_of(
        NEWS,
        st.builds(Hello, worker=st.integers(0, 255), generation=st.integers(0, 2**40)),
        st.builds(Tally, hits=st.integers(0, 2**60), queries=st.just([("z", "A", "NOERROR", "udp", 3)])).map(Counted),
    ),
    max_size=6,
)


@given(MESSAGES, st.data())
def test_any_cutting_of_the_octets_gives_the_same_messages(messages, data):
    octets = b"".join(map(frame, messages))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(octets)), max_size=12)))
    frames = Frames()
    found = []
    for start, end in zip([0, *cuts], [*cuts, len(octets)], strict=True):
        found += frames.feed(octets[start:end])
    assert found == messages


def test_single_octets_will_do():
    frames, message = Frames(), News(is_whole=True, healthy={"address:192.0.2.1": False})
    octets = frame(message)
    assert [found for octet in octets for found in frames.feed(bytes((octet,)))] == [message]


@pytest.mark.parametrize(
    "octets",
    [
        pytest.param((LONGEST + 1).to_bytes(4), id="longer than any"),
        pytest.param(b"GET / HTTP/1.1\r\n\r\n", id="another protocol"),
        pytest.param(b"\0\0\0\1\xc1", id="no MessagePack"),
        pytest.param(b"\0\0\0\0", id="nothing"),
        pytest.param(b"\0\0\0\1\x80", id="no kind"),
        pytest.param(frame(Hello(1, 1)).replace(b"hello", b"hullo"), id="a kind that is not known"),
        pytest.param(frame(Hello(1, 1)).replace(b"worker", b"walker"), id="a field that is missing"),
        pytest.param(b"\0\3\x0d\x4d\x82\xa4type\xa5hello\xa1x" + b"\x91" * 199_998 + b"\xc0", id="nested too deep"),
    ],
)
def test_what_makes_no_sense_is_refused(octets):
    with pytest.raises(Broken):
        list(Frames().feed(octets))


@given(st.binary(max_size=64))
def test_octets_by_chance_are_refused_or_waited_for_and_nothing_else(octets):
    try:
        list(Frames().feed(octets))
    except Broken:
        return


def test_a_field_that_is_not_known_yet_is_passed_over():
    """Processes of two versions may talk to each other."""
    body = b"\x84\xa4type\xa5hello\xa6worker\x01\xaageneration\x02\xa3new\x03"
    assert list(Frames().feed(len(body).to_bytes(4) + body)) == [Hello(1, 2)]
