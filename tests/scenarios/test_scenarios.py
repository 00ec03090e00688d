"""The truth table, row by row, and the runner's own guards."""

import tomllib

import msgspec
import pytest

from gtm.config.fault import Faults

from .corefile import change, write
from .player import Player
from .scenario import Changes, parse, scenarios, table

ROWS = 72
ALL = scenarios()
FIRST = """
[[scenario]]
row = 1
about = "for the guards"
rules = []
inter = "sequence"
intra = "weighted"
"""


@pytest.mark.parametrize("scenario", ALL, ids=lambda scenario: f"row {scenario.row}")
def test_a_situation_gets_the_answer_that_it_must(scenario, tmp_path):
    if not scenario.faults:
        player = Player(scenario, tmp_path)
        for step in scenario.steps:
            player.play(step)
        return
    with pytest.raises(Faults) as refused:
        Player(scenario, tmp_path)
    (fault,) = refused.value.faults
    assert all(words in str(fault) for words in scenario.faults), str(fault)


def test_every_row_of_the_truth_table_has_its_scenario():
    assert sorted(scenario.row for scenario in ALL) == list(range(1, ROWS + 1))


def test_the_fixture_is_written_as_it_was_read():
    fixture = table("fixture.toml")
    assert tomllib.loads(write(change(fixture, Changes()))) == fixture


@pytest.mark.parametrize(
    "wrong",
    [
        'answer = ["b1"]',
        'answer = ["a1", "a2"]',
        'any_of = [["b1"], ["c1"]]',
        "shares = { a1 = 0.3, a2 = 0.7 }",
        "shares = { a1 = 1.0 }",
        'any_of = [["a1"], ["a2"]], ttl = 31',
        'any_of = [["a1"], ["a2"]], rcode = "NXDOMAIN"',
        'any_of = [["a1"], ["a2"]], health = { a1 = "ok" }',
        'any_of = [["a1"], ["a2"]], subnet = "203.0.113.0/24", scope = 24',
        'line = "telecom", answer = ["a1"]',
    ],
)
def test_the_runner_notices_an_answer_that_is_not_so(wrong, tmp_path):
    (scenario,) = parse(f"{FIRST}steps = [{{ {wrong} }}]")
    with pytest.raises(AssertionError):
        Player(scenario, tmp_path).play(scenario.steps[0])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f'{FIRST}steps = [{{ answer = ["a1"], anwser = ["a1"] }}]', "unknown field `anwser`"),
        (f'{FIRST}steps = [{{ answer = ["a1"] }}]\nintro = "weighted"', "unknown field `intro`"),
        (f'{FIRST}steps = [{{ down = ["pool:P1"] }}]', "exactly one way"),
        (FIRST, "either faults or steps"),
    ],
)
def test_a_scenario_that_says_nothing_or_something_unknown_is_refused(text, message):
    with pytest.raises(msgspec.ValidationError, match=message):
        parse(text)
