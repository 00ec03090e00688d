"""What is told of what is seen: one alert for each transition, to whom it concerns, and what flaps is held back."""

from math import inf
from types import SimpleNamespace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtm import Check, Mode, Verdict
from gtm.health.alerting import Alerting, Told
from gtm.health.damping import Damping, Subject
from gtm.health.routing import Routing
from gtm.health.standing import Standings
from gtm.health.table import Belief
from gtm.health.world import Looking, World
from gtm.model import event as events
from tests.chain.making import NOON, address, domain, pool, service

WWW, API = "domain:www.example.com/A", "domain:api.example.com/A"
A, B, C = "192.0.2.1", "192.0.2.2", "192.0.2.3"
EVERY = frozenset(events.EVENTS)


def channel(key, *heard, domain=None):
    return SimpleNamespace(key=key, events=frozenset(heard) or EVERY, domain=domain)


class Site:
    """A world, how everybody in it stands, and what is told of that; two access domains share the pool hk."""

    def __init__(self, *, told=None, channels=(), alone=(), before=(), **more):
        self.now = NOON
        self.channels, self.alone = channels, alone
        items = [address(value, checks=(Check("web", 80, value),), **more.get(value, {})) for value in (A, B, C)]
        hk = pool("hk", *items[:2], **more.get("hk", {}))
        sg = pool("sg", items[2])
        self.build(domain("www.example.com", hk, sg), domain("api.example.com", hk), before=before)
        self.alerting = Alerting(self.routing, told)

    def build(self, *domains, before=()):
        self.service = service([], *domains)
        self.world = World(self.service)
        self.standings = Standings(self.service, (), before)
        self.routing = Routing(self.service, (), self.channels, self.alone)

    def see(self, *, after=0.0, **verdicts):
        """Probe: ``a=False`` fails A's check, ``a=True`` passes it."""
        self.now += after
        keys = {f"check:web:80@{globals()[name.upper()]}": is_well for name, is_well in verdicts.items()}
        beliefs = {
            key: Belief(Verdict.UP, reason="status 200") if is_well else Belief(Verdict.DOWN, reason="status 503")
            for key, is_well in keys.items()
        }
        self.world.learn(self.world.table.saying(beliefs), self.now)
        changes = self.standings.update(self.world.table, self.world.state, tuple(keys) if keys else None)
        self.alerting.changed(changes, Looking(self.world.state), self.now)

    def heed(self, *, after=0.0, **words):
        """Say the operator's words, such as ``A="drain"``; no word takes all back."""
        self.now += after
        meant = {"A": f"address:{A}", "hk": "pool:hk", "www": WWW}
        self.world.heed({meant[name]: word for name, word in words.items()}, self.now)
        self.standings.update(self.world.table, self.world.state, None)
        self.alerting.review(self.standings, Looking(self.world.state), self.now)

    def told(self, *, after=2.0):
        self.now += after
        return self.alerting.due(self.now)


def words(alerts):
    return [f"{alert.event} {alert.subject}" for alert in alerts]


def begun(**more):
    """A site in which everybody was seen to be well, and nothing was to be told."""
    site = Site(**more)
    site.see(a=True, b=True, c=True)
    assert site.told() == ()
    return site


def test_a_failed_address_is_told_of_once_with_its_name_its_reason_and_whom_it_concerns():
    site = begun(**{A: {"name": "first"}})
    site.see(a=False)
    (alert,) = site.told()
    assert (alert.event, alert.subject, alert.reason) == ("address_down", f"address:{A}", "web:80 status 503")
    assert (alert.pools, alert.domains, alert.flaps) == (("pool:hk",), (WWW, API), 0)
    assert alert.moment == site.now - 2
    assert (alert.name, alert.headline) == ("first", f"address:{A} (first) is down")
    site.see(a=False, after=60)
    site.see(after=60)
    assert site.told() == ()
    site.see(a=True)
    assert words(site.told()) == [f"address_up address:{A}"]


def test_what_happens_in_the_same_second_is_told_together_addresses_first():
    site = begun()
    site.see(a=False)
    site.see(b=False, after=0.4)
    site.see(c=False, after=0.3)
    assert site.alerting.due(site.now + 0.2) == ()
    assert site.alerting.next() == pytest.approx(NOON + 2 + 1)
    alerts = site.told(after=0.4)
    assert words(alerts) == [
        f"address_down address:{A}",
        f"address_down address:{B}",
        "pool_down pool:hk",
        f"domain_down {API}",
        f"address_down address:{C}",
        "pool_down pool:sg",
        f"domain_down {WWW}",
    ]
    assert [alert.moment for alert in alerts] == sorted(alert.moment for alert in alerts)
    assert len({alert.key for alert in alerts}) == len(alerts)
    assert alerts[-1].pools == ("pool:hk", "pool:sg")
    assert alerts[-1].reason == "0 of 2 pools are available"
    assert site.alerting.next() is None


