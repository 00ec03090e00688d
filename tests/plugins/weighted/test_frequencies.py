"""Catalogue 3.2, weights 0, all 0, negative, huge: what is answered how often, over 100,000 draws."""

from collections import Counter
from random import Random

import dns.message
import pytest

from gtm.chain.draw import Draws
from gtm.config.fault import Faults
from gtm.config.load import load
from gtm.engine import Engine

DRAWS = 100_000
COREFILE = """
[[zone]]
name = "example.com"
chain = ["weighted", "round_robin"]

[pools.p]
policy = "weighted"
addresses = [{addresses}]

[[domain]]
name = "www.example.com"
type = "A"
pools = ["p"]
"""


def corefile(folder, *weights):
    items = (f'{{ value = "192.0.2.{place}", weight = {weight} }}' for place, weight in enumerate(weights))
    (folder / "Corefile.toml").write_text(COREFILE.format(addresses=", ".join(items)))
    return folder / "Corefile.toml"


def assert_shares(counts, weights):
    """Every count is within 4 sigma of its share; a weight of 0 is never drawn, unless all are 0: then all are equal."""
    shares = weights if any(weights) else [1] * len(weights)
    total = sum(counts.values())
    for place, share in enumerate(shares):
        part = share / sum(shares)
        assert abs(counts[place] - total * part) <= 4 * (total * part * (1 - part)) ** 0.5


@pytest.mark.parametrize("at_random", [False, True], ids=["cycle", "random"])
@pytest.mark.parametrize("weights", [[1], [0, 1, 3], [0, 0, 0], [1000, 1, 0], [65535, 65535], list(range(40))], ids=str)
def test_each_is_drawn_as_its_weight_says(weights, at_random):
    draw = Draws(Random(7)).weighted("choice", weights, at_random=at_random)
    assert_shares(Counter(draw.next() for _ in range(DRAWS)), weights)


@pytest.mark.parametrize("weights", [[0, 1, 3], [0, 0, 0]], ids=str)
def test_answers_hold_each_as_its_weight_says(tmp_path, weights):
    engine = Engine(load(corefile(tmp_path, *weights)).service, Random(7))
    packet = dns.message.make_query("www.example.com", "A", use_edns=False).to_wire()
    assert_shares(Counter(engine.answer(packet, "127.0.0.1", 0.0)[-1] for _ in range(DRAWS)), weights)


def test_the_guard_bites():
    with pytest.raises(AssertionError):
        assert_shares(Counter({0: 50_700, 1: 49_300}), [1, 1])
    with pytest.raises(AssertionError):
        assert_shares(Counter({0: 1, 1: 99_999}), [0, 1])


@pytest.mark.parametrize("weight", ["-1", "65536", "1e300", "1.5", "nan", "inf", '"1"', "true"])
def test_any_other_weight_is_refused(tmp_path, weight):
    with pytest.raises(Faults, match=r"addresses #2 .*weight: "):
        load(corefile(tmp_path, 1, weight))
