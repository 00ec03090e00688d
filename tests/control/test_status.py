"""What ``/status`` tells: the tree, shares, problems, and the branches that were asked for."""

from dataclasses import replace
from fractions import Fraction

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from gtm import Health, NoData, Ranking, Share, Tier, Verdict, hookimpl
from gtm.control import branches
from gtm.control.door import StatusQuery
from gtm.control.shares import shares
from gtm.control.status import schema
from gtm.control.tree import build
from gtm.health.override import Override
from gtm.health.resolving import Finding
from gtm.health.table import State
from tests.chain.making import All, Healthy, Stranger
from tests.control.viewing import ABOUT, NOON, checked, domain, loaded, pair, pool, seen, view

EVERYTHING = StatusQuery()


def told(looked, **query):
    return build(looked, StatusQuery(**query), NOON)


def test_a_dead_address_is_told_at_every_level_with_its_reason_and_since_when():
    looked = view(pair(), seen("192.0.2.1", "192.0.2.2"), since={"pool:hk": NOON - 170})
    www = told(looked).domains[0]
    hk, sg = www.pools
    assert (www.health, www.available, www.reason) == (Health.OK_ALERT, True, "1 of 2 pools are available")
    assert (hk.health, hk.available) == (Health.EXCEPTIONAL, False)
    assert "0 of 2 addresses are available" in hk.reason
    assert hk.since.isoformat() == "2026-09-21T14:10:30+00:00"
    one = hk.addresses[0]
    assert (one.name, one.value, one.health, one.available) == ("hk-1", "192.0.2.1", Health.EXCEPTIONAL, False)
    assert "connection refused" in one.reason
    assert one.checks[0].verdict is Verdict.DOWN
    assert (one.checks[0].reason, one.checks[0].seconds) == ("connection refused", 0.002)
    assert (hk.share, one.share, sg.share, sg.addresses[0].share) == (0.0, 0.0, 1.0, 1.0)


def test_an_address_knows_since_when_after_a_restart_too():
    one = told(view(pair(), seen("192.0.2.1"))).domains[0].pools[0].addresses[0]
    assert one.since.timestamp() == NOON - 180


def test_an_override_is_told_with_who_and_why_and_until_when():
    drained = Override("pool:hk", "drain", "reboot", "ann@ops", NOON - 60, NOON + 60)
    gone = Override("pool:gone", "down")
    looked = view(pair(), words={"pool:hk": "drain"}, overrides=(drained, gone))
    found = told(looked)
    word = found.domains[0].pools[0].override
    assert (word.word, word.reason, word.by, word.until.timestamp()) == ("drain", "reboot", "ann@ops", NOON + 60)
    assert found.domains[0].pools[1].override is None
    assert [(each.on, each.is_configured) for each in found.overrides] == [("pool:hk", True), ("pool:gone", False)]


def test_a_domain_whose_zone_answers_has_no_shares_and_one_that_is_rescued_says_so():
    class Resort(Stranger):
        name = "resort"

        @hookimpl
        def rescue(self, group):
            return Ranking((Tier.of(*group.members),))

    hk = pool("hk", checked("192.0.2.1"))
    made = loaded(domain("www.example.com", hk), domain("off.example.com", hk, enabled=False))
    made = replace(
        made, service=replace(made.service, chains=loaded(plugins=[Healthy(), All(), Resort()]).service.chains)
    )
    www, off = told(view(made, seen("192.0.2.1"))).domains
    assert (www.rescued, www.available, www.pools[0].share) == (True, False, 1.0)
    assert (off.rescued, off.enabled, off.pools[0].share) == (False, False, None)


def test_a_domain_that_gives_no_address_when_nobody_is_left_is_rescued_as_well():
    class Silent(Stranger):
        name = "silent"

        @hookimpl
        def rescue(self, group):
            return NoData()

    www = domain("www.example.com", pool("hk", checked("192.0.2.1")))
    made = loaded(www, plugins=[Healthy(), All(), Silent()])
    assert told(view(made, seen("192.0.2.1"))).domains[0].rescued
    assert not told(view(made)).domains[0].rescued


class Weighted(Stranger):
    name = "weighted"

    @hookimpl
    def rank(self, group):
        shares = tuple(Share(member, member.weight) for member in group.members)
        return Ranking((Tier(shares, "one" if group.policy == "weighted" else "all"),))


WEIGHTS = st.lists(st.integers(0, 9), min_size=1, max_size=4)