def test_an_address_that_fails_from_the_first_round_on_is_told_of_once():
    site = Site()
    site.see()
    site.see(a=False, b=True, c=True, after=1)
    assert words(site.told()) == [f"address_down address:{A}"]


@pytest.mark.parametrize("word", ["down", "up"])
def test_an_address_that_the_operator_forces_is_told_of_when_it_is_out_or_fails(word):
    site = begun()
    site.heed(A=word)
    if word == "up":
        assert site.told() == ()
        site.see(a=False)
    (alert,) = site.told()
    assert alert.event == "address_down"
    wanted = {"down": "it is forced down; web:80 status 200", "up": "web:80 status 503; it stays in the answers"}
    assert wanted[word] in alert.reason
    site.see(a=True)
    site.heed()
    assert words(site.told()) == [f"address_up address:{A}"]


def test_an_address_whose_mode_is_up_is_told_of_though_it_stays_in_the_answers():
    site = begun(**{A: {"mode": Mode.UP}})
    site.see(a=False, b=False)
    alerts = site.told()
    assert words(alerts) == [f"address_down address:{A}", f"address_down address:{B}"]
    assert alerts[0].reason == "its mode is up; web:80 status 503; it stays in the answers"


@pytest.mark.parametrize(
    ("drained", "quiet"),
    [("A", {f"address:{A}"}), ("hk", {f"address:{A}", f"address:{B}", "pool:hk"}), ("www", {WWW})],
)
def test_what_is_drained_is_told_of_neither_way_until_it_is_released(drained, quiet):
    site = begun()
    site.heed(**{drained: "drain"})
    site.told()
    site.see(a=False, b=False, c=False)
    told = site.told()
    assert not quiet & {alert.subject for alert in told}
    assert f"address:{C}" in {alert.subject for alert in told}
    site.heed()
    assert {alert.subject for alert in site.told()} == quiet
    site.heed(**{drained: "drain"})
    assert not quiet & {alert.subject for alert in site.told()}
    site.heed()
    assert site.told() == ()


def test_what_recovered_while_it_was_drained_is_told_as_up_when_it_is_released():
    site = begun()
    site.see(a=False)
    site.told()
    site.heed(A="drain")
    site.see(a=True)
    assert site.told() == ()
    site.heed()
    assert words(site.told()) == [f"address_up address:{A}"]


def test_what_is_disabled_or_empty_is_never_told_of():
    site = Site(**{A: {"enabled": False}})
    site.build(domain("www.example.com", pool("none")), domain("api.example.com", pool("off", B, enabled=False)))
    site.alerting = Alerting(site.routing)
    site.see(b=False)
    assert words(site.told()) == [f"domain_down {API}"]


def test_after_a_restart_nothing_is_told_again_and_what_recovered_meanwhile_is():
    site = begun()
    site.see(a=False, b=False)
    assert len(site.told()) == 4
    again = Site(told=site.alerting.told, before=tuple(site.standings))
    again.see()
    assert again.told() == (), "nothing is known yet: nobody is up for that"
    again.see(a=False, b=False, c=True)
    assert again.told() == ()
    again.see(a=True)
    assert words(again.told()) == [
        f"address_up address:{A}",
        "pool_up pool:hk",
        f"domain_up {API}",
    ]


def test_what_was_not_handed_out_before_a_restart_is_told_after_it():
    site = begun()
    check = f"check:web:80@{A}"
    site.see(a=False)
    site.alerting.event(events.PROBE_LATE, check, "no word for 30 s", site.now)
    site.alerting.event(events.CERTIFICATE_EXPIRES, check, "6 days left", site.now)
    assert site.alerting.told == Told()
    site.told()
    told = Told((f"address:{A}",), (check,), {check: site.now - 2})
    assert site.alerting.told == told
    site.see(a=True)
    assert site.alerting.told == told
    again = Site(told=site.alerting.told, before=tuple(site.standings))
    again.see(a=True, b=True, c=True)
    again.heed()
    assert words(again.told()) == [f"address_up address:{A}"]


