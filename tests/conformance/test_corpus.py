"""A few thousand of the packets that `make conformance` sends 100,000 of, and checks that notice what they are there for."""

import pytest

from tests.conformance import corpus
from tests.conformance.messages import message


def test_the_corpus_and_mutations_of_it_get_what_they_must_over_udp_and_tcp(tmp_path):
    if not corpus.CORPUS.exists():
        pytest.skip("the corpus is not beside this checkout")
    outcome = corpus.suite(tmp_path, 3000)
    assert outcome.wrong == ()
    assert outcome.cases > 6000


GOOD = message()
REPLY = GOOD[:2] + b"\x81\x80" + GOOD[4:]
FAULTS = [
    ("a query without an answer", GOOD, [], "got no answer"),
    ("an answer to a response", GOOD[:2] + b"\x81" + GOOD[3:], [REPLY], "got an answer"),
    ("an answer to half a header", GOOD[:11], [REPLY], "got an answer"),
    ("two answers", GOOD, [REPLY, REPLY], "got an answer"),
    ("another opcode", GOOD, [REPLY[:2] + b"\x91" + REPLY[3:]], "another opcode"),
    ("another question", GOOD, [REPLY.replace(b"www", b"wwx")], "another question"),
    ("a query for an answer", GOOD, [GOOD], "not a reply"),
    ("octets behind the answer", GOOD, [REPLY + b"\0"], "TrailingJunk"),
    ("half an answer", GOOD, [REPLY[:-1]], "another question"),
]


@pytest.mark.parametrize(
    ("packet", "replies", "word"), [fault[1:] for fault in FAULTS], ids=[fault[0] for fault in FAULTS]
)
def test_what_is_wrong_with_a_reply_is_noticed(packet, replies, word):
    (wrong,) = corpus.compared("udp", [packet], replies, set())
    assert word in wrong.what


def test_a_good_reply_is_not_called_wrong():
    assert list(corpus.compared("udp", [GOOD], [REPLY], set())) == []


def test_every_batch_has_identifiers_of_its_own_and_ends_after_a_short_packet():
    sent = corpus.stamped(iter([GOOD, GOOD[:5], *[GOOD] * 100]))
    found = list(corpus.batches(sent))
    assert [len(batch) for batch in found] == [2, 64, 36]
    assert [packet for batch in found for packet in batch] == sent
    assert all(len({packet[:2] for packet in batch}) == len(batch) for batch in found)
