"""The operator's words: from commands, kept on disk, and from a file."""

import asyncio
import errno
import json
import os
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gtm.config.load import load
from gtm.control import store
from gtm.control.door import OverrideRequest, Refused, ReleaseRequest
from gtm.control.overrides import Overrides
from gtm.health.table import State

NOON = 1_800_000_000.0
COREFILE = """
[server]
state = "state"

[[zone]]
name = "example.com"
chain = ["health", "round_robin", "ttl", "rescue"]
{pools}
[[domain]]
name = "www.example.com"
type = "A"
pools = {names}
"""
UP = State()


def loaded(folder, *names):
    pools = "\n".join(
        f'[pools.{name}]\naddresses = ["192.0.2.{number}", "198.51.100.{number}"]'
        for number, name in enumerate(names, 1)
    )
    path = folder / "Corefile.toml"
    path.write_text(COREFILE.format(pools=pools, names=json.dumps(names)))
    return load(path)


@pytest.fixture
def made(tmp_path):
    """Make the overrides of a server with three pools; again, as after a restart."""

    def make(*names, folder="state"):
        found = Overrides(loaded(tmp_path, *(names or ("hk", "sg", "us"))), folder and tmp_path / folder)
        assert found.restore() is None
        return found

    return make


def order(overrides, *on, word="drain", reason="disk", now=NOON, state=UP, **more):
    return asyncio.run(overrides.set(OverrideRequest(on=on, word=word, reason=reason, **more), state, now))


def release(overrides, *on, now=NOON):
    return asyncio.run(overrides.release(ReleaseRequest(on=on), now))


def test_what_a_command_says_counts_at_once_and_after_a_restart(made):
    done = order(made(), "pool:hk", "address:198.51.100.2", by="ann@desk", until=NOON + 60)
    assert done.survives
    assert list(map(str, done.left)) == [
        "domain:www.example.com/A keeps 2 of 3 pools",
        "pool:sg keeps 1 of 2 addresses",
    ]
    again = made()
    assert again.words(NOON) == {"pool:hk": "drain", "address:sg/198.51.100.2": "drain"}
    found = again.in_force(NOON)[1]
    assert (found.on, found.word, found.reason, found.by) == ("pool:hk", "drain", "disk", "ann@desk")
    assert (found.since, found.until, found.where) == (NOON, NOON + 60, "")
    assert again.next() == NOON + 60
    assert again.words(NOON + 60) == {}


def test_without_a_state_folder_it_counts_and_says_that_it_will_not_survive(made):
    overrides = made(folder=None)
    assert not order(overrides, "pool:hk").survives
    assert overrides.words(NOON) == {"pool:hk": "drain"}


def test_a_folder_that_ends_with_the_server_is_no_promise(made, tmp_path):
    overrides = made()
    overrides.adopt(replace(stateless := loaded(tmp_path, "hk", "sg"), server=replace(stateless.server, state=None)))
    assert not order(overrides, "pool:hk").survives
    assert made().words(NOON) == {"pool:hk": "drain"}


def test_nothing_is_said_where_another_server_keeps_its_state(tmp_path):
    other = store.Claim(tmp_path / "state")
    other.take()
    overrides = Overrides(loaded(tmp_path, "hk", "sg"), tmp_path / "state", store.Claim(tmp_path / "state"))
    with pytest.raises(Refused, match=r"would not survive a restart: .*: another server keeps its state there"):
        order(overrides, "pool:hk")
    assert overrides.words(NOON) == {}
    other.drop()
    order(overrides, "pool:hk")


def test_nor_is_one_that_the_next_start_will_not_look_into(made, tmp_path):
    overrides = made()
    other = loaded(tmp_path, "hk", "sg")
    overrides.adopt(replace(other, server=replace(other.server, state=tmp_path / "other")))
    assert not order(overrides, "pool:hk").survives


