"""ttl: how long an answer lives (R-10)."""

import msgspec
import pytest

from gtm import Choice, Pick
from gtm_plugins.ttl import Ttl
from tests.chain.making import domain, pool
from tests.plugins.policies import made

DOMAIN = domain("www.example.com", pool("p", "192.0.2.1"), ttl=60)
PICK = Pick(DOMAIN.key, "all", at_random=False, options=())
LIMITS = {"max": 40, "degraded": 20, "rescued": 5}


@pytest.mark.parametrize(
    ("options", "choice", "ttl"),
    [
        ({}, Choice(DOMAIN, PICK), 60),
        ({}, Choice(DOMAIN, PICK, rescued=True, complete=False), 60),
        (LIMITS, Choice(DOMAIN, PICK), 40),
        (LIMITS, Choice(DOMAIN, PICK, complete=False), 20),
        (LIMITS, Choice(DOMAIN, PICK, rescued=True, complete=False), 5),
        ({"max": 300, "rescued": 0}, Choice(DOMAIN, PICK), 60),
        ({"rescued": 0}, Choice(DOMAIN, PICK, rescued=True), 0),
    ],
)
def test_the_smallest_that_applies_is_taken(options, choice, ttl):
    assert made(Ttl, **options).expire(choice, DOMAIN.ttl) == ttl


def test_what_another_plugin_lowered_is_not_raised():
    assert made(Ttl).expire(Choice(DOMAIN, PICK), 10) == 10


@pytest.mark.parametrize("seconds", [-1, 2**31, 1.5, "60"])
def test_a_limit_is_a_whole_number_of_seconds(seconds):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"max": seconds}, Ttl.Options)
