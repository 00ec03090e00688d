"""Hit and first walk answer alike; services are exchanged whole; what is drawn and held goes on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtm import NoData, NoName, Pool, Ranking, Records, Referral, Refusal, Tier, TooLong, Verdict, codes, hookimpl
from gtm.chain.plan import BRANCHES
from gtm.health.table import Table
from tests.chain.making import (
    NOON,
    SOA,
    All,
    Healthy,
    InTurn,
    Static,
    Stranger,
    alias,
    domain,
    engine,
    host,
    pool,
    query,
    service,
)
from tests.engine.reading import values

NS = host("ns.example.com").answer[0]
ENDINGS = {
    "a": host("a.example.com"),
    "alias": alias("alias.example.com", "a.example.com"),
    "away": alias("away.example.com", "cdn.example.net"),
    "lost": alias("lost.example.com", "nowhere.example.com"),
    "more": Records(host("more.example.com").answer, None, (NS,)),
    "nodata": NoData(SOA),
    "cut": Referral((SOA,), (NS,), (NS,)),
    "long": TooLong((SOA,)),
    "nowhere": NoName(SOA),
}
STATIC = Static({(f"{name}.example.com", codes.A): ending for name, ending in ENDINGS.items()})
MIXED = st.sampled_from([*ENDINGS, "www"]).map(lambda name: f"{name}.example.com") | st.just("example.org")


@given(
    MIXED,
    st.sampled_from([0, 0x0100, 0x0110, 0x0120, 0x0300]),
    st.sampled_from(
        [
            {},
            {"edns": True},
            {"do": True},
            {"subnet": "203.0.113.0/24"},
            {"subnet": "2001:db8::/56"},
            {"subnet": "0.0.0.0/0"},
        ]
    ),
    st.booleans(),
)
def test_a_hit_is_answered_octet_by_octet_as_the_first_walk_was(text, flags, more, upper):
    server = engine([All(), STATIC], domain("www.example.com", pool("p", "192.0.2.1")))
    first = server.answer(query(text, flags=flags, **more), "198.51.100.7", NOON)
    walks = server.walks
    assert server.answer(query(text, flags=flags, **more), "198.51.100.7", NOON) == first
    other = query(text.upper() if upper else text, flags=flags, **more)
    third = server.answer(other, "198.51.100.7", NOON)
    assert (third[:12], third.lower()) == (first[:12], first.lower())
    assert server.walks == walks == 1


class Holding(Stranger):
    """Serves the member that the group holds, then the rest in order, and holds it."""

    name = "holding"

    @hookimpl
    def rank(self, group, facts):
        if group.preemptive:
            return None
        held = facts.held(group)
        ordered = sorted(group.members, key=lambda member: (member.key != held, member.position))
        return Ranking(tuple(Tier.of(member) for member in ordered), hold=True)


def ask(server, text="www.example.com"):
    return values(server.answer(query(text), "198.51.100.7", NOON))


def test_after_an_exchange_every_answer_is_the_new_services():
    old = domain("www.example.com", pool("p", "192.0.2.1"))
    new = domain("www.example.com", pool("p", "192.0.2.2"))
    server = engine([All(), STATIC], old)
    assert ask(server) == ["192.0.2.1"]
    server.exchange(service([All(), STATIC], new), NOON)
    assert [ask(server) for _ in range(3)] == [["192.0.2.2"]] * 3
    server.exchange(service([All(), Static({("www.example.com", codes.A): host("www.example.com")})]), NOON)
    assert ask(server) == ["192.0.2.1"]
    server.exchange(service([All()]), NOON)
    assert server.answer(query("www.example.com"), "198.51.100.7", NOON)[3] & 15 == codes.REFUSED


def test_rotations_go_on_over_an_exchange_and_over_a_change_of_health():
    found = [
        domain("www.example.com", pool("p", "192.0.2.1", "192.0.2.2", "192.0.2.3")),
        domain("x.example.com", pool("q", "192.0.2.9")),
    ]
    server = engine([All(), Healthy()], *found)
    firsts = [ask(server)[0][-1] for _ in range(2)]
    server.exchange(service([All(), Healthy()], *found), NOON)
    firsts.append(ask(server)[0][-1])
    server.publish(Table.of({"address:192.0.2.1": Verdict.DOWN}), NOON)
    server.publish(Table(), NOON)
    firsts += [ask(server)[0][-1] for _ in range(2)]
    assert "".join(firsts) == "13213"


def sticky(*items):
    return domain("www.example.com", pool("p", *items, preemptive=False))


def settled(*items):
    """Make an engine as the server does: it is told at the start whom its groups held before."""
    server = engine([Holding(), All(), Healthy()], sticky(*items))
    server.hold({}, NOON)
    return server


def test_an_engine_that_was_told_of_no_held_members_settles_them_all_the_same():
    server = engine([Holding(), All(), Healthy()], sticky("192.0.2.1", "192.0.2.2"))
    server.publish(Table.of({"address:192.0.2.1": Verdict.DOWN}), NOON)
    server.publish(Table(), NOON)
    assert ask(server) == ["192.0.2.2"]


class AtNight(Stranger):
    """Keeps the first address out from a moment on."""

    @hookimpl
    def admit(self, member, facts):
        late = facts.clock("night", lambda now: (now >= NOON + 60, NOON + 60 if now < NOON + 60 else NOON + 600))
        return Refusal("asleep") if late and member.key == "address:192.0.2.1" else None


def test_a_group_that_rests_on_the_clock_is_settled_when_its_moment_has_passed():
    server = engine([Holding(), All(), AtNight()], sticky("192.0.2.1", "192.0.2.2"))
    server.hold({}, NOON)
    held = []
    for later in (0, 59, 60, 61):
        server.tick(NOON + later)
        held.append(server.state.held["pool:p"][-1])
    assert "".join(held) == "1122"
    assert values(server.answer(query("www.example.com"), "198.51.100.7", NOON + 61)) == ["192.0.2.2"]


def test_a_held_member_goes_on_serving_when_others_come_back_and_over_an_exchange():
    server = settled("192.0.2.1", "192.0.2.2", "192.0.2.3")
    assert ask(server) == ["192.0.2.1"]
    server.publish(Table.of({f"address:192.0.2.{n}": Verdict.DOWN for n in (1, 2)}), NOON)
    assert ask(server) == ["192.0.2.3"]
    server.publish(Table(), NOON)
    assert ask(server) == ["192.0.2.3"]
    server.exchange(service([Holding(), All(), Healthy()], sticky("192.0.2.1", "192.0.2.2", "192.0.2.3")), NOON)
    assert ask(server) == ["192.0.2.3"]
    server.publish(Table.of({"address:192.0.2.3": Verdict.DOWN}), NOON)
    assert ask(server) == ["192.0.2.1"]
    assert server.state.held["pool:p"] == "address:192.0.2.1"


def test_a_held_member_that_is_gone_after_an_exchange_gives_way():
    server = settled("192.0.2.1", "192.0.2.2")
    server.publish(Table.of({"address:192.0.2.1": Verdict.DOWN}), NOON)
    server.exchange(service([Holding(), All(), Healthy()], sticky("192.0.2.1", "192.0.2.4")), NOON)
    assert ask(server) == ["192.0.2.4"]
    assert server.state.held["pool:p"] == "address:192.0.2.4"


def test_members_held_before_a_restart_are_taken_over():
    server = settled("192.0.2.1", "192.0.2.2")
    server.hold({"pool:p": "address:192.0.2.2", "pool:gone": "address:x"}, NOON)
    assert ask(server) == ["192.0.2.2"]


def test_whom_a_group_holds_follows_from_the_facts_and_not_from_who_asks_when():
    asked, silent = (settled("192.0.2.1", "192.0.2.2", "192.0.2.3") for _ in range(2))
    for down in ((1,), (1, 2), (2,), (), (3,), ()):
        for server in (asked, silent):
            server.publish(Table.of({f"address:192.0.2.{n}": Verdict.DOWN for n in down}), NOON)
        ask(asked)
    assert asked.state.held == silent.state.held == {"pool:p": "address:192.0.2.1"}
    assert ask(asked) == ask(silent)


def test_verdicts_go_on_over_an_exchange_and_mean_the_new_addresses():
    server = engine([All(), Healthy()], domain("www.example.com", pool("p", "192.0.2.1", "192.0.2.2")))
    server.publish(Table.of({f"address:192.0.2.{n}": Verdict.DOWN for n in (1, 3)}), NOON)
    assert ask(server) == ["192.0.2.2"]
    server.exchange(service([All(), Healthy()], domain("www.example.com", pool("p", "192.0.2.3", "192.0.2.4"))), NOON)
    assert ask(server) == ["192.0.2.4"]


@pytest.mark.parametrize("change", ["publish", "exchange"])
def test_no_reply_mixes_two_states(change):
    before, after = ("192.0.2.1", "192.0.2.2"), ("192.0.2.3", "192.0.2.4")
    found = domain("www.example.com", pool("a", *before), pool("b", *after))

    class FirstHealthy(All):
        @hookimpl
        def rank(self, group):
            return (
                Ranking(tuple(Tier.of(member) for member in group.members)) if group is found else super().rank(group)
            )

    server = engine([FirstHealthy(), Healthy()], found)
    for turn in range(20):
        if change == "publish":
            server.publish(Table.of({f"address:{item}": Verdict.DOWN for item in before} if turn % 2 else {}), NOON)
        else:
            items = after if turn % 2 else before
            server.exchange(service([All(), Healthy()], domain("www.example.com", pool("p", *items))), NOON)
        for _ in range(3):
            assert sorted(ask(server)) == list(after if turn % 2 else before)


class Opens(Stranger):
    """Keeps 192.0.2.1 out until noon is a minute past."""

    @hookimpl
    def admit(self, member, facts):
        is_open = facts.clock("opening", lambda now: (now >= NOON + 60, NOON + 60 if now < NOON + 60 else NOON + 9999))
        return None if is_open or member.key != "address:192.0.2.1" else Refusal("closed")


class Looks(Stranger):
    """Reads where the client is, so that plans stand below a branch, and passes."""

    @hookimpl
    def rank(self, facts):
        return None if facts.country is None else Ranking()


def subnets(server, now=NOON):
    """Ask for three networks; what each is told."""
    packets = [query("www.example.com", subnet=f"203.0.{n}.0/24") for n in range(3)]
    return [values(server.answer(packet, "198.51.100.7", now)) for packet in packets]


def test_a_network_that_was_met_before_is_told_at_once_what_has_changed():
    server = engine(
        [Looks(), InTurn(), Healthy(), STATIC], domain("www.example.com", pool("p", "192.0.2.1", "192.0.2.2"))
    )
    assert subnets(server) == subnets(server) == [["192.0.2.1"]] * 3
    server.publish(Table.of({"address:192.0.2.1": Verdict.DOWN}), NOON)
    assert subnets(server) == subnets(server) == [["192.0.2.2"]] * 3
    server.publish(Table(), NOON)
    assert subnets(server) == [["192.0.2.1"]] * 3
    server.exchange(service([InTurn()], domain("www.example.com", pool("p", "192.0.2.7"))), NOON)
    assert subnets(server) == subnets(server) == [["192.0.2.7"]] * 3


def test_a_network_that_was_met_before_is_told_when_the_clock_moves_on():
    server = engine([Looks(), InTurn(), Opens()], domain("www.example.com", pool("p", "192.0.2.1", "192.0.2.2")))
    assert subnets(server) == subnets(server, NOON + 59.5) == [["192.0.2.2"]] * 3
    walks = server.walks
    assert subnets(server, NOON + 60) == subnets(server, NOON + 61) == [["192.0.2.1"]] * 3
    assert server.walks == walks + 1


class LooksClosely(Stranger):
    """Reads the client's network, so that each has a plan of its own; those of 10.0.0.0/8 are served by the last member."""

    @hookimpl
    def rank(self, group, facts):
        is_ten = str(facts.client_network()).startswith("10.")
        return Ranking((Tier.of(group.members[-1]),)) if is_ten and isinstance(group, Pool) else None


def test_a_network_whose_plan_made_room_for_others_is_told_what_has_changed_all_the_same():
    served = domain("www.example.com", pool("p", "192.0.2.1", "192.0.2.2"))
    server = engine([LooksClosely(), InTurn(), Healthy()], served)
    assert subnets(server) == subnets(server) == [["192.0.2.1"]] * 3
    for n in range(2 * BRANCHES + 1):
        server.answer(query("www.example.com", subnet=f"10.{n >> 8}.{n & 255}.0/24"), "198.51.100.7", NOON)
    server.publish(Table.of({"address:192.0.2.1": Verdict.DOWN}), NOON)
    assert subnets(server) == [["192.0.2.2"]] * 3
