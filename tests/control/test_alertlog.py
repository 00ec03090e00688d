"""The alert log: what was noted is found again, whatever happened to the disk; and it is kept no longer than wished."""

import asyncio
import logging
import resource
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtm import Alert
from gtm.control import alertlog
from gtm.control.alertlog import AlertLog
from gtm.control.door import AlertQuery
from gtm.control.journal import Journal
from tests.chain.making import NOON

DAY = 86400.0
TODAY = datetime.fromtimestamp(NOON, UTC).date()
WWW = "domain:www.example.com/A"


def alert(number, *, event="address_down", subject="address:192.0.2.1", moment=None, **more):
    more = {"pools": ("pool:hk",), "domains": (WWW,)} | more
    return Alert(
        event, subject, f"reason {number}", NOON + number if moment is None else moment, f"key {number}", **more
    )


@pytest.fixture
def opened(tmp_path):
    logs = []

    def start(**more):
        logs.append(AlertLog(more.pop("state", tmp_path), clock=more.pop("clock", lambda: NOON), again=0.01, **more))
        return logs[-1]

    yield start
    for log in logs:
        log.close()


def reasons(log, **wanted):
    return [entry.reason for entry in log.find(AlertQuery(**wanted))]


def the_file(folder):
    return folder / "alerts" / f"{TODAY}.jsonl"


@pytest.mark.parametrize("on_disk", [True, False], ids=["on disk", "in memory"])
def test_alerts_are_found_with_what_became_of_them_the_newest_last(opened, tmp_path, on_disk):
    log = opened(state=tmp_path if on_disk else None)
    first, second = alert(1), alert(2, flaps=3)
    log.add([first, second])
    log.outcome([first, second], "delivered to webhook hooks.example.com")
    log.outcome([second], "given up on email to noc@example.com: connection refused")
    one, two = asyncio.run(log.query(AlertQuery()))
    assert (one.reason, one.outcomes) == ("reason 1", ("delivered to webhook hooks.example.com",))
    assert (two.flaps, two.pools, two.domains) == (3, ("pool:hk",), (WWW,))
    assert two.outcomes[1:] == ("given up on email to noc@example.com: connection refused",)
    assert the_file(tmp_path).exists() is on_disk


STORY = [
    alert(1),
    alert(2, event="pool_down", subject="pool:hk"),
    alert(3, event="domain_down", subject=WWW, pools=("pool:hk", "pool:sg")),
    alert(
        4,
        subject="address:hk/192.0.2.7",
        name="hk-1",
        pools=("pool:hk-backup",),
        domains=("domain:api.example.com/AAAA",),
    ),
    alert(5, event="probe_late", subject="check:web:80@192.0.2.1"),
    alert(6, event="configuration_refused", subject="configuration", pools=(), domains=()),
]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, [1, 2, 3, 4, 5, 6]),
        ({"since": NOON + 3}, [3, 4, 5, 6]),
        ({"until": NOON + 2}, [1, 2]),
        ({"since": NOON + 2, "until": NOON + 4}, [2, 3, 4]),
        ({"limit": 2}, [5, 6]),
        ({"limit": 1, "pool": "sg"}, [3]),
        ({"pool": "hk"}, [1, 2, 3, 5]),
        ({"pool": "pool:hk*"}, [1, 2, 3, 4, 5]),
        ({"domain": "WWW.example.com."}, [1, 2, 3, 5]),
        ({"domain": "www.example.com/AAAA"}, []),
        ({"domain": "domain:api.example.com/AAAA"}, [4]),
        ({"domain": "*.example.com"}, [1, 2, 3, 4, 5]),
        ({"address": "192.0.2.1"}, [1, 5]),
        ({"address": "address:hk-*"}, [4]),
        ({"address": "hk-1"}, [4]),
        ({"address": "192.0.2.7"}, [4]),
        ({"address": "address:hk/192.0.2.7"}, [4]),
        ({"address": "192.0.2"}, []),
        ({"text": "HK-1"}, [4]),
        ({"event": "*_down"}, [1, 2, 3, 4]),
        ({"event": "probe_late"}, [5]),
        ({"text": "Reason 3"}, [3]),
        ({"text": "CONFIGURATION"}, [6]),
        ({"pool": "hk", "event": "pool_down"}, [2]),
    ],
    ids=str,
)
def test_what_is_asked_for_is_found_and_nothing_else(opened, wanted, found):
    log = opened()
    log.add(STORY)
    assert reasons(log, **wanted) == [f"reason {number}" for number in found]


def test_a_torn_last_line_spoils_nothing_and_a_damaged_one_is_said_once(opened, tmp_path, caplog):
    log = opened()
    log.add([alert(1), alert(2)])
    log.close()
    octets = the_file(tmp_path).read_bytes()
    whole, torn = octets.splitlines()
    the_file(tmp_path).write_bytes(b"\xff\xfe damage\n" + whole + b"\n" + b'{"alert":3}\n' + torn[:30])
    again = opened()
    assert reasons(again) == ["reason 1"]
    again.add([alert(3)])
    with caplog.at_level(logging.WARNING):
        assert reasons(again) == ["reason 1", "reason 3"]
        assert reasons(again) == ["reason 1", "reason 3"]
    said = [record.message for record in caplog.records if "damaged line" in record.message]
    assert len(said) == len(set(said)) == 3


