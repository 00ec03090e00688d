"""Standings: the names of the model, reasons that a person can act on, and no work for those whom a change does not concern."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtm import Check, Health, Kind, Mode, Verdict
from gtm.health.standing import Change, Standing, Standings
from gtm.health.table import Belief, State, Table
from gtm.health.world import World
from tests.chain.making import All, address, domain, pool, service

UP, DOWN = Verdict.UP, Verdict.DOWN
NOW = 1_750_000_000.0


def checked(value, *templates, **more):
    return address(value, checks=tuple(Check(name, 80, value) for name in templates), **more)


def key(template, value):
    return f"check:{template}:80@{value}"


def told(pools, beliefs=None, words=None, **more):
    """Derive the standings of one access domain that has these pools."""
    served = service([All()], domain("www.example.com", *pools, **more))
    found = Standings(served, ())
    table = Table({name: Belief(*belief) for name, belief in (beliefs or {}).items()})
    found.update(table, State(words=words or {}), None)
    return {standing.key: standing for standing in found}


A, B = "192.0.2.1", "192.0.2.2"
FAILED = {key("web", A): (DOWN, NOW, "status 503")}


@pytest.mark.parametrize(
    ("more", "beliefs", "words", "wanted"),
    [
        pytest.param({}, {key("web", A): (UP, NOW, "status 200")}, {}, (Health.OK, True, "web:80 status 200"), id="R-27 ok"),
        pytest.param({}, FAILED, {}, (Health.EXCEPTIONAL, False, "web:80 status 503"), id="R-27 exceptional"),
        pytest.param(
            {"templates": ("web", "tcp")},
            {**FAILED, key("tcp", A): (UP, NOW, "connected")},
            {},
            (Health.OK_ALERT, True, "web:80 status 503"),
            id="R-27 ok_alert",
        ),
        pytest.param({}, {}, {}, (Health.NO_DATA, True, "there is no data yet"), id="R-28 no_data"),
        pytest.param({"templates": ()}, {}, {}, (Health.OK_NO_MONITOR, True, "it has no checks"), id="R-25 ok_no_monitor"),
        pytest.param(
            {"mode": Mode.UP}, FAILED, {}, (Health.EXCEPTIONAL, True, "its mode is up; web:80 status 503"), id="R-114 by its mode"
        ),
        pytest.param(
            {}, FAILED, {f"address:{A}": "up"}, (Health.EXCEPTIONAL, True, "it is forced up; web:80 status 503"), id="R-114 by force"
        ),
        pytest.param(
            {"mode": Mode.DOWN}, {}, {}, (Health.NO_DATA, False, "its mode is down; there is no data yet"), id="R-23"
        ),
        pytest.param(
            {}, FAILED, {f"address:{A}": "drain"}, (Health.EXCEPTIONAL, False, "it is drained; web:80 status 503"), id="drained"
        ),
        pytest.param(
            {"enabled": False}, {}, {}, (Health.NO_DATA, False, "it is disabled; there is no data yet"), id="R-20 disabled"
        ),
        pytest.param({}, {f"address:{A}": (DOWN, NOW, "drill")}, {}, (Health.EXCEPTIONAL, False, "drill"), id="told as a whole"),
        pytest.param({}, {key("web", A): (DOWN,)}, {}, (Health.EXCEPTIONAL, False, "web:80"), id="without a reason"),
    ],
)  # fmt: skip
def test_an_address_stands_as_the_model_says_and_its_failing_checks_say_why(more, beliefs, words, wanted):
    more = dict(more)
    item = checked(A, *more.pop("templates", ("web",)), **more)
    standing = told([pool("p", item, B)], beliefs, words)[item.key]
    assert (standing.health, standing.available, standing.reason) == wanted


def test_a_reason_is_bounded_however_many_checks_fail_and_whatever_they_say():
    names = [f"t{number}" for number in range(9)]
    beliefs = {key(name, A): (DOWN, NOW, "x" * 5000) for name in names}
    reason = told([pool("p", checked(A, *names))], beliefs)[f"address:{A}"].reason
    assert reason.endswith("…, and 6 more")
    assert len(reason) < 420


@pytest.mark.parametrize(
    ("more", "words", "wanted"),
    [
        pytest.param({}, {}, (Health.OK_ALERT, True, "1 of 2 addresses are available"), id="R-32 some"),
        pytest.param(
            {"healthy_when": 100}, {},
            (Health.EXCEPTIONAL, False, "1 of 2 addresses are available, and 100 % must be"), id="R-35 too few",
        ),
        pytest.param({}, {f"address:{A}": "up"}, (Health.OK, True, ""), id="all"),
        pytest.param(
            {"healthy_when": 100}, {f"address:{A}": "drain"},
            (Health.EXCEPTIONAL, False, "1 of 2 addresses are available, and 100 % must be"), id="R-31 drained ones count",
        ),
        pytest.param(
            {"healthy_when": 100, "count_disabled": False}, {f"address:{A}": "drain"}, (Health.OK, True, ""), id="or not",
        ),
        pytest.param({}, {"pool:p": "drain"}, (Health.OK_ALERT, False, "it is drained; 1 of 2 addresses are available"), id="drained"),
        pytest.param({"enabled": False}, {}, (Health.OK_ALERT, False, "it is disabled; 1 of 2 addresses are available"), id="R-33"),
        pytest.param({}, {"pool:p": "down"}, (Health.OK_ALERT, False, "it is forced down; 1 of 2 addresses are available"), id="down"),
        pytest.param(
            {"healthy_when": 100}, {"pool:p": "up"},
            (Health.EXCEPTIONAL, True, "it is forced up; 1 of 2 addresses are available, and 100 % must be"), id="forced up",
        ),
    ],
)  # fmt: skip
def test_a_pool_stands_by_its_available_addresses_and_by_the_operators_word(more, words, wanted):
    standing = told([pool("p", checked(A, "web"), B, **more)], FAILED, words)["pool:p"]
    assert (standing.health, standing.available, standing.reason) == wanted


@pytest.mark.parametrize(
    ("pools", "words", "more", "wanted"),
    [
        pytest.param([pool("p", B)], {}, {}, (Health.OK, True, ""), id="R-40 all"),
        pytest.param([pool("p", B), pool("q")], {}, {}, (Health.OK_ALERT, True, "1 of 2 pools are available"), id="R-40 some"),
        pytest.param([pool("p", B)], {"pool:p": "drain"}, {}, (Health.EXCEPTIONAL, False, "0 of 1 pools are available"), id="R-40 none"),
        pytest.param([], {}, {}, (Health.EXCEPTIONAL, False, "it has no pool"), id="R-9 no pool"),
        pytest.param([pool("p", B)], {}, {"enabled": False}, (Health.OK, False, "it is disabled"), id="R-41 disabled"),
        pytest.param([pool("p", B)], {"domain:www.example.com/A": "drain"}, {}, (Health.OK, False, "it is drained"), id="drained"),
    ],
)  # fmt: skip
def test_an_access_domain_stands_by_its_available_pools(pools, words, more, wanted):
    standing = told(pools, words=words, **more)["domain:www.example.com/A"]
    assert (standing.health, standing.available, standing.reason) == wanted


SHARED = checked(B, "web", "tcp")
POOLS = (
    pool("p", checked(A, "web"), SHARED, healthy_when=100),
    pool("q", SHARED),
    pool(
        "r",
        checked("192.0.2.3", "web", "tcp", healthy_when=100),
        address("192.0.2.4", mode=Mode.DOWN),
        count_disabled=False,
    ),
)
UNUSED = pool("unused", checked("192.0.2.5", "web"))
SERVED = service(
    [All()], domain("one.example.com", POOLS[0], POOLS[1]), domain("two.example.com", POOLS[1], POOLS[2]), domain("none.example.com")
)  # fmt: skip
CHECKS = sorted({check.key for each in (*POOLS, UNUSED) for member in each.members for check in member.item.checks})
ITEMS = [f"address:192.0.2.{number}" for number in range(1, 6)] + [
    "pool:p",
    "pool:q",
    "pool:unused",
    "domain:one.example.com/A",
]
STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(CHECKS), st.sampled_from([UP, DOWN])),
        st.tuples(st.sampled_from(ITEMS), st.sampled_from(["drain", "up", "down", None])),
    ),
    max_size=25,
)


@given(STEPS)
def test_a_change_is_carried_to_just_what_it_concerns(steps):
    """After any steps all stands as if derived at once, each change is told when it happens, and the rest is not touched."""
    world, found = World(SERVED), Standings(SERVED, (UNUSED,))
    found.update(world.table, world.state, None)
    for name, word in steps:
        before = {standing.key: standing for standing in found}
        if isinstance(word, Verdict):
            world.learn(world.table.saying({name: Belief(word, reason=f"said {word.value}")}), NOW)
        else:
            words = {**world.state.words, name: word}
            world.heed({on: said for on, said in words.items() if said}, NOW)
        changes = found.update(world.table, world.state, {name})
        anew = Standings(SERVED, (UNUSED,))
        anew.update(world.table, world.state, None)
        after = {standing.key: standing for standing in found}
        assert after == {standing.key: standing for standing in anew}
        differ = [each for each in after if shape(before[each]) != shape(after[each])]
        assert sorted(change.after.key for change in changes) == sorted(differ)
        assert all(change == Change(before[change.after.key], after[change.after.key]) for change in changes)
        assert sum(after[each] is not before[each] for each in after) <= 6


def shape(standing):
    return standing.health, standing.available


def test_at_first_all_is_new_and_what_was_known_before_a_restart_is_not():
    found = Standings(SERVED, (UNUSED,))
    assert list(found) == []
    assert found.get("pool:p") is None
    first = found.update(Table(), State(), {"pool:p"})
    assert [change.before for change in first] == [None] * 12
    assert [change.after for change in first] == list(found)
    again = Standings(SERVED, (UNUSED,), found)
    assert again.update(Table(), State(), None) == []
    changed = Standings(
        SERVED, (UNUSED,), [replace(each, health=Health.OK_ALERT) for each in found if each.key == "pool:q"]
    )
    news = changed.update(Table(), State(), None)
    assert Change(Standing("pool:q", Health.OK_ALERT, True, ""), found.get("pool:q")) in news


def test_a_new_reason_is_kept_and_is_no_change():
    found = Standings(SERVED, ())
    found.update(Table({key("web", A): Belief(DOWN, reason="timed out")}), State(), None)
    assert found.update(Table({key("web", A): Belief(DOWN, reason="refused")}), State(), {key("web", A)}) == []
    assert found.get(f"address:{A}").reason == "web:80 refused"


def test_a_check_without_a_port_is_named_by_its_template_alone():
    item = replace(checked(A), checks=(Check("icmp", 0, A),), kind=Kind.IPV4)
    found = told([pool("p", item)], {f"check:icmp:0@{A}": (DOWN, NOW, "no reply to 5 of 5 packets")})
    assert found[item.key].reason == "icmp no reply to 5 of 5 packets"
