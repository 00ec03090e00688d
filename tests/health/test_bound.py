"""The bound: no death takes longer to be noticed than it says, and some take nearly as long."""

from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gtm import Check, Mode
from gtm.health.bound import PUBLISHING, bound, detection, show
from gtm.health.table import Table, judge
from tests.chain.making import address, domain, pool
from tests.health.virtual import probed, template

WEB = template(interval=15, timeout=3, fall=2, confirm=0.2)
SLOW = template("slow", interval=60, timeout=5, fall=3)


def checked(*names, **more):
    return address("192.0.2.1", checks=tuple(Check(name, 0, "192.0.2.1") for name in names), **more)


def noticed(item, templates, wanted, seed, share=0.01):
    """Let an address die just after a probe of its first check began, about when ``wanted`` says; give how long it took to notice.

    What began before that is good, and takes a ``share`` of its time-out; from then on it hangs for all of it.
    """
    by_key = {check.key: templates[check.template] for check in item.checks}
    death = None

    def world(key, start):
        nonlocal death
        if death is None and start >= wanted and key == item.checks[0].key:
            death = start + 1e-9
        if death is None or start < death:
            return share * by_key[key].timeout, True
        return by_key[key].timeout, False

    table, horizon = Table(), wanted + 200 * max(each.interval + each.timeout for each in by_key.values())
    for _, end, key, belief in probed(by_key, world, horizon, seed):
        table = table.saying({key: belief})
        if death is not None and end >= death and not judge(item, table).is_good:
            return end - death
    raise AssertionError("nobody noticed")


TEMPLATES = st.builds(
    template,
    interval=st.sampled_from([0.2, 0.3, 1, 2, 15]),
    timeout=st.sampled_from([0.05, 0.2, 0.5, 1, 3, 7]),
    fall=st.integers(1, 5),
    confirm=st.sampled_from([None, 0.05, 0.1, 0.2, 1, 30]),
)


@settings(max_examples=400)
@given(
    st.lists(TEMPLATES, min_size=1, max_size=3),
    st.sampled_from([0, 30, 50, 70, 100]),
    st.floats(20, 60),
    st.integers(0, 99),
    st.floats(0.001, 0.999),
)
@example([template(interval=0.2, timeout=0.2, fall=2, confirm=0.1)], 0, 30.0, 1, 0.01)
@example([template(interval=0.2, timeout=0.6, fall=3)], 0, 30.0, 1, 0.01)
@example([template(interval=1, timeout=2.5, fall=1)], 0, 30.0, 1, 0.9)
def test_no_death_takes_longer_to_be_noticed_than_the_bound(made, percent, wanted, seed, share):
    templates = {str(number): replace(each, name=str(number)) for number, each in enumerate(made)}
    item = checked(*templates, healthy_when=percent)
    assert noticed(item, templates, wanted, seed, share) <= detection(item, templates) + 1e-6


@pytest.mark.parametrize(
    "made",
    [
        pytest.param(WEB, id="confirmed"),
        pytest.param(SLOW, id="by slots"),
        pytest.param(template(interval=0.2, timeout=0.2, fall=2, confirm=0.1), id="under a second"),
        pytest.param(template(interval=1, timeout=2.5, fall=4), id="time-out above the interval"),
        pytest.param(template(interval=1, timeout=1, fall=3), id="time-out as long as the interval"),
        pytest.param(template(interval=10, timeout=1, fall=3, confirm=60), id="a confirmation that comes too late"),
        pytest.param(template(interval=5, timeout=1, fall=1), id="at once"),
    ],
)
def test_some_deaths_take_nearly_as_long_as_the_bound(made):
    item, templates = checked(made.name), {made.name: made}
    slow = 0.9 if made.timeout > made.interval else 0.01
    assert max(noticed(item, templates, 100.0, seed, slow) for seed in range(5)) >= 0.9 * detection(item, templates)


@pytest.mark.parametrize(
    ("percent", "seconds"),
    [
        pytest.param(0, 60 * 3 + 5, id="any: the last to fail decides"),
        pytest.param(100, 15 + 3 + 3.2, id="all: the first decides"),
        pytest.param(50, 60 * 3 + 5, id="half of two: both must fail"),
        pytest.param(70, 15 + 3 + 3.2, id="70 percent of two: one is enough"),
    ],
)
def test_an_address_with_several_checks_is_down_when_enough_of_them_have_failed(percent, seconds):
    item = checked("slow", "web", healthy_when=percent)
    assert detection(item, {"web": WEB, "slow": SLOW}) == pytest.approx(seconds)