def test_what_can_not_be_kept_is_refused_and_changes_nothing(made, tmp_path):
    overrides = made()
    order(overrides, "pool:hk")
    (tmp_path / "state").rename(tmp_path / "elsewhere")
    (tmp_path / "state").write_text("in the way")
    with pytest.raises(Refused, match=r"nothing is changed, for it would not survive a restart: .*/state: "):
        order(overrides, "pool:sg")
    with pytest.raises(Refused, match="would not survive a restart"):
        release(overrides, "pool:hk")
    assert overrides.words(NOON) == {"pool:hk": "drain"}


def test_on_a_full_disk_the_old_words_stay_in_memory_and_on_disk(made, monkeypatch, tmp_path):
    overrides = made()
    order(overrides, "pool:hk")

    def full(_handle):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(Refused, match="no space left on device"):
            order(overrides, "pool:sg")
    assert overrides.words(NOON) == made().words(NOON) == {"pool:hk": "drain"}
    assert [path.name for path in (tmp_path / "state").iterdir()] == ["overrides.json"]


@pytest.mark.parametrize("content", ["{", "[]", '{"overrides": [{"on": 1}]}', '{"overrides": [], "version": 2}'])
def test_a_damaged_file_is_told_and_does_no_harm(made, tmp_path, content):
    order(made(), "pool:hk")
    (tmp_path / "state" / "overrides.json").write_text(content)
    overrides = Overrides(loaded(tmp_path, "hk"), tmp_path / "state")
    assert "overrides that were set before are lost: " in overrides.restore()
    assert overrides.words(NOON) == {}


def test_where_the_newest_file_is_damaged_the_save_before_counts(made, tmp_path):
    for pool in ("pool:hk", "pool:sg"):
        order(made(), pool, anyway=True)
    (tmp_path / "state" / "overrides.json").write_text("{")
    overrides = Overrides(loaded(tmp_path, "hk"), tmp_path / "state")
    assert overrides.restore().startswith("overrides are those of the save before: ")
    assert overrides.words(NOON) == {"pool:hk": "drain"}


def test_a_word_from_the_save_before_is_on_what_its_pool_has_become(made, tmp_path):
    for pool in ("pool:hk", "pool:sg"):
        order(made(), pool, anyway=True)
    (tmp_path / "state" / "overrides.json").write_text("{")
    overrides = Overrides(reloaded(tmp_path, DUAL), tmp_path / "state")
    assert overrides.restore().startswith("overrides are those of the save before: ")
    assert sorted(overrides.words(NOON)) == ["pool:hk/IPv4", "pool:hk/IPv6"]


@pytest.mark.parametrize(
    ("on", "more", "said"),
    [
        ("*", {"anyway": True}, r'"\*" is no member; write pool:NAME'),
        ("pool:hk", {"reason": "\x1b\n"}, "a reason is missing"),
        ("pool:hkk", {}, 'did you mean "pool:hk"'),
        ("pool:hk", {"reason": "  "}, "a reason is missing"),
        ("pool:hk", {"until": NOON}, "it would have ended at 2027-01-15T08:00:00Z, which is past"),
        ("domain:www.example.com", {"word": "up"}, "is an access domain and can't be forced up"),
        ("pool:*", {}, "domain:www.example.com/A would keep 0 of 3 pools available, and keep_at_least is 1"),
        ("pool:*", {"word": "down"}, "say --anyway if that is meant"),
    ],
)
def test_what_is_refused_is_refused_in_words_and_changes_nothing(made, tmp_path, on, more, said):
    overrides = made()
    with pytest.raises(Refused, match=said):
        order(overrides, on, **more)
    assert overrides.words(NOON) == {}
    assert not (tmp_path / "state").exists()