def test_what_happened_to_the_server_before_a_restart_is_told_after_it():
    site = begun()
    site.alerting.event(events.CONFIGURATION_REFUSED, "configuration", "Corefile.toml:3: …", site.now)
    told = msgspec.json.decode(msgspec.json.encode(site.alerting.told), type=Told)
    (alert,) = site.told()
    assert site.alerting.told == Told()
    again = Site(told=told)
    assert again.told() == (alert,)
    assert again.alerting.told == Told()


def test_a_pool_that_was_told_as_down_waits_for_the_first_word_on_its_addresses():
    site = Site(told=Told(("pool:hk", API)))
    site.see()
    site.see(c=True)
    assert site.told() == ()
    site.see(a=True)
    site.see(b=True)
    assert words(site.told()) == ["pool_up pool:hk", f"domain_up {API}"]


def test_on_a_reload_what_left_is_forgotten_and_the_rest_is_not_told_again():
    site = begun()
    site.see(a=False, c=False)
    assert len(site.told()) == 3
    checks = {f"check:web:80@{A}"}
    site.alerting.event(events.PROBE_LATE, f"check:web:80@{C}", "no word for 30 s", site.now)
    site.alerting.event(events.CERTIFICATE_EXPIRES, f"check:web:80@{C}", "6 days left", site.now)
    site.told()
    table, before = site.world.table, tuple(site.standings)
    item = address(A, checks=(Check("web", 80, A),))
    site.build(domain("www.example.com", pool("hk", item, B)), before=before)
    site.alerting.exchange(site.routing, checks)
    site.world.learn(table, site.now)
    site.standings.update(table, site.world.state, None)
    site.alerting.review(site.standings, Looking(site.world.state), site.now)
    assert site.told() == ()
    assert site.alerting.told == Told((f"address:{A}",))


def test_whoever_wrote_a_reason_it_becomes_one_line_that_can_be_shown():
    site = begun()
    site.alerting.event(
        events.CONFIGURATION_REFUSED, "configuration", "a\r\nBcc: x\x1b[31m\u202e" + "x" * 2000, site.now
    )
    (alert,) = site.told()
    assert alert.reason.startswith("a Bcc: x [31m x")
    assert (len(alert.reason), alert.reason[-1]) == (999, "…")


def test_a_certificate_is_told_of_once_a_day_and_a_late_probe_until_it_is_back():
    site = begun()
    alerting, check = site.alerting, f"check:web:80@{A}"
    heard = []
    for _ in range(50):
        alerting.event(events.CERTIFICATE_EXPIRES, check, "6 days left", site.now)
        alerting.event(events.PROBE_LATE, check, "no word for 30 s", site.now)
        heard += site.told(after=3600.0)
    assert (
        words(heard) == [f"certificate_expires {check}", f"probe_late {check}"] + [f"certificate_expires {check}"] * 2
    )
    assert heard[0].domains == (WWW, API)
    for late in (1, 0, 0):  # in the hour after it was told, it is not told again
        alerting.over(check)
        alerting.event(events.PROBE_LATE, check, "no word for 30 s", site.now)
        assert words(site.told(after=60.0)) == [f"probe_late {check}"] * late
    again = Alerting(site.routing, alerting.told)
    again.event(events.PROBE_LATE, check, "no word for 30 s", site.now)
    again.event(events.CERTIFICATE_EXPIRES, check, "6 days left", site.now)
    assert again.next() is None


HEARING = [
    channel("all"),
    channel("pools", "pool_down"),
    channel("www", domain=WWW),
    channel("api", "domain_down", "pool_down", domain=API),
]


@pytest.mark.parametrize(
    ("alone", "fails", "heard"),
    [
        ((), {"c": False}, {"all": 2, "pools": 1, "www": 2}),
        ((WWW,), {"c": False}, {"www": 2}),
        ((WWW,), {"a": False}, {"all": 1, "www": 1}),
        ((WWW, API), {"a": False, "b": False}, {"www": 3, "api": 2}),
    ],
    ids=["inherited", "replaced", "shared", "all replaced"],
)
def test_channels_hear_of_what_concerns_their_access_domain(alone, fails, heard):
    site = begun(channels=HEARING, alone=alone)
    site.see(**fails)
    batches = dict(site.routing.batches(site.told()))
    assert {key: len(batch) for key, batch in batches.items()} == heard


def test_what_concerns_no_access_domain_is_heard_by_those_who_hear_of_all():
    site = begun(channels=HEARING, alone=(WWW, API))
    site.alerting.event(events.CONFIGURATION_REFUSED, "configuration", "Corefile.toml:3: …", site.now)
    assert [key for key, _ in site.routing.batches(site.told())] == ["all"]