def test_the_bound_of_an_access_domain_is_that_of_its_slowest_address_and_says_what_it_is_made_of():
    slow = replace(checked("slow"), key="address:slow")
    off = replace(checked(), key="address:off", enabled=False)
    down = replace(checked(), key="address:down", mode=Mode.DOWN)
    unused = pool("unused", replace(checked(), key="address:unused"), enabled=False)
    found = bound(
        domain("www.example.com", pool("p", checked("web"), slow, off, down), unused), {"web": WEB, "slow": SLOW}
    )
    assert found.address == "address:slow"
    assert found.seconds == pytest.approx(60 * 3 + 5 + PUBLISHING + 30)
    assert found.seconds == sum(seconds for _, seconds in found.parts)


@pytest.mark.parametrize(
    ("items", "more", "line"),
    [
        pytest.param(
            [checked("web")],
            {},
            "for 51.3 s: 15 s until the next probe, 6 s for 2 time-outs, 0.2 s between them, 0.1 s to publish, 30 s of TTL; "
            "and on where no other is left",
            id="rescued",
        ),
        pytest.param(
            [checked("once")],
            {"ttl": 0, "when_all_down": "zone"},
            "for 0.5 s: 0.2 s until the next probe, 0.2 s for a time-out, 0.1 s to publish, 0 s of TTL",
            id="left to the zone",
        ),
        pytest.param(
            [checked()], {"when_all_down": ("192.0.2.9",)}, "for ever: address:192.0.2.1 (it has no checks)", id="unchecked"
        ),
        pytest.param(
            [checked("web", mode=Mode.UP), replace(checked("web"), key="address:b")],
            {"ttl": 5, "when_all_down": ("192.0.2.1",)},
            "for ever: address:192.0.2.1 (its mode is up); the others for 26.3 s: 15 s until the next probe, "
            "6 s for 2 time-outs, 0.2 s between them, 0.1 s to publish, 5 s of TTL; and on where no other is left",
            id="one kept up",
        ),
        pytest.param(
            [replace(checked(), key=f"address:{letter}") for letter in "abcde"],
            {"when_all_down": "none"},
            "for ever: address:a (it has no checks), address:b (it has no checks), address:c (it has no checks), 2 more",
            id="many unchecked",
        ),
        pytest.param(
            [checked("held")],
            {"ttl": 0, "when_all_down": "zone"},
            "for 0.5 s: 0.2 s until the next probe, 0.2 s for a time-out, 0.1 s to publish, 0 s of TTL; "
            "one that is well again may be kept out for 90 s (hold)",
            id="held",
        ),
    ],
)  # fmt: skip
def test_a_bound_is_shown_in_one_line(items, more, line):
    once = template("once", interval=0.2, timeout=0.2, fall=1)
    templates = {"web": WEB, "once": once, "held": replace(once, name="held", hold=90.0)}
    found = bound(domain("www.example.com", pool("p", *items), **more), templates)
    assert show(found) == f"www.example.com/A: a dead address may be answered {line}"
    assert (found.seconds is None) == bool(found.unnoticed)


def test_waiting_in_a_queue_counts_for_each_probe_and_skips_slots():
    """Due at 15 + 3, each waits 20 and hangs 3, and the second is due at the first slot after that: 30 later."""
    slots = replace(WEB, confirm=None)
    found = bound(domain("www.example.com", pool("p", checked("web")), ttl=0), {"web": slots}, {"web": 20.0})
    assert found.crowded == pytest.approx(15 + 3 + 30 + 20 + 3 + PUBLISHING)
    assert found.seconds == pytest.approx(15 + 15 + 3 + PUBLISHING)


def test_an_access_domain_that_answers_nobody_has_nothing_to_bound():
    for odd in (domain("www.example.com"), domain("www.example.com", pool("p", checked("web")), enabled=False)):
        found = bound(odd, {"web": WEB})
        assert found.seconds == 0.0
        assert show(found) == "www.example.com/A: no address is answered"


def test_a_death_that_is_never_noticed_takes_no_number_of_seconds():
    assert detection(checked(), {}) is None
    assert detection(checked("web", mode=Mode.UP), {"web": WEB}) is None