@given(outer=WEIGHTS, inner=WEIGHTS, draws=st.sampled_from(["weighted", "all"]))
def test_shares_are_what_the_weights_say_and_add_up_to_one(outer, inner, draws):
    items = [(checked(f"192.0.2.{place}"), weight) for place, weight in enumerate(inner, 1)]
    pools = [pool(f"p{place}", *items, policy="weighted") for place in range(len(outer))]
    www = domain("www.example.com", *pools, policy=draws)
    www = replace(
        www, members=tuple(replace(each, weight=weight) for each, weight in zip(www.members, outer, strict=True))
    )
    found = shares(loaded(www, plugins=[Weighted()]).service, www, State(), NOON).of

    def part(weights, place):
        weights = weights if any(weights) else [1] * len(weights)
        return Fraction(weights[place], sum(weights))

    for one in range(len(outer)):
        of_pool = part(outer if draws == "weighted" else [1] * len(outer), one)
        assert found[f"pool:p{one}",] == pytest.approx(float(of_pool))
        for two in range(len(inner)):
            wanted = pytest.approx(float(of_pool * part(inner, two)))
            assert found[f"pool:p{one}", f"address:192.0.2.{two + 1}"] == wanted
    assert sum(share for way, share in found.items() if len(way) == 2) == pytest.approx(1)


def many(number):
    shared = pool("shared", checked("192.0.2.9"))
    return loaded(*(domain(f"d{each}.example.com", shared) for each in range(number)))


def test_pages_hold_every_domain_once():
    looked, found, start = view(many(25)), [], 0
    while start is not None:
        page = told(looked, limit=10, start=start)
        assert page.total == 25
        found += [each.name for each in page.domains]
        start = page.next
    assert found == [f"d{each}.example.com" for each in range(25)]


ASKED = [
    ({"domain": ("www.example.com",)}, ["www: hk 1 2, sg 3"]),
    ({"domain": ("www.example.com/A",)}, ["www: hk 1 2, sg 3"]),
    ({"domain": ("*.example.com",)}, ["www: hk 1 2, sg 3", "api: sg 3"]),
    ({"domain": ("WWW.Example.COM.",)}, ["www: hk 1 2, sg 3"]),
    ({"domain": ("hk",)}, []),
    ({"pool": ("sg",)}, ["www: sg 3", "api: sg 3"]),
    ({"pool": ("sg",), "domain": ("api.*",)}, ["api: sg 3"]),
    ({"name": ("hk-1",)}, ["www: hk 1"]),
    ({"name": ("address:192.0.2.2",)}, ["www: hk 2"]),
    ({"name": ("192.0.2.2", "192.0.2.3")}, ["www: hk 2, sg 3", "api: sg 3"]),
    ({"name": ("api.example.com", "pool:hk")}, ["www: hk 1 2", "api: sg 3"]),
    ({"name": ("192.0.2.[12]", "a?i.*")}, ["www: hk 1 2", "api: sg 3"]),
    ({"name": ("nobody",)}, []),
    ({"problems": True}, ["www: hk 1"]),
    ({"problems": True, "name": ("sg",)}, []),
]


@pytest.mark.parametrize(
    ("query", "wanted"), ASKED, ids=lambda value: str(value)[:60] if isinstance(value, dict) else ""
)
def test_a_query_narrows_the_tree_to_the_branches_that_it_means(query, wanted):
    made = pair()
    www = next(iter(made.service.domains.values()))
    api = domain("api.example.com", www.members[1].item)
    looked = view(loaded(www, api, plugins=[Healthy(), All()]), seen("192.0.2.1"))

    def short(each):
        pools = (" ".join([branch.name, *(address.value[-1] for address in branch.addresses)]) for branch in each.pools)
        return f"{each.name[:3]}: {', '.join(pools)}"

    assert [short(each) for each in told(looked, **query).domains] == wanted


def test_a_member_is_compared_with_the_words_once_however_many_branches_it_is_in(monkeypatch):
    compared = []
    monkeypatch.setattr(branches, "_spellings", lambda item: compared.append(item.key) or [item.key])
    assert told(view(many(50)), name=("nobody", "*nobody*")).total == 0
    assert len(compared) == len(set(compared)) == 52


def test_pools_that_nobody_names_stand_apart():
    looked = view(loaded(domain("www.example.com", pool("a", "192.0.2.1")), pools=[pool("b", "192.0.2.2")]))
    assert [each.name for each in told(looked).pools] == ["b"]
    assert [each.name for each in told(looked, name=("b",)).pools] == ["b"]
    assert told(looked, name=("a",)).pools == ()
    assert told(looked, domain=("www.example.com",)).pools == ()