def test_anyway_goes_below_and_what_is_drained_already_counts_as_gone(made):
    overrides = made()
    order(overrides, "pool:hk", "pool:sg")
    with pytest.raises(Refused, match="would keep 0 of 3 pools"):
        order(overrides, "pool:us")
    order(overrides, "pool:us", anyway=True)
    assert len(overrides.words(NOON)) == 3
    order(overrides, "pool:us", word="up")
    assert overrides.words(NOON)["pool:us"] == "up"


def test_who_is_down_does_not_count_as_left(made):
    down = State(frozenset({"address:us/192.0.2.3", "address:us/198.51.100.3"}))
    overrides = made()
    with pytest.raises(Refused, match="would keep 0 of 3 pools"):
        order(overrides, "pool:hk", "pool:sg", state=down)


def test_a_new_word_takes_the_place_of_the_old_and_says_so(made):
    overrides = made()
    (first,) = order(overrides, "pool:hk").overrides
    done = order(overrides, "pool:hk", word="down", now=NOON + 1)
    assert done.replaced == (first,)
    assert overrides.words(NOON + 1) == {"pool:hk": "down"}


def test_a_release_takes_back_what_is_meant_and_everything_with_a_star(made):
    overrides = made()
    order(overrides, "pool:hk", "address:192.0.2.2")
    assert [each.on for each in release(overrides, "address:*").overrides] == ["address:sg/192.0.2.2"]
    with pytest.raises(Refused, match='there is no override on "pool:sg"'):
        release(overrides, "pool:sg")
    assert [each.on for each in release(overrides, "*").overrides] == ["pool:hk"]
    assert made().words(NOON) == overrides.words(NOON) == {}
    assert release(overrides, "*").overrides == ()


def test_what_ends_is_forgotten_and_given_once(made):
    overrides = made()
    order(overrides, "pool:hk", until=NOON + 5)
    order(overrides, "pool:sg")
    assert asyncio.run(overrides.expire(NOON + 4.9)) == ()
    assert [each.on for each in asyncio.run(overrides.expire(NOON + 5))] == ["pool:hk"]
    assert asyncio.run(overrides.expire(NOON + 6)) == ()
    assert made().words(NOON) == {"pool:sg": "drain"}


def test_what_ends_while_nothing_can_be_written_ends_all_the_same(made, tmp_path):
    overrides = made()
    order(overrides, "pool:hk", until=NOON + 5)
    (tmp_path / "state").rename(tmp_path / "elsewhere")
    (tmp_path / "state").write_text("in the way")
    assert [each.on for each in asyncio.run(overrides.expire(NOON + 5))] == ["pool:hk"]
    assert overrides.in_force(NOON + 5) == ()
    assert asyncio.run(overrides.expire(NOON + 6)) == ()


def test_a_word_on_who_is_gone_waits_for_a_configuration_that_has_him(made, tmp_path):
    overrides = made()
    order(overrides, "pool:hk")
    overrides.adopt(loaded(tmp_path, "sg", "us"))
    (waiting,) = overrides.in_force(NOON)
    assert overrides.is_idle(waiting)
    overrides.adopt(loaded(tmp_path, "hk", "sg"))
    assert not overrides.is_idle(waiting)
    assert overrides.words(NOON) == {"pool:hk": "drain"}
    overrides.adopt(loaded(tmp_path, "sg"))
    assert [each.on for each in release(overrides, "pool:h*").overrides] == ["pool:hk"]


def test_two_commands_at_once_are_both_kept(made):
    overrides = made()

    async def both():
        requests = [OverrideRequest(on=(on,), word="up", reason="both") for on in ("pool:hk", "pool:sg", "pool:us")]
        await asyncio.gather(*(overrides.set(request, UP, NOON) for request in requests))

    asyncio.run(both())
    assert len(made().words(NOON)) == 3


FILE = """# for the winter
[[override]]
on = "pool:hk"
word = "drain"
reason = "move"
by = "ops"
until = 2027-02-01T00:00:00+08:00

[[override]]
on = "address:192.*.2"
word = "down"
reason = "firmware"
"""


