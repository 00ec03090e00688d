"""What is remembered over a restart; what can't be written is told once and tried again."""

import json
import logging
import shutil

import pytest

from gtm import Observation, Verdict
from gtm.control import store
from gtm.control.memory import STICKY, VERDICTS, Kept, Memory, Sticky, Verdicts, agreed, believed, written
from gtm.health.judge import judged
from gtm.health.table import Belief
from gtm.model.template import Template
from tests.control.viewing import NOON, checked

WEB = Template("web", "http", interval=15, timeout=3, fall=5, rise=3)
HELD = Sticky({"pool:hk": "address:192.0.2.1"}, {"domain:www.example.com/A": ("address:192.0.2.2",)})


@pytest.fixture
def said(caplog):
    caplog.set_level(logging.INFO, logger="gtm")
    return caplog


def test_what_was_saved_is_there_after_a_restart(tmp_path):
    assert Memory(tmp_path / "state").save(STICKY, HELD)
    assert Memory(tmp_path / "state").load(STICKY, Sticky, "held members are") == HELD


def test_what_is_on_disk_already_is_not_written_again(tmp_path):
    Memory(tmp_path).save(STICKY, HELD)
    memory = Memory(tmp_path)
    memory.load(STICKY, Sticky, "held members are")
    before = (tmp_path / STICKY).stat().st_ino
    assert memory.save(STICKY, HELD)
    assert (tmp_path / STICKY).stat().st_ino == before
    assert memory.save(STICKY, Sticky())
    assert (tmp_path / STICKY).stat().st_ino != before


def test_without_a_folder_nothing_is_kept_and_nothing_is_wrong(said):
    memory = Memory(None)
    assert memory.save(STICKY, HELD)
    assert memory.load(STICKY, Sticky, "held members are") is None
    assert not said.records


def test_what_can_not_be_written_is_told_once_for_all_files_until_it_can_be(tmp_path, said):
    folder = tmp_path / "state"
    folder.write_text("in the way")
    memory = Memory(folder)
    for _ in range(3):
        assert not memory.save(STICKY, HELD)
        assert not memory.save("other.json", {"a": 1})
    folder.unlink()
    assert memory.save(STICKY, HELD)
    assert memory.save("other.json", {"a": 1})
    assert said.messages == [f"state is not kept: {folder}: File exists", f"state is kept again in {folder}"]


def test_what_is_damaged_is_told_and_forgotten_and_written_over(tmp_path, said):
    (tmp_path / STICKY).write_text('{"held": 1}')
    memory = Memory(tmp_path)
    assert memory.load(STICKY, Sticky, "held members are") is None
    assert said.messages[0].startswith(f"held members are forgotten: {tmp_path / STICKY} is damaged: ")
    assert memory.save(STICKY, HELD)
    assert Memory(tmp_path).load(STICKY, Sticky, "held members are") == HELD


def test_where_the_newest_is_damaged_the_save_before_counts(tmp_path, said):
    Memory(tmp_path).save(STICKY, HELD)
    Memory(tmp_path).save(STICKY, Sticky())
    (tmp_path / STICKY).write_text('{"held": 1}')
    assert Memory(tmp_path).load(STICKY, Sticky, "held members are") == HELD
    assert said.messages[0].startswith(f"held members are of the save before: {tmp_path / STICKY} is damaged: ")


def test_beliefs_are_the_same_after_a_restart_but_for_what_was_under_way():
    belief = Belief(Verdict.DOWN, 1.0, "status 503", 2.0, 0.2, 3.0, 4, "old certificate")
    kept = written({"check:web:80@192.0.2.1": belief, "check:web:80@192.0.2.2": Belief(None)})
    templates = {"check:web:80@192.0.2.1": WEB}
    assert believed(kept, templates) == {
        "check:web:80@192.0.2.1": Belief(Verdict.DOWN, 1.0, "status 503", 2.0, until=3.0)
    }


