"""What is remembered over a restart; what can't be written is told once and tried again."""

import logging

import pytest

from gtm import Verdict
from gtm.control.memory import STICKY, Kept, Memory, Sticky, believed, written
from gtm.health.table import Belief

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
    assert believed(kept) == {"check:web:80@192.0.2.1": Belief(Verdict.DOWN, 1.0, "status 503", 2.0, until=3.0)}


def test_a_verdict_that_nobody_knows_is_left_out():
    assert believed({"check:web": Kept("perhaps", 1.0, "", 2.0, 3.0)}) == {}