def read(overrides, file, text=None, *, now=NOON, state=UP):
    if text is not None:
        file.write_text(text)
    noted = overrides.read(file, state, now)
    return [[str(fault).replace(f"{file.parent}/", "") for fault in found] for found in noted]


def test_a_file_says_overrides_too_with_the_place_of_each(made, tmp_path):
    overrides = made()
    os.utime(_written(tmp_path, FILE), (NOON - 100, NOON - 100))
    assert read(overrides, tmp_path / "o.toml") == [[], []]
    address, pool = overrides.in_force(NOON)
    assert (address.on, address.word) == ("address:sg/192.0.2.2", "down")
    assert (pool.by, pool.since, pool.until) == ("ops", NOON - 100, 1801411200.0)
    assert pool.where == f"{tmp_path}/o.toml:2"
    assert overrides.next() == pool.until
    assert overrides.words(pool.until) == {address.on: "down"}
    assert not (tmp_path / "state").exists()


def _written(folder, text):
    file = folder / "o.toml"
    file.write_text(text)
    return file


def test_globs_of_the_file_mean_whom_the_configuration_has(made, tmp_path):
    overrides = made()
    read(overrides, tmp_path / "o.toml", '[[override]]\non = "pool:eu-*"\nword = "drain"\nreason = "x"')
    (waiting,) = overrides.in_force(NOON)
    assert (waiting.on, overrides.is_idle(waiting)) == ("pool:eu-*", True)
    overrides.adopt(loaded(tmp_path, "hk", "eu-1", "eu-2"))
    assert overrides.words(NOON) == {"pool:eu-1": "drain", "pool:eu-2": "drain"}


def test_an_entry_keeps_its_since_while_others_are_changed(made, tmp_path):
    overrides, file = made(), _written(tmp_path, FILE)
    os.utime(file, (NOON - 100, NOON - 100))
    read(overrides, file)
    read(overrides, file, FILE.replace("down", "up"), now=NOON)
    assert [(each.word, each.since) for each in overrides.in_force(NOON)][1] == ("drain", NOON - 100)


def test_what_stands_in_the_file_is_not_released_by_a_command(made, tmp_path):
    overrides = made()
    read(overrides, tmp_path / "o.toml", FILE)
    with pytest.raises(Refused, match=r"is taken out there: pool:hk at .*/o\.toml:2$"):
        release(overrides, "pool:hk")
    order(overrides, "pool:hk", word="up")
    assert overrides.words(NOON)["pool:hk"] == "up"
    done = release(overrides, "*")
    assert [[each.on for each in found] for found in (done.overrides, done.kept)] == [
        ["pool:hk"],
        ["address:sg/192.0.2.2", "pool:hk"],
    ]
    assert overrides.words(NOON)["pool:hk"] == "drain"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[override]\n", "o.toml:1: is not TOML"),
        ('[[overide]]\non = "pool:hk"\n', '"overide" is not a key of this table; did you mean "override"?'),
        (
            '[[override]]\non = "pool:hk"\nword = "drian"\nreason = "x"\n',
            'o.toml:3: [[override]] #1 word: "drian" is not one of "down", "drain", "up"; did you mean "drain"?',
        ),
        ('\n[[override]]\non = "pool:hk"\nword = "up"\n', 'o.toml:2: [[override]] #1: "reason" is missing'),
        (
            '[[override]]\non = "pool:hk"\nword = "up"\nreason = "x"\nuntil = 2026-11-22T10:00:00\n',
            "o.toml:5: [[override]] #1 until: 2026-11-22 10:00:00 names no time zone; end it with Z",
        ),
        (
            '[[override]]\non = "pool:hk"\nword = "up"\nreason = "x"\nuntil = "tomorrow"\n',
            'o.toml:5: [[override]] #1 until: "tomorrow" is not a date and time',
        ),
        (
            '[[override]]\non = "hk"\nword = "up"\nreason = "x"\n',
            'o.toml:2: [[override]] #1 on: "hk" is no member; did you mean "pool:hk"?',
        ),
        (
            '[[override]]\non = "domain:www.example.com"\nword = "up"\nreason = "x"\n',
            "o.toml:3: [[override]] #1 word: domain:www.example.com is an access domain and can't be forced up",
        ),
        (
            '[[override]]\non = "*"\nword = "drain"\nreason = "x"\n',
            'o.toml:2: [[override]] #1 on: "*" is no member; write pool:NAME',
        ),
        (
            '[[override]]\non = "pool:hk"\nword = "drain"\nreason = " "\n',
            "o.toml:4: [[override]] #1 reason: it says nothing; say why",
        ),
        (2 * '[[override]]\non = "pool:hk"\nword = "up"\nreason = "x"\n', 'o.toml:6: [[override]] #2 on: "pool:hk" is'),
    ],
    ids=["no TOML", "table", "word", "reason", "zone", "date", "kind", "domain", "all", "no reason", "twice"],
)
def test_a_faulty_file_is_told_with_its_line_and_changes_nothing(made, tmp_path, text, said):
    overrides = made()
    read(overrides, tmp_path / "o.toml", FILE)
    before = overrides.in_force(NOON)
    faults, _ = read(overrides, tmp_path / "o.toml", text)
    assert faults
    assert said in faults[0]
    assert overrides.in_force(NOON) == before