@given(cut=st.integers(0, 400), noise=st.binary(max_size=20))
def test_wherever_a_line_is_torn_every_other_one_is_found(tmp_path_factory, cut, noise):
    folder = tmp_path_factory.mktemp("log")
    log = AlertLog(folder, clock=lambda: NOON)
    log.add([alert(1), alert(2)])
    log.close()
    octets = the_file(folder).read_bytes()
    first = octets.index(b"\n") + 1
    the_file(folder).write_bytes(octets[: first + cut % (len(octets) - first)] + noise.replace(b"\n", b""))
    again = AlertLog(folder, clock=lambda: NOON)
    again.add([alert(3)])
    found = reasons(again)
    again.close()
    assert found[0] == "reason 1"
    assert found[-1] == "reason 3"


def test_while_the_disk_refuses_notes_wait_and_that_is_said_once(opened, tmp_path, caplog):
    (tmp_path / "alerts").write_text("in the way")
    log = opened()
    for number in range(5):
        log.add([alert(number)])
        log.flush(0.05)
    assert reasons(log) == [f"reason {number}" for number in range(5)]
    (tmp_path / "alerts").unlink()
    assert log.flush()
    assert reasons(log) == [f"reason {number}" for number in range(5)]
    assert len(the_file(tmp_path).read_bytes().splitlines()) == 5
    said = [record.message for record in caplog.records]
    assert len([words for words in said if "can't be written" in words]) == 1
    assert said[-1] == "the alert log is written again; 0 notes were lost"


def test_a_disk_that_fills_within_a_line_leaves_no_half_of_it(tmp_path):
    journal, limits = Journal(tmp_path, 90), resource.getrlimit(resource.RLIMIT_FSIZE)
    journal.add([b"first"], NOON)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, limits[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            journal.add([b"second line"], NOON)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(journal.lines(TODAY)) == [b"first\n"]
    journal.add([b"third"], NOON)
    assert list(journal.lines(TODAY)) == [b"first\n", b"third\n"]


@pytest.mark.parametrize("refuses", [True, False], ids=["disk refuses", "no folder"])
def test_memory_is_bounded_and_keeps_the_newest(opened, tmp_path, monkeypatch, refuses):
    monkeypatch.setattr(alertlog, "MOST", 5 if refuses else 50)
    (tmp_path / "alerts").write_text("in the way")
    log = opened(state=tmp_path if refuses else None)
    for number in range(200):
        log.add([alert(number)])
    found = reasons(log)
    assert len(found) <= 50
    assert found[-1] == "reason 199"


def test_days_that_are_over_are_deleted_but_not_because_the_clock_jumped(opened, tmp_path):
    moment = [NOON]
    log = opened(clock=lambda: moment[0], days=3)
    for day in range(6):
        log.add([alert(day, moment=moment[0])])
        assert log.flush()
        moment[0] += DAY
    days = sorted(path.name for path in (tmp_path / "alerts").iterdir())
    assert len(days) == 4, "today and the three days before it"
    assert len(reasons(log)) == 4
    moment[0] += 365 * DAY
    log.add([alert(7, moment=moment[0])])
    assert log.flush()
    assert reasons(log) == ["reason 2", "reason 3", "reason 4", "reason 5", "reason 7"]
    moment[0] -= 365 * DAY
    log.add([alert(8, moment=moment[0])])
    assert reasons(log)[-2:] == ["reason 8", "reason 7"], "in the order of their moments"


def test_no_more_days_are_read_than_hold_what_is_asked_for(opened, tmp_path, caplog):
    moment = [NOON]
    log = opened(clock=lambda: moment[0])
    for day in range(4):
        log.add([alert(2 * day, moment=moment[0]), alert(2 * day + 1, moment=moment[0] + 1)])
        assert log.flush()
        moment[0] += DAY
    the_file(tmp_path).write_bytes(b"damage\n" + the_file(tmp_path).read_bytes())
    assert reasons(log, limit=3) == ["reason 5", "reason 6", "reason 7"]
    assert reasons(log, limit=1, until=NOON + DAY) == ["reason 2"]
    assert not caplog.records
    assert reasons(log, limit=7)[0] == "reason 1"
    assert "damaged line" in caplog.text


def test_an_outcome_on_the_next_day_is_found_as_well(opened):
    moment = [NOON]
    log = opened(clock=lambda: moment[0])
    log.add([alert(1)])
    moment[0] += DAY
    log.outcome([alert(1)], "delivered to email to noc@example.com")
    (entry,) = log.find(AlertQuery(until=NOON + 5))
    assert entry.outcomes == ("delivered to email to noc@example.com",)


def test_what_was_noted_is_on_the_disk_when_the_log_is_closed(tmp_path):
    log = AlertLog(tmp_path, clock=lambda: NOON)
    log.add([alert(number) for number in range(2000)])
    log.close()
    assert len(the_file(tmp_path).read_bytes().splitlines()) == 2000
