"""Plans: the second query with the same facts runs no plugin, and a changed fact drops the plans that read it, no others."""

from collections import Counter
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gtm import Client, Known, Place, Ranking, Tier, Verdict, codes, hookimpl
from gtm.chain.draw import Draws
from gtm.chain.facts import HEALTHY, Clients, Facts
from gtm.chain.plan import BRANCHES, Node, Plans, longest
from gtm.chain.splice import prepare
from gtm.chain.walk import Walk
from gtm.health.table import Belief, State, Table
from gtm.model.question import Question
from tests.chain.making import (
    NOON,
    SOA,
    All,
    Healthy,
    InTurn,
    Static,
    Stranger,
    address,
    domain,
    engine,
    host,
    pool,
    query,
    service,
    walked,
)
from tests.engine.reading import read, subnet, values


class Counting(Stranger):
    """Counts the calls of every hook on the path of a query, and passes."""

    name = "counting"

    def __init__(self):
        self.calls = Counter()

    @hookimpl
    def classify(self):
        self.calls["classify"] += 1

    @hookimpl
    def rank(self):
        self.calls["rank"] += 1

    @hookimpl
    def admit(self):
        self.calls["admit"] += 1

    @hookimpl
    def rescue(self):
        self.calls["rescue"] += 1

    @hookimpl
    def expire(self):
        self.calls["expire"] += 1

    @hookimpl
    def fallback(self):
        self.calls["fallback"] += 1


class Continents(Stranger):
    """Places clients by their first octet: even in Europe, odd in Asia, both by the first 8 bits."""

    name = "continents"

    @hookimpl
    def classify(self, client, place):
        return Place(continent=Known("EU" if client.address.packed[0] % 2 == 0 else "AS", 8), country=Known("DE", 20))


class ByContinent(Stranger):
    """Serves Europe from the first member, the rest from the last."""

    name = "by_continent"

    @hookimpl
    def rank(self, group, facts):
        if group.policy != "continent":
            return None
        return Ranking((Tier.of(group.members[0 if facts.continent == "EU" else -1]),))


class ByNetwork(Stranger):
    """Serves each network by itself."""

    name = "by_network"

    @hookimpl
    def rank(self, group, facts):
        if group.policy != "network":
            return None
        return Ranking(
            (Tier.of(group.members[facts.client_network(24, 56).network_address.packed[2] % len(group.members)]),)
        )


class ByLine(Stranger):
    """Asks for a line, and serves all alike."""

    name = "by_line"

    @hookimpl
    def rank(self, group, facts):
        if group.policy != "line":
            return None
        facts.line(["north", "south"])
        return Ranking((Tier.of(*group.members),))


HK, SG = pool("hk", "192.0.2.1", "192.0.2.2"), pool("sg", "192.0.2.3", "192.0.2.4")


def ask(server, text="www.example.com", peer="198.51.100.7", now=NOON, **more):
    return server.answer(query(text, **more), peer, now)


@pytest.mark.parametrize(
    ("text", "peers"),
    [("www.example.com", ["10.0.0.1", "10.9.9.9", "12.0.0.1"]), ("static.example.com", ["10.0.0.1", "11.0.0.1"])],
)
def test_the_second_query_with_the_same_facts_runs_no_plugin(text, peers):
    counting = Counting()
    found = domain("www.example.com", HK, SG, policy="continent")
    static = Static({("static.example.com", codes.A): host("static.example.com")})
    server = engine([counting, Continents(), ByContinent(), All(), Healthy(), static], found)
    for peer in peers:
        ask(server, text, peer)
    assert server.walks == 1
    before = Counter(counting.calls)
    assert before["rank" if text == "www.example.com" else "fallback"]
    for _ in range(20):
        for peer in peers:
            ask(server, text, peer)
            ask(server, text.upper(), peer, edns=0)
    assert (counting.calls, server.walks) == (before, 1)


def test_a_client_is_classified_once_a_network_and_not_once_a_name():
    counting = Counting()
    found = [domain(f"n{number}.example.com", HK, SG, policy="continent") for number in range(10)]
    server = engine([counting, Continents(), ByContinent(), All()], *found)
    for number in range(10):
        ask(server, f"n{number}.example.com")
    assert counting.calls["classify"] == 1