def test_a_file_that_is_gone_changes_nothing_and_an_empty_one_takes_all_back(made, tmp_path):
    overrides, file = made(), tmp_path / "o.toml"
    read(overrides, file, FILE)
    file.unlink()
    assert read(overrides, file) == [["o.toml: can't be read: no such file or directory"], []]
    assert len(overrides.in_force(NOON)) == 2
    assert read(overrides, file, "") == [[], []]
    assert overrides.in_force(NOON) == ()
    read(overrides, file, FILE)
    assert overrides.read(None, UP, NOON) == ((), ())
    assert overrides.in_force(NOON) == ()


def test_doubts_of_a_file_are_told_and_it_counts_all_the_same(made, tmp_path):
    text = "".join(
        f'[[override]]\non = "{on}"\nword = "drain"\nreason = "x"\nuntil = {until}\n'
        for on, until in [
            ("pool:hkk", "2027-02-01T00:00:00Z"),
            ("pool:sg", "2001-02-01T00:00:00Z"),
            ("pool:*", "2027-02-01T00:00:00Z"),
        ]
    )
    overrides = made()
    faults, warnings = read(overrides, tmp_path / "o.toml", text)
    assert faults == []
    few, nobody, over = warnings
    assert few == "o.toml: domain:www.example.com/A keeps 0 of 3 pools, and keep_at_least is 1"
    assert nobody.startswith(
        'o.toml:2: [[override]] #1 on: "pool:hkk" is not a pool; did you mean "pool:hk"?; it waits'
    )
    assert over == "o.toml:10: [[override]] #2 until: it has ended"
    assert overrides.words(NOON) == dict.fromkeys(["pool:hk", "pool:hkk", "pool:sg", "pool:us"], "drain")


def test_what_the_file_said_last_counts_after_a_restart_while_it_is_faulty_or_gone(made, tmp_path):
    overrides, file = made(), tmp_path / "o.toml"
    read(overrides, file, FILE)
    before = overrides.in_force(NOON)
    asyncio.run(overrides.expire(NOON))
    for damage in (lambda: file.write_text("[[override]"), file.unlink):
        damage()
        again = made()
        (fault,), _ = read(again, file)
        assert fault.startswith("o.toml:")
        assert again.in_force(NOON) == before
    again.read(None, UP, NOON)
    asyncio.run(again.expire(NOON))
    assert made().in_force(NOON) == ()