PROBLEMS = [
    ("nothing", {}, {}, []),
    ("an address", {"beliefs": seen("192.0.2.1")}, {}, [("address:192.0.2.1", "web:80 connection refused")]),
    ("drained", {"beliefs": seen("192.0.2.1"), "words": {"address:192.0.2.1": "drain"}}, {}, []),
    (
        "a certificate",
        {"beliefs": seen("192.0.2.3", verdict=Verdict.UP, reason="", warning="the certificate ends in 3 days")},
        {},
        [("check:web:80@192.0.2.3", "the certificate ends in 3 days")],
    ),
    (
        "a stale check",
        {"beliefs": seen("192.0.2.3", verdict=Verdict.UP, reason="", until=NOON - 1)},
        {},
        [("check:web:80@192.0.2.3", "nothing was seen of it for 4 s")],
    ),
    (
        "nothing seen",
        {"unseen": {"check:web:80@192.0.2.3": "no right to ping"}},
        {},
        [("check:web:80@192.0.2.3", "nothing can be seen of it: no right to ping")],
    ),
    (
        "nothing seen any more",
        {
            "beliefs": seen("192.0.2.3", verdict=Verdict.UP, reason="", until=NOON - 1),
            "unseen": {"check:web:80@192.0.2.3": "no right to ping"},
        },
        {},
        [("check:web:80@192.0.2.3", "nothing was seen of it for 4 s: no right to ping")],
    ),
    (
        "a late probe",
        {"late": {"check:web:80@192.0.2.3": 45.2}},
        {},
        [("check:web:80@192.0.2.3", "its probe is 45 s late")],
    ),
    ("not ready", {}, {"not_ready": "the first round of probes is under way"}, [("server", "the first round of")]),
    ("refused", {}, {"refused": (NOON, ("Corefile.toml:3: x",))}, [("server", "was refused: Corefile.toml:3: x")]),
]


@pytest.mark.parametrize(("given", "about", "wanted"), [each[1:] for each in PROBLEMS], ids=[x[0] for x in PROBLEMS])
def test_problems_are_listed_with_their_reason(given, about, wanted):
    found = told(view(pair(), about=replace(ABOUT, **about), **given)).problems
    assert [each.key for each in found] == [key for key, _ in wanted]
    assert all(words in each.reason for each, (_, words) in zip(found, wanted, strict=True))


def test_missing_workers_are_a_problem():
    made = pair()
    made = replace(made, server=replace(made.server, workers=2))
    assert [each.reason for each in told(view(made, about=replace(ABOUT, workers=1))).problems] == [
        "1 of 2 workers are answering"
    ]


def test_the_schema_describes_what_is_told():
    looked = view(pair(), seen("192.0.2.1"), words={"pool:sg": "drain"}, overrides=(Override("pool:sg", "drain"),))
    document = msgspec.json.decode(msgspec.json.encode(told(looked)))
    described = Draft202012Validator(schema())
    assert list(described.iter_errors(document)) == []
    document["domains"][0]["pools"][0]["health"] = "fine"
    del document["domains"][0]["pools"][0]["share"]
    assert len(list(described.iter_errors(document))) == 2


def test_no_secret_is_told():
    made = pair()
    made = replace(made, server=replace(made.server, admin_token="marked-secret"))
    assert b"marked-secret" not in msgspec.json.encode(told(view(made)))


ONE = bytes((203, 0, 113, 7))
FINDINGS = {
    "lb.example.net/A": Finding((ONE,), 60, NOON - 9, NOON - 3, NOON + 57),
    "lb.example.net/AAAA": Finding((), 60, NOON - 9, NOON - 3, NOON + 57),
    "old.example.org/A": Finding(
        (ONE,), 60, NOON - 900, NOON - 300, NOON + 5, tries=3, failing=NOON - 240, reason="no"
    ),
    "new.example.org/A": Finding(tries=1, failing=NOON - 4, reason="no"),
}


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({}, list(FINDINGS)),
        ({"name": ("lb.example.net",)}, ["lb.example.net/A", "lb.example.net/AAAA"]),
        ({"name": ("*.example.org/A",)}, ["old.example.org/A", "new.example.org/A"]),
        ({"problems": True}, ["old.example.org/A", "new.example.org/A"]),
        ({"pool": ("hk",)}, []),
    ],
    ids=["all", "by name", "by a glob", "problems", "of a pool"],
)
def test_names_outside_our_zones_are_told_where_they_are_asked_for(query, wanted):
    found = told(view(loaded(), findings=FINDINGS), **query)
    assert [name.key for name in found.names] == wanted
    assert [problem.key for problem in found.problems] == ["old.example.org/A", "new.example.org/A"]


def test_a_name_is_told_with_what_is_known_of_it_and_since_when_it_is_in_doubt():
    stale = told(view(loaded(), findings=FINDINGS), name=("old.example.org",)).names[0]
    assert (stale.addresses, stale.last.timestamp(), stale.failing.timestamp()) == (
        ("203.0.113.7",),
        NOON - 300,
        NOON - 240,
    )
    assert stale.reason == "it can't be looked up: no; what was known of it is answered"