def test_every_client_with_the_same_facts_shares_one_plan_and_others_have_their_own():
    server = engine([Continents(), ByContinent(), All()], domain("www.example.com", HK, SG, policy="continent"))
    for octet in range(2, 200):
        wanted = ["192.0.2.1", "192.0.2.2"] if octet % 2 == 0 else ["192.0.2.3", "192.0.2.4"]
        assert sorted(values(ask(server, peer=f"{octet}.1.2.3"))) == wanted
    assert server.walks == 2
    assert server._plans.leaves() == 2


def down(*items):
    return Table.of({f"address:{item}": Verdict.DOWN for item in items})


def test_a_changed_health_fact_drops_the_plans_that_read_it_and_no_others():
    found = [domain("hk.example.com", HK), domain("sg.example.com", SG), domain("both.example.com", HK, SG)]
    server = engine([All(), Healthy(), Static()], *found)
    names = ["hk.example.com", "sg.example.com", "both.example.com", "nowhere.example.com"]
    for name in names:
        ask(server, name)
    assert (server.walks, server._plans.leaves()) == (4, 4)
    server.publish(down("192.0.2.1"), NOON)
    assert server._plans.leaves() == 2
    for name in names:
        ask(server, name)
    assert server.walks == 6
    assert values(ask(server, "hk.example.com")) == ["192.0.2.2"]
    server.publish(down("192.0.2.1"), NOON)
    server.publish(server.table.saying({"check:nobody": Belief(Verdict.DOWN)}), NOON)
    assert (server.walks, server._plans.leaves()) == (6, 4)
    server.publish(Table(), NOON)
    assert server._plans.leaves() == 2
    assert sorted(values(ask(server, "hk.example.com"))) == ["192.0.2.1", "192.0.2.2"]


def test_below_a_client_fact_only_the_branch_that_read_the_changed_fact_falls():
    server = engine(
        [Continents(), ByContinent(), All(), Healthy(), Static()], domain("www.example.com", HK, SG, policy="continent")
    )
    for peer in ("10.0.0.1", "11.0.0.1"):
        ask(server, peer=peer)
    server.publish(down("192.0.2.3"), NOON)
    assert server._plans.leaves() == 1
    ask(server, peer="10.0.0.1")
    assert server.walks == 2
    assert values(ask(server, peer="11.0.0.1")) == ["192.0.2.4"]
    assert server.walks == 3


class FirstHealth(ByContinent):
    """Reads health before it reads where the client is."""

    @hookimpl
    def rank(self, group, facts):
        facts.healthy(address("192.0.2.9"))
        return super().rank(group, facts)


@pytest.mark.parametrize("policy", [FirstHealth, ByContinent], ids=["read first", "not read"])
def test_a_world_fact_that_was_read_before_the_client_takes_the_whole_tree_along(policy):
    item = pool("p", "192.0.2.9", "192.0.2.8")
    server = engine(
        [Continents(), policy(), All()],
        domain("www.example.com", item, HK, policy="continent"),
        domain("x.example.com", item),
    )
    for peer in ("10.0.0.1", "11.0.0.1"):
        ask(server, peer=peer)
    server.publish(down("192.0.2.9"), NOON)
    assert server._plans.leaves() == (0 if policy is FirstHealth else 2)


def test_a_held_member_drops_the_plans_that_read_it():
    class Holding(InTurn):
        @hookimpl
        def rank(self, group, facts):
            if not group.preemptive:
                facts.held(group)
            return super().rank(group)

    found = [domain("www.example.com", HK, SG, preemptive=False), domain("x.example.com", HK)]
    server = engine([Holding(), Healthy(), Static()], *found)
    for name in ("www.example.com", "x.example.com"):
        ask(server, name)
    before = server._plans.leaves()
    server.hold({"domain:www.example.com/A": "pool:sg"}, NOON)
    assert (before, server._plans.leaves()) == (2, 1)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(["ask", "down", "up"]), st.integers(1, 4), st.integers(0, 3)), max_size=40))