def test_the_file_may_name_moments_far_away(made, tmp_path):
    far = '[[override]]\non = "pool:hk"\nword = "drain"\nreason = "x"\nuntil = 9999-12-31T23:59:59-12:00\n'
    overrides = made()
    os.utime(_written(tmp_path, far), (-100, -100))
    assert read(overrides, tmp_path / "o.toml") == [[], []]
    asyncio.run(overrides.expire(NOON))
    (found,) = made().in_force(NOON)
    assert datetime.fromtimestamp(found.since, UTC).year == 1970
    assert datetime.fromtimestamp(found.until, UTC).year > 5000


def test_what_somebody_removed_is_written_again_while_it_counts(made, tmp_path):
    overrides = made()
    order(overrides, "pool:hk")
    shutil.rmtree(tmp_path / "state")
    asyncio.run(overrides.expire(NOON))
    assert made().words(NOON) == {"pool:hk": "drain"}
    release(overrides, "*")
    shutil.rmtree(tmp_path / "state")
    asyncio.run(overrides.expire(NOON))
    assert not (tmp_path / "state").exists()


def test_the_log_tells_who_said_what_and_takes_no_line_from_outside(made, caplog):
    caplog.set_level("INFO", logger="gtm")
    overrides = made()
    order(overrides, "pool:hk", reason=" disk\nswap\x1b[31m ", by="ann\r@desk", until=NOON + 60)
    (found,) = overrides.in_force(NOON)
    assert (found.reason, found.by) == ("disk swap [31m", "ann @desk")
    release(overrides, "*")
    assert caplog.messages == [
        "pool:hk drained by ann @desk until 2027-01-15T08:01:00Z: disk swap [31m",
        "pool:hk released by somebody",
    ]


def test_the_file_in_the_state_folder_is_one_that_people_can_read(made, tmp_path):
    order(made(), "pool:hk", by="ann@desk")
    saved = json.loads(Path(tmp_path / "state" / "overrides.json").read_text())
    assert saved["version"] == 1
    assert saved["overrides"][0]["on"] == "pool:hk"


DUAL = '[pools.hk]\naddresses = ["192.0.2.1", "2001:db8::1"]\n'
FOUR = '[pools.hk]\naddresses = ["192.0.2.1"]\n'


def reloaded(folder, pool):
    path = folder / "Corefile.toml"
    path.write_text(COREFILE.format(pools=pool, names='["hk"]'))
    return load(path)


@pytest.mark.parametrize(
    ("on", "drained"),
    [("pool:hk", ["pool:hk/IPv4", "pool:hk/IPv6"]), ("pool:hk/IPv6", ["pool:hk/IPv6"])],
    ids=["by its name", "by its kind"],
)
def test_a_pool_of_both_kinds_is_drained_in_both_or_in_one(made, tmp_path, on, drained):
    overrides = made()
    overrides.adopt(reloaded(tmp_path, DUAL))
    order(overrides, on, anyway=True)
    assert sorted(overrides.words(NOON)) == drained
    release(overrides, "pool:hk")
    assert overrides.words(NOON) == {}


def test_a_drained_pool_stays_drained_when_it_gets_addresses_of_the_other_kind_and_when_it_loses_them(made, tmp_path):
    overrides = made()
    overrides.adopt(reloaded(tmp_path, FOUR))
    order(overrides, "pool:hk", anyway=True)
    overrides.adopt(reloaded(tmp_path, DUAL))
    assert overrides.words(NOON) == {"pool:hk/IPv4": "drain", "pool:hk/IPv6": "drain"}
    again = Overrides(reloaded(tmp_path, DUAL), tmp_path / "state")
    assert again.restore() is None
    assert again.words(NOON) == overrides.words(NOON), "what the file says is still of the pool as it was"
    overrides.adopt(reloaded(tmp_path, FOUR))
    assert overrides.words(NOON)["pool:hk"] == "drain"
