"""Lines of tables, keys and elements, against what a person counts, and against ``tomllib`` for what there is."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtm.config.scan import Scanner
from tests.config.writing import document

TEXT = '''\
# a comment = with "marks" [in] {it}
top = 1

[server]
listen = [ # here
  "a", "b",
  # "not this",
  "c",
]
"quoted key" = """
one
two \\""" three"""   # behind
'literal' = \'\'\'
[not.a.table]
\'\'\'
after = 1979-05-27 07:32:00

[[zone]]
name = "one"
[[zone.chain]]
use = "x"
[[zone.chain]]
use = "y"

[[zone]]
name = 'two' # "
chain = [{ use = "a", of = { deep = [1, [2,
  3]] } },
  "b"]

[pools . hk]
dotted.key.inside = true
dotted.other = 5.5
[pools.'s g']
x = ["", \'\', """""", \'\'\'\'\'\', """"two""", 1]
y = 0
'''

PLACES = {
    ("top",): 2,
    ("server",): 4,
    ("server", "listen"): 5,
    ("server", "listen", 0): 6,
    ("server", "listen", 1): 6,
    ("server", "listen", 2): 8,
    ("server", "quoted key"): 10,
    ("server", "literal"): 13,
    ("server", "after"): 16,
    ("zone",): 18,
    ("zone", 0): 18,
    ("zone", 0, "name"): 19,
    ("zone", 0, "chain", 0): 20,
    ("zone", 0, "chain", 0, "use"): 21,
    ("zone", 0, "chain", 1): 22,
    ("zone", 0, "chain", 1, "use"): 23,
    ("zone", 1): 25,
    ("zone", 1, "name"): 26,
    ("zone", 1, "chain", 0, "of", "deep", 1, 0): 27,
    ("zone", 1, "chain", 0, "of", "deep", 1, 1): 28,
    ("zone", 1, "chain", 1): 29,
    ("pools",): 31,
    ("pools", "hk"): 31,
    ("pools", "hk", "dotted", "key", "inside"): 32,
    ("pools", "hk", "dotted"): 32,
    ("pools", "hk", "dotted", "other"): 33,
    ("pools", "s g"): 34,
    ("pools", "s g", "x", 4): 35,
    ("pools", "s g", "y"): 36,
    ("pools", "hk", "missing"): 31,
    ("missing",): None,
}


@pytest.mark.parametrize("path", PLACES, ids=lambda path: " ".join(map(str, path)))
def test_every_place_has_the_line_that_it_is_written_on(path):
    tomllib.loads(TEXT)
    assert Scanner(TEXT).line(path) == PLACES[path]


def test_lines_that_end_in_two_characters_are_counted_once():
    text = TEXT.replace("\n", "\r\n")
    tomllib.loads(text)
    scanner = Scanner(text)
    assert {path: scanner.line(path) for path in PLACES} == PLACES


def places(value, path=()):
    """Every path in a document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inside in inner:
        yield (*path, key)
        yield from places(inside, (*path, key))


texts = st.text(max_size=6)
values = st.recursive(
    st.booleans() | st.integers(-9, 9) | st.floats(allow_nan=False) | st.dates() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(texts, values, max_size=4), st.booleans())
def test_every_key_of_any_document_is_found_on_a_line_that_holds_it(data, multiline):
    text = document(data, multiline)
    parsed = tomllib.loads(text)
    lines = text.replace("\r\n", "\n").split("\n")
    scanner = Scanner(text)
    for path in places(parsed):
        line = scanner.line(path)
        assert line is not None, path
        key = path[-1]
        if isinstance(key, str) and key.isalnum() and key.isascii():
            assert key in lines[line - 1]
