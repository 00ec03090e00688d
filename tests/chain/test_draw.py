"""The law of draws: exact shares over any stretch, an order that two clients in turn can't fall into step with."""

from itertools import accumulate
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gtm.chain.draw import SIGHT, Draws, Lottery, Rotation

WEIGHTS = {
    "one": [5],
    "equal": [1, 1, 1, 1],
    "3:2:1": [3, 2, 1],
    "1:999": [1, 999],
    "1:999:1000": [1, 999, 1000],
    "one of many": [1] * 99 + [901],
    "two hundred members": [1 + number % 7 for number in range(200)],
    "a zero": [0, 3, 0, 7],
    "coprime and big": [65521, 65519, 65497, 32749],
    "big and small": [65535, 1],
    "just out of sight": [SIGHT, 1],
    "percent": [70, 20, 10],
}


def counted_off(drawn, weights, window):
    """Give how far any window's count is off its share, at the most."""
    total, worst = sum(weights), 0.0
    for member, weight in enumerate(weights):
        sums = [0, *accumulate(int(choice == member) for choice in drawn)]
        share = weight / total * window
        counts = [end - start for start, end in zip(sums, sums[window:], strict=False)]
        worst = max(worst, max(counts) - share, share - min(counts))
    return worst


def kept_in_turn(drawn, weights):
    """Give how far either of two clients that ask in turn is off its share, as a part of its draws."""
    total, half = sum(weights), len(drawn) // 2
    return max(
        abs(drawn[start::2].count(member) / half - weight / total)
        for start in (0, 1)
        for member, weight in enumerate(weights)
    )


def cycle(weights, chance, choice="choice"):
    return Draws(chance).weighted(choice, weights, at_random=False)


@pytest.mark.parametrize("weights", WEIGHTS.values(), ids=WEIGHTS.keys())
def test_any_run_of_draws_is_within_2_of_its_shares(weights):
    draw = cycle(weights, Random(1))
    drawn = [draw.next() for _ in range(6_000)]
    for window in (1, 10, 100, 1000):
        assert counted_off(drawn, weights, window) < 2


def test_more_members_than_are_looked_ahead_for_are_each_given_once_a_cycle():
    draw = cycle([1] * 1_100, Random(1))
    for _ in range(2):
        assert sorted(draw.next() for _ in range(1_100)) == list(range(1_100))


def test_more_members_than_are_looked_ahead_for_come_in_an_order_that_can_not_be_foreseen():
    draw = cycle([1] * 3_000, Random(1))
    drawn = [draw.next() for _ in range(30)]
    assert drawn != sorted(drawn)


def test_choices_with_the_same_weights_are_each_exact_and_not_in_step():
    draws = Draws(Random(4))
    both = [draws.weighted(choice, [3, 2, 1], at_random=False) for choice in ("one", "other")]
    drawn = [[draw.next() for _ in range(3_000)] for draw in both]
    assert all(counted_off(found, [3, 2, 1], 100) < 2 for found in drawn)
    assert drawn[0] != drawn[1]


@settings(max_examples=50)
@given(
    st.lists(st.integers(0, 40), min_size=1, max_size=8).filter(any),
    st.integers(1, 150),
    st.randoms(use_true_random=False),
)
def test_any_weights_and_any_run_are_within_2_of_the_share(weights, window, chance):
    draw = cycle(weights, chance)
    drawn = [draw.next() for _ in range(400)]
    assert counted_off(drawn, weights, window) < 2
    assert all(weights[member] for member in drawn)


@pytest.mark.parametrize("weights", [[1, 1], [1, 1, 1, 1], [3, 1], [2, 1, 1], [70, 20, 10], [1, 999], [5, 3]], ids=str)
def test_two_clients_that_ask_in_turn_both_see_the_shares(weights):
    draw = cycle(weights, Random(5))
    assert kept_in_turn([draw.next() for _ in range(20_000)], weights) < 0.04


def smooth(weights):
    """Rotate smoothly, as weighted round robin is often written: exact, and foreseeable."""
    current = [0] * len(weights)
    while True:
        current = [have + weight for have, weight in zip(current, weights, strict=True)]
        best = max(range(len(weights)), key=current.__getitem__)
        current[best] -= sum(weights)
        yield best


def test_the_guards_bite():
    rotation = smooth([1, 1])
    lockstep = [next(rotation) for _ in range(20_000)]
    assert counted_off(lockstep, [1, 1], 1000) < 2
    assert kept_in_turn(lockstep, [1, 1]) == 0.5
    lottery = Lottery([1, 1], Random(1))
    assert counted_off([lottery.next() for _ in range(6_000)], [1, 1], 1000) > 2


def test_the_order_differs_from_one_source_of_chance_to_the_next():
    draws = [cycle([3, 2, 1], Random(seed)) for seed in range(50)]
    orders = {tuple(draw.next() for _ in range(12)) for draw in draws}
    assert len(orders) > 40


def test_the_same_chance_gives_the_same_order():
    one, other = (cycle([3, 2, 1], Random(9)) for _ in range(2))
    assert [one.next() for _ in range(5_000)] == [other.next() for _ in range(5_000)]


def test_a_lottery_hits_its_shares_on_average():
    lottery = Lottery([0, 1, 3], Random(3))
    drawn = [lottery.next() for _ in range(40_000)]
    assert 0 not in drawn
    assert abs(drawn.count(2) / len(drawn) - 0.75) < 4 * (0.75 * 0.25 / len(drawn)) ** 0.5


def test_a_rotation_turns_right_by_one():
    members, rotation = ["1", "2", "3"], Rotation(3)
    orders = ["".join(members[first:] + members[:first]) for first in (rotation.next() for _ in range(4))]
    assert orders == ["123", "312", "231", "123"]


def test_draw_states_are_found_again_by_their_choice():
    draws = Draws(Random(1))
    found = draws.weighted("choice", [1, 2], at_random=False)
    assert draws.weighted("choice", [1, 2], at_random=False) is found
    assert draws.weighted("other", [1, 2], at_random=False) is not found
    assert isinstance(draws.weighted("choice", [1, 2], at_random=True), Lottery)
    assert draws.rotation("choice", 3) is draws.rotation("choice", 3)
    assert draws.rotation("choice", 3) is not found


@pytest.mark.parametrize("at_random", [False, True])
def test_where_every_weight_is_0_all_count_alike(at_random):
    draw = Draws(Random(2)).weighted("choice", [0, 0, 0, 0], at_random=at_random)
    drawn = [draw.next() for _ in range(8_000)]
    assert all(abs(drawn.count(member) - 2_000) < 200 for member in range(4))


def test_draw_states_are_bounded_in_number():
    draws = Draws(Random(1), size=50)
    for number in range(1_000):
        draws.rotation(number, 2)
    assert len(draws._store) <= 100
    for number in range(3_000):
        draws.weighted(number, [1, number % 1000], at_random=False)
    assert len(draws._decks) <= 2048
