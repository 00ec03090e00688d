"""What the admin door understands, and to whom it opens at all. What needs a socket is in ``tests/edges``."""

import pytest

from gtm.control import door
from gtm.control.admin import Admin, _is_own

ASKED = [
    ("a drain", b'{"on": ["pool:hk"], "word": "drain"}', door.OverrideRequest(on=("pool:hk",), word="drain")),
    (
        "everything",
        b'{"on": ["a"], "word": "up", "reason": "r", "until": 1e9, "by": "ann", "anyway": true}',
        door.OverrideRequest(on=("a",), word="up", reason="r", until=1e9, by="ann", anyway=True),
    ),
    ("a release", b'{"on": ["address:*"]}', door.ReleaseRequest(on=("address:*",))),
    ("a drill", b'{"on": "pool:hk"}', door.DrillRequest(on="pool:hk")),
    ("no body", b"", door.ReloadRequest()),
]


@pytest.mark.parametrize(("body", "wanted"), [each[1:] for each in ASKED], ids=[each[0] for each in ASKED])
def test_a_request_is_decoded(body, wanted):
    assert door.decoded(body, type(wanted)) == wanted


WRONG = [
    ("no JSON", b"on=pool:hk", "malformed"),
    ("cut off", b'{"on": ["pool', "truncated"),
    ("no UTF-8", b'{"on": ["\xff"], "word": "up"}', "not understood"),
    ("deep", b"[" * 5000, "not understood"),
    ("a list", b"[]", "Expected `object`"),
    ("nobody", b'{"on": [], "word": "up"}', "length >= 1"),
    ("many", b'{"on": [' + b'"x",' * 1000 + b'"x"], "word": "up"}', "length <= 1000"),
    ("a text", b'{"on": "pool:hk", "word": "up"}', "Expected `array`"),
    ("another word", b'{"on": ["x"], "word": "off"}', "'off'"),
    ("no word", b'{"on": ["x"]}', "`word`"),
    ("an unknown key", b'{"on": ["x"], "word": "up", "form": 1}', "`form`"),
    ("a number as text", b'{"on": ["x"], "word": "up", "until": "9"}', "$.until"),
    ("before 1970", b'{"on": ["x"], "word": "up", "until": -1}', "$.until"),
    ("1 for true", b'{"on": ["x"], "word": "up", "anyway": 1}', "$.anyway"),
    ("long", b'{"on": ["x"], "word": "up", "reason": "' + b"x" * 1001 + b'"}', "length <= 1000"),
]


@pytest.mark.parametrize(("body", "words"), [each[1:] for each in WRONG], ids=[each[0] for each in WRONG])
def test_a_request_that_is_otherwise_is_refused_with_what_is_wrong(body, words):
    with pytest.raises(door.Misunderstood) as fault:
        door.decoded(body, door.OverrideRequest)
    assert words in str(fault.value)


def test_a_query_is_decoded_by_the_types_of_its_fields():
    found = door.queried([("since", "12.5"), ("pool", "hk"), ("limit", "3")], door.AlertQuery)
    assert found == door.AlertQuery(since=12.5, pool="hk", limit=3)
    several = [("name", "a"), ("name", "b"), ("problems", "true")]
    assert door.queried(several, door.StatusQuery) == door.StatusQuery(name=("a", "b"), problems=True)


def test_the_words_of_a_query_are_bounded():
    words = [("name", f"*{each}*") for each in range(100)]
    assert len(door.queried(words, door.StatusQuery).name) == 100
    with pytest.raises(door.Misunderstood, match="length <= 100"):
        door.queried([*words, ("name", "*")], door.StatusQuery)


@pytest.mark.parametrize(
    ("pairs", "words"),
    [
        ([("pol", "hk")], "`pol`"),
        ([("pool", "hk"), ("pool", "sg")], '"pool" is given twice'),
        ([("limit", "0")], ">= 1"),
        ([("limit", "lots")], "$.limit"),
        ([("since", "nan")], "$.since"),
    ],
    ids=["unknown", "twice", "small", "no number", "not a number"],
)
def test_a_query_that_is_otherwise_is_refused_with_what_is_wrong(pairs, words):
    with pytest.raises(door.Misunderstood) as fault:
        door.queried(pairs, door.AlertQuery)
    assert words in str(fault.value)


@pytest.mark.parametrize(
    ("host", "is_own"),
    [
        ("127.0.0.1:8053", True),
        ("127.0.0.1", True),
        ("192.0.2.7:80", True),
        ("[::1]:8053", True),
        ("localhost:8053", True),
        ("LOCALHOST", True),
        ("rebound.example", False),
        ("rebound.example:8053", False),
        ("localhost.rebound.example", False),
        ("127.0.0.1.rebound.example", False),
        ("rebound.example@127.0.0.1.example", False),
        (None, True),
        ("", False),
        ("[", False),
        ("[::1", False),
        (":8053", False),
    ],
)
def test_the_door_goes_by_addresses_and_localhost_only(host, is_own):
    assert _is_own(host) is is_own


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "2001:db8::1"])
@pytest.mark.parametrize("token", [None, ""], ids=["none", "empty"])
def test_without_a_token_the_door_does_not_open_to_other_machines(host, token):
    with pytest.raises(ValueError, match="open to other machines and has no token"):
        Admin(None, (host, 0), token)
