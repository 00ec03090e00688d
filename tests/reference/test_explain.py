"""``explain`` says what the wire does: the same answers, in the same shares, with the same TTL and scope."""

from collections import Counter
from fractions import Fraction

from hypothesis import assume, given
from hypothesis import strategies as st

from gtm import Client, Question, codes
from gtm.chain.explain import explain

from .comparison import Comparison
from .configurations import asks, configurations, events
from .depth import deep
from .draws import shares
from .rules import End, Give
from .served import CLIENTS, NOON

THOUSAND = 1000


def told(comparison, asked):
    engine = comparison.server.engine
    domain = comparison.configuration[asked.domain]
    client = Client.of(f"{asked.network}.0/24") if asked.by_subnet else Client.of(f"{asked.network}.1")
    return explain(engine.service, Question(domain.name, domain.qtype), client, engine.state, NOON)


def seen(comparison, asked, times):
    domain = comparison.configuration[asked.domain]
    for _ in range(times):
        yield comparison.server.ask(domain.name, domain.qtype, asked.network, by_subnet=asked.by_subnet)


def after(configuration, happened):
    comparison = Comparison(configuration)
    for event in happened:
        comparison.happen(event)
    return comparison


def agrees(way, values):
    """An answer of which the order rotates holds the same records in some order, any other the very same."""
    return sorted(way.records) == sorted(values) if way.rotates else way.records == values


@deep(150)
@given(configurations(), st.lists(events, max_size=6), asks)
def test_every_answer_is_among_those_explained_with_its_ttl_and_scope(configuration, happened, asked):
    comparison = after(configuration, happened)
    explanation = told(comparison, asked)
    for answer in seen(comparison, asked, 12):
        assert codes.rcode_text(answer.rcode) == explanation.rcode
        if answer.records:
            assert any(agrees(way, answer.values) for way in explanation.answers)
            assert answer.ttls == {explanation.ttl}
        else:
            assert not explanation.answers
        assert answer.scope == (explanation.ecs_scope if asked.by_subnet else None)


def is_exact(ways):
    """Where all of several pools draw by weight, the mixture is up to chance, and only each record's own share is exact."""
    return not isinstance(ways, End) and (
        ways.how == "one" or any(isinstance(way, Give) and way.how == "one" for _, way in ways.ways)
    )


@deep(25)
@given(configurations(), st.lists(events, max_size=3), asks)
def test_explained_shares_are_met_over_a_thousand_draws(configuration, happened, asked):
    comparison = after(configuration, happened)
    domain = comparison.configuration[asked.domain]
    ways = comparison.reference.ways(domain.name, domain.qtype, CLIENTS[asked.network])
    assume(is_exact(ways))
    explained = Counter()
    for way in told(comparison, asked).answers:
        explained.update(dict.fromkeys(way.records, way.share))
    counts = Counter(value for answer in seen(comparison, asked, THOUSAND) for value in answer.values)
    for value, share, slack in shares(ways):
        assert abs(counts[value] - share * THOUSAND) <= slack, value
        assert abs(Fraction(explained[value]) - share) < Fraction(1, 10000), value
    assert counts.keys() <= {value for value, share, _ in shares(ways) if share}
