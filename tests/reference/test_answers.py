"""Every answer of the server is one that the rules allow, over random configurations and random histories."""

import pytest
from hypothesis import given

from gtm import Domain, Member, Ranking, Tier, hookimpl
from gtm_plugins.round_robin import RoundRobin
from gtm_plugins.sequence import Sequence

from .comparison import Comparison
from .configurations import Ask, Fail, Recover, Restart, configurations, histories
from .depth import deep
from .served import PLUGINS, SHOP
from .values import pool_of

SOMEBODY = Ask(0, "10.1.0", by_subnet=False, times=3, covered=False)


@deep(350)
@given(configurations(), histories)
def test_every_answer_is_one_that_the_rules_allow(configuration, history):
    comparison = Comparison(configuration)
    for event, asked in history:
        comparison.happen(event)
        comparison.ask(asked)


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
    members = tuple(Member(pool, place) for place, pool in enumerate(pools, 1))
    comparison = Comparison((Domain(SHOP, 1, members, policy="sequence", preemptive=False),), plugins)
    with pytest.raises(AssertionError, match="is none of"):
        for event in (Fail(0), Recover(0), Restart()):
            comparison.happen(event)
            comparison.ask(SOMEBODY)