def test_a_subject_that_flaps_is_held_back_until_it_stands_still():
    site = begun()
    heard = []
    for turn in range(10):
        site.see(a=bool(turn % 2), after=10)
        heard += site.told()
    assert words(heard) == [f"address_{word} address:{A}" for word in ("down", "up", "down")]
    assert site.alerting.next() == pytest.approx(site.now - 2 + 60)
    assert site.told(after=57.9) == ()
    (alert,) = site.told(after=1) + site.told()
    assert (alert.event, alert.flaps) == ("address_up", 7)
    assert alert.reason == "web:80 status 200; flapped 7 times in 1 min"
    assert site.alerting.next() is None


def test_a_subject_that_settles_where_it_was_last_told_says_so():
    site = begun()
    for turn in range(5):
        site.see(a=bool(turn % 2), after=10)
        site.told()
    (alert,) = site.told(after=60) + site.told()
    assert (alert.event, alert.flaps, alert.reason) == ("address_down", 2, "flapped 2 times in 12 s, is down")


def test_a_flapping_subject_that_is_drained_is_not_told_of_any_more():
    site = begun()
    for turn in range(6):
        site.see(a=bool(turn % 2), after=10)
        site.told()
    site.heed(A="drain")
    assert site.told(after=100) + site.told() == ()
    site.heed()
    assert words(site.told()) == []
    site.see(a=True)


def test_a_clock_that_is_set_back_holds_nothing_up():
    site = begun()
    site.see(a=False)
    site.now -= 86400
    assert words(site.told()) == [f"address_down address:{A}"]


def test_a_subject_that_flaps_for_hours_is_told_of_now_and_then():
    subject, told = Subject(Damping()), []
    for second in range(0, 4 * 3600, 10):
        told += filter(None, (subject.move(second % 20 == 0, float(second)), subject.due(float(second))))
    assert 3 + 7 <= len(told) <= 3 + 8
    assert sum(telling.flaps for telling in told) == pytest.approx(4 * 360 - 3, abs=180)
    assert all(telling.seconds <= 1800 for telling in told)


def naive(changes, damping, end):
    """Tell by looking at everything that has happened, once a second: (second, is down, flaps)."""
    told, held, down, stillness, settled = [], [], False, damping.settle, -inf
    for second in range(end):
        if second in changes:
            down = not down
            lately = [at for at, _, _ in told if second - at < damping.within]
            if not held and len(lately) < damping.most:
                told.append((second, down, 0))
            else:
                if not held:
                    wanted = stillness * 2 if second - settled < damping.within else damping.settle
                    stillness = min(wanted, max(damping.settle, damping.within))
                held.append(second)
        if held and second - held[-1] >= stillness:
            told.append((second, down, len(held)))
            held, settled = [], second
    return told


@given(st.sets(st.integers(0, 400), max_size=60), st.integers(1, 4), st.integers(1, 100), st.integers(1, 30))
def test_damping_tells_what_a_naive_reading_of_its_law_tells(changes, most, within, settle):
    damping = Damping(most, within, settle, inf)
    subject, told = Subject(damping), []
    for second in range(600):
        if second in changes and (telling := subject.move(not subject.is_down, second)):
            told.append((second, telling.is_down, telling.flaps))
        if telling := subject.due(second):
            told.append((second, telling.is_down, telling.flaps))
    assert told == naive(changes, damping, 600)
    assert subject.told_down is subject.is_down, "once it stands still, what was told is true"
    assert subject.next() == inf


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans(), st.integers(0, 90)), max_size=40))
def test_whatever_happens_what_was_told_last_is_true_in_the_end(story):
    site, believed = begun(), {}
    heard = []
    for name, is_well, seconds in story:
        site.see(after=float(seconds), **{name: is_well})
        heard += site.told()
    heard += [alert for _ in range(3) for alert in site.told(after=2000.0)]
    for alert in heard:
        believed[alert.subject] = alert.event.endswith("_down")
    for standing in site.standings:
        assert believed.get(standing.key, False) is (not standing.available)
    assert len({alert.key for alert in heard}) == len(heard)
    assert site.alerting.next() is None


def test_a_day_of_flapping_makes_few_alerts():
    site, heard = begun(), []
    for round_ in range(2 * 24 * 60):
        site.see(after=28.0, a=bool(round_ % 2), b=bool(round_ % 3))
        heard += site.told()
    assert len(heard) < 4 * 2 * 24 + 20, "no more than one in half an hour for each of four subjects"
    assert sum(alert.flaps for alert in heard) > 5000