@pytest.mark.parametrize(
    ("kept", "templates"),
    [
        (Kept("perhaps", 1.0, "", 2.0, 3.0), {"check:web": WEB}),
        (Kept("down", 1.0, "", 2.0, 3.0), {"check:other": WEB}),
        (Kept("down", 1.0, "", 2.0, 2.4), {"check:web": WEB}),
    ],
    ids=["nobody knows the verdict", "no such check", "too old"],
)
def test_what_can_not_be_believed_is_left_out(kept, templates):
    assert believed({"check:web": kept}, templates, 2.5) == {}


@pytest.mark.parametrize("verdict", list(Verdict))
def test_where_it_is_not_sure_the_next_round_decides_and_people_see_no_absurd_count(verdict):
    kept = {"check:web": Kept(verdict.value, 1.0, "", 2.0, 3.0)}
    (belief,) = believed(kept, {"check:web": WEB}, is_sure=False).values()
    assert belief.against < 10
    other = judged(belief, {"here": Observation(verdict is Verdict.DOWN, "", 0.1)}, WEB, 5.0)
    assert (other.verdict is not verdict, other.against) == (True, 0)


@pytest.mark.parametrize("moment", [-1, 1e300])
def test_moments_of_no_century_are_damage(tmp_path, moment):
    kept = {"verdict": "up", "since": 1, "reason": "", "moment": 1, "until": 1}
    for key in ("since", "moment", "until"):
        (tmp_path / VERDICTS).write_text(json.dumps({"checks": {"check:web": {**kept, key: moment}}}))
        with pytest.raises(store.Damaged):
            store.load(tmp_path, VERDICTS, Verdicts)


def test_of_two_servers_one_keeps_its_state_in_a_folder_until_it_ends(tmp_path, said):
    first, second = Memory(tmp_path), Memory(tmp_path)
    assert first.save(STICKY, HELD)
    assert second.load(STICKY, Sticky, "held members are") == HELD
    for value in (Sticky(), HELD):
        assert not second.save(STICKY, value)
        assert second.fault == f"{tmp_path}: another server keeps its state there"
    assert Memory(tmp_path).load(STICKY, Sticky, "held members are") == HELD
    first.close()
    assert second.save(STICKY, HELD)
    assert second.fault == ""
    assert said.messages == [
        f"state is not kept: {tmp_path}: another server keeps its state there",
        f"state is kept again in {tmp_path}",
    ]


def test_what_somebody_removed_is_written_again(tmp_path):
    memory = Memory(tmp_path / "state")
    memory.save(STICKY, HELD)
    shutil.rmtree(tmp_path / "state")
    assert memory.save(STICKY, HELD)
    assert Memory(tmp_path / "state").load(STICKY, Sticky, "held members are") == HELD


ONE, TWO = checked("192.0.2.1", "web"), checked("192.0.2.2", "web", "other")
UP, DOWN = Verdict.UP, Verdict.DOWN


@pytest.mark.parametrize(
    ("written_down", "down", "expected"),
    [
        ((UP, UP, UP), {ONE.key}, (DOWN, UP, UP)),
        ((DOWN, UP, UP), set(), (UP, UP, UP)),
        ((UP, UP, DOWN), {TWO.key}, (UP, DOWN, DOWN)),
        ((UP, UP, DOWN), set(), (UP, UP, DOWN)),
        ((None, UP, UP), {ONE.key}, (None, UP, UP)),
    ],
    ids=["died", "came back", "one of two checks", "an alert", "a drill"],
)
def test_what_answers_went_by_outweighs_what_was_written_before_it(written_down, down, expected):
    checks = [*ONE.checks, *TWO.checks]
    kept = {
        check.key: Belief(verdict, since=NOON - 9, reason="status 200", until=NOON)
        for check, verdict in zip(checks, written_down, strict=True)
        if verdict is not None
    }
    found = agreed(kept, (ONE, TWO), {check.key: WEB for check in checks}, down, NOON)
    assert tuple(found[check.key].verdict if check.key in found else None for check in checks) == expected
    for key, belief in found.items():
        if belief.verdict is kept[key].verdict:
            assert belief == kept[key]
        else:
            other = Observation(belief.verdict is DOWN, "its word", 0.1)
            assert (belief.since, judged(belief, {"here": other}, WEB, NOON).verdict) == (NOON, kept[key].verdict)
