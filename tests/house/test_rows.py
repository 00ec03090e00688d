"""Each row of the fault catalogue has tests, and they exist."""

from pathlib import Path

import pytest

from tests.house import rows

TESTS = Path(__file__).parents[1]
README = (TESTS / "README.md").read_text(encoding="utf-8")
CATALOGUE = TESTS.parents[1] / "shared" / "conformance.md"
FAULTY = "\n### Packets\n\n| row | tests |\n| --- | --- |\n| one | nothing yet |\n| two | `house/test_rows.py::test_nothing` |\n| three | does not apply yet |\n"


def test_every_row_names_tests_or_says_why_not():
    assert rows.untold(README) == []


def test_every_test_that_is_named_exists():
    assert list(rows.untrue(README, TESTS)) == []


def test_every_row_of_the_catalogue_is_there_and_no_other():
    if not CATALOGUE.exists():
        pytest.skip("the catalogue is not beside this checkout")
    assert list(rows.rows(README)) == rows.catalogue(CATALOGUE.read_text(encoding="utf-8"))


def test_a_row_without_a_test_and_a_test_that_does_not_exist_are_found():
    assert rows.untold(FAULTY) == ["one"]
    assert list(rows.untrue(FAULTY, TESTS)) == ["house/test_rows.py::test_nothing"]
    assert list(rows.untrue("`house/test_nothing.py::test_it`", TESTS)) == ["house/test_nothing.py::test_it"]
    assert list(rows.rows(FAULTY)) == ["one", "two", "three"]


def test_the_catalogues_own_rows_are_read_without_its_head():
    text = "\n### 3.1 Packets\n| fault | ours |\n|---|---|\n| **odd** ones | drop |\n### 3.4 More\n| other | x |\n"
    assert rows.catalogue(text) == ["odd ones"]
