"""Every answer of the server is one that the rules allow, over random configurations and random histories."""

from dataclasses import replace

import pytest
from hypothesis import given

from gtm import Check, Ranking, Tier, hookimpl
from gtm_plugins.round_robin import RoundRobin
from gtm_plugins.sequence import Sequence

from .comparison import Comparison
from .configurations import Ask, Fail, Recover, Restart, Tell, configurations, histories
from .depth import deep
from .served import PLUGINS
from .values import domain_of, pool_of

SOMEBODY = Ask(0, "10.1.0", by_subnet=False, times=3, covered=False)


@deep(350)
@given(configurations(), histories)
def test_every_answer_is_one_that_the_rules_allow(configuration, history):
    Comparison(configuration).play(history)


def test_half_of_two_checks_is_fifty_per_cent():
    """R-26 at its border, which random configurations seldom meet."""
    (first, second) = pool_of(1, 2).members
    checks = tuple(Check(template, 80, first.item.value) for template in ("tcp", "web"))
    judged = replace(first, item=replace(first.item, checks=checks, healthy_when=50))
    comparison = Comparison((domain_of(replace(pool_of(1, 2), members=(judged, second))),))
    comparison.play([(Tell(((0, False), (1, True))), SOMEBODY), (Tell(((1, False),)), SOMEBODY)])


class Forgetful(Sequence):
    """Breaks R-55: never holds on to anybody."""

    @hookimpl
    def rank(self, group):
        return Ranking(tuple(Tier.of(member) for member in group.members)) if group.policy == self.name else None


class Backwards(RoundRobin):
    """Breaks R-52: begins with the last."""

    @hookimpl
    def rank(self, group):
        return Ranking((Tier.of(*reversed(group.members)),)) if group.policy == self.name else None


@pytest.mark.parametrize("broken", [Forgetful, Backwards])
def test_the_comparison_notices_a_server_that_breaks_a_rule(broken):
    plugins = tuple(broken if issubclass(broken, kind) else kind for kind in PLUGINS)
    pools = (pool_of(1, 2), pool_of(2, 2))
    comparison = Comparison((domain_of(*pools, policy="sequence", preemptive=False),), plugins)
    with pytest.raises(AssertionError, match="is none of"):
        comparison.play((event, SOMEBODY) for event in (Fail(0), Recover(0), Restart()))