def test_plans_answer_as_fresh_walks_would(steps):
    found = [
        domain("www.example.com", HK, SG, policy="continent"),
        domain("a.example.com", HK),
        domain("b.example.com", HK, SG),
    ]
    plugins = [Continents(), ByContinent(), All(), Healthy(), Static()]
    server, verdicts = engine(plugins, *found), {}
    for step, octet, which in steps:
        if step == "ask":
            name, peer = ["www", "www", "a", "b"][which], ["10.0.0.1", "11.0.0.1", "12.0.0.1", "13.0.0.1"][which]
            fresh = engine(plugins, *found)
            fresh.publish(Table.of(dict(verdicts)), NOON)
            old, new = (sorted(_answer(one, f"{name}.example.com", peer)) for one in (server, fresh))
            assert old == new
        else:
            verdicts[f"address:192.0.2.{octet}"] = Verdict.DOWN if step == "down" else Verdict.UP
            server.publish(Table.of(dict(verdicts)), NOON)


def _answer(server, text, peer):
    wire = ask(server, text, peer)
    rcode = wire[3] & 15
    return [str(rcode), *values(wire, rcode=rcode)]


@pytest.mark.parametrize("policy", ["network", "line"])
def test_a_flood_of_client_networks_is_held_within_bounds(policy):
    server = engine([ByNetwork(), ByLine(), All()], domain("www.example.com", pool("p", "192.0.2.1"), policy=policy))
    packet = bytearray(query("www.example.com", subnet="10.0.0.0/24"))
    at = len(packet) - 3
    for number in range(30_000):
        packet[at + 1 : at + 3] = (number & 0xFFFF).to_bytes(2)
        packet[at] = 10 + (number >> 16)
        reply = server.answer(bytes(packet), "198.51.100.1", NOON)
        if number % 9973 == 0:
            network = bytes(packet[at : at + 3])
            echoed = subnet(read(reply))
            assert (echoed.addrdata, echoed.scopelen) == (network, 24 if policy == "network" else 0)
    assert server._plans.leaves() <= (2 * BRANCHES if policy == "network" else 1)
    assert server._plans._made >= (30_000 if policy == "network" else 1)
    for store in (server._clients.known, server._clients._places, server._reception.visitors, server._draws._store):
        assert len(store) <= 2 * store._size
    assert {kind for kind, _ in server._plans._ties} == {"word"}
    assert len(server._plans._ties) == 3


def planned(plans, facts, text="www.example.com"):
    outcome = Walk(service([All()], domain(text, HK)), facts, lambda *_: Place()).run(Question.of(text))
    plan = prepare(outcome.question, outcome, Draws(Random(1)))
    plans.keep(text, facts.reads.values(), plan)
    return plan


def test_all_is_forgotten_when_more_plans_were_made_than_may_be_kept():
    plans = Plans(plans=10)
    kept = []
    for number in range(35):
        planned(plans, Facts(Client.of("192.0.2.1"), State(), Clients(4), NOON), f"n{number}.example.com")
        kept.append(plans.leaves())
    assert max(kept) <= 11
    assert kept[-1] < 10


def test_a_tree_that_asks_something_else_now_takes_the_place_of_the_old_one():
    plans, clients = Plans(), Clients(4)
    for order in (("country", "asn"), ("asn",), ("country",)):
        facts = Facts(Client.of("192.0.2.1"), State(), clients, NOON)
        for accessor in order:
            getattr(facts, accessor)
        planned(plans, facts)
        assert plans.leaves() == 1
        assert plans.roots.get("www.example.com").asks.name == {"asn": "AS number"}.get(order[0], order[0])


def test_a_node_that_was_replaced_does_not_take_its_successor_along():
    plans = Plans()
    facts = Facts(Client.of("192.0.2.1"), State(), Clients(4), NOON)
    facts.healthy(address("192.0.2.1"))
    planned(plans, facts)
    old = plans.roots.get("www.example.com")
    planned(plans, Facts(Client.of("192.0.2.1"), State(), Clients(4), NOON))
    assert isinstance(old, Node)
    assert plans.drop([(HEALTHY, "address:192.0.2.1"), (HEALTHY, "address:unknown")]) == 0
    assert plans.leaves() == 1


def test_the_longest_ttl_of_an_outcome_is_found_in_every_section():
    _, outcome, _ = walked(service([All()], domain("www.example.com", HK, ttl=7)))
    assert longest(outcome) == 7
    _, outcome, _ = walked(service([Static()]))
    assert longest(outcome) == SOA.ttl
    _, outcome, _ = walked(service([]))
    assert longest(outcome) == 0
