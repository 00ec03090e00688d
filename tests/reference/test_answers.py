"""Every answer of the server is one that the rules allow, over random configurations and random histories."""

import os

import pytest
from hypothesis import given, settings

from gtm import Verdict, codes
from gtm import name as names
from gtm.model.ranking import Ranking, Tier
from gtm_plugins.sequence import Sequence

from .configurations import Ask, Reload, Restart, Tell, changed, configurations, histories, told_of
from .model import Reference
from .rules import End
from .served import CLIENTS, OF_ZONE, PLUGINS, ZONE_TTL, Server

DEPTH = int(os.environ.get("GTM_TEST_DEPTH", "1"))
"""How many times as many examples as usual; above 1 they differ from run to run."""


def deep(examples):
    return settings(max_examples=examples * DEPTH, derandomize=DEPTH == 1)


class Comparison:
    """The server and the reference side by side."""

    def __init__(self, configuration, plugins=PLUGINS):
        self.configuration = configuration
        self.server = Server(configuration, plugins)
        self.reference = Reference(configuration)

    def happen(self, event):
        match event:
            case Tell():
                self._tell(event)
            case Reload():
                self.configuration = changed(self.configuration, event)
                self.server.reload(self.configuration)
                self.reference.reload(self.configuration)
            case Restart():
                self.server.restart()
                self.reference.restart()
            case Ask():
                for _ in range(event.times):
                    self._ask(event)

    def _tell(self, event):
        keys = told_of(self.configuration)
        changes = event.changes if event.everything is None else [(n, event.everything) for n in range(len(keys))]
        verdicts = {keys[n % len(keys)]: Verdict.UP if well else Verdict.DOWN for n, well in changes if keys}
        self.server.tell(verdicts)
        self.reference.tell(verdicts)

    def _ask(self, event):
        domain = self.configuration[event.domain]
        # an A query at a CNAME's name is the CNAME's as well, and at an AAAA's name the zone's
        name, qtype = domain.name, event.qtype or domain.qtype
        client = CLIENTS[event.network]
        answer = self.server.ask(name, qtype, event.network, by_subnet=event.by_subnet)
        assert (answer.rcode, answer.is_authoritative) == (codes.NOERROR, True)
        ways = self.reference.ways(name, qtype, client)
        if isinstance(ways, End):
            expected = OF_ZONE.get((names.show(name).split(".")[0], qtype)) if ways is End.ZONE else None
            assert answer.values == ((expected,) if expected else ()), ways
            assert answer.has_soa is not bool(expected)
            assert answer.ttls <= {ZONE_TTL}
            return
        lawful = self.reference.lawful(name, qtype, client)
        assert self.reference.saw(name, qtype, client, answer.records), f"{answer.records} is none of {lawful}"
        assert answer.ttls == {self.reference.ttl(name, qtype)}


@deep(400)
@given(configurations(), histories)
def test_every_answer_is_one_that_the_rules_allow(configuration, history):
    comparison = Comparison(configuration)
    for event in history:
        comparison.happen(event)


class Forgetful(Sequence):
    """Breaks R-55: forgets whom it held."""

    def rank(self, group):
        if group.policy == self.name:
            return Ranking(tuple(Tier.of(member) for member in group.members))
        return None


def test_the_comparison_notices_a_server_that_breaks_a_rule():
    pass
