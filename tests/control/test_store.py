"""What survives a restart, and what is lost with a damaged file."""

import json

import pytest

from gtm.control import store
from gtm.control.memory import STICKY, Sticky


def test_what_was_saved_is_loaded(tmp_path):
    held = {"pool:hk": "address:hk-1", "domain:www.example.com/A": "pool:hk"}
    store.save(tmp_path / "new" / "folder", STICKY, Sticky(held))
    assert store.load(tmp_path / "new" / "folder", STICKY, Sticky).held == held


def test_nothing_was_held_where_there_is_no_file(tmp_path):
    assert store.load(tmp_path / "none", STICKY, Sticky) is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"held": 1}', '{"held": {"a": 1}}', '{"held": null}', "\0"])
def test_a_damaged_file_is_named(tmp_path, text):
    (tmp_path / "sticky.json").write_text(text)
    with pytest.raises(ValueError, match=r"sticky\.json is damaged"):
        store.load(tmp_path, STICKY, Sticky)


def test_octets_that_are_no_text_are_damage(tmp_path):
    (tmp_path / "sticky.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match=r"sticky\.json is damaged"):
        store.load(tmp_path, STICKY, Sticky)


def test_a_save_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    store.save(tmp_path, STICKY, Sticky({"pool:a": "one"}))

    def full(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        store.save(tmp_path, STICKY, Sticky({"pool:a": "two"}))
    assert store.load(tmp_path, STICKY, Sticky).held == {"pool:a": "one"}
    assert [file.name for file in tmp_path.iterdir()] == ["sticky.json"]


def test_a_file_is_json_for_people_and_says_its_checksum(tmp_path):
    store.save(tmp_path, STICKY, Sticky({"pool:a": "one"}))
    assert json.loads((tmp_path / STICKY).read_text()).keys() == {"checksum", "held", "last"}
    store.save(tmp_path, "empty.json", {})
    assert json.loads((tmp_path / "empty.json").read_text()).keys() == {"checksum"}
    assert store.load(tmp_path, "empty.json", dict) == {}


def test_one_that_a_person_wrote_needs_no_checksum(tmp_path):
    (tmp_path / STICKY).write_text('{"held": {"pool:a": "one"}}')
    assert store.load(tmp_path, STICKY, Sticky).held == {"pool:a": "one"}


def test_whatever_octet_changed_a_value_is_the_one_that_was_saved_or_the_one_before(tmp_path):
    """Catalogue 3.3, kill -9 during state write: checksum, and the last two good versions."""
    store.save(tmp_path, STICKY, Sticky({"pool:a": "one"}))
    store.save(tmp_path, STICKY, Sticky({"pool:a": "two"}))
    whole = (tmp_path / STICKY).read_bytes()
    for at in range(len(whole)):
        (tmp_path / STICKY).write_bytes(whole[:at] + bytes([whole[at] ^ 0x01]) + whole[at + 1 :])
        try:
            found = store.load(tmp_path, STICKY, Sticky)
        except store.Damaged as damaged:
            found = damaged.before
        assert found in (Sticky({"pool:a": "one"}), Sticky({"pool:a": "two"}))


def test_a_damaged_version_is_never_kept_as_the_one_before(tmp_path):
    for word in ("one", "two"):
        store.save(tmp_path, STICKY, Sticky({"pool:a": word}))
    (tmp_path / STICKY).write_text("{")
    with pytest.raises(store.Damaged):
        store.begin(tmp_path, STICKY, Sticky)
    store.save(tmp_path, STICKY, Sticky({"pool:a": "three"}))
    (tmp_path / STICKY).write_text("{")
    with pytest.raises(store.Damaged) as caught:
        store.load(tmp_path, STICKY, Sticky)
    assert caught.value.before == Sticky({"pool:a": "one"})


def test_a_file_that_somebody_removed_is_not_brought_back(tmp_path):
    for word in ("one", "two"):
        store.save(tmp_path, STICKY, Sticky({"pool:a": word}))
    (tmp_path / STICKY).unlink()
    assert store.load(tmp_path, STICKY, Sticky) is None


def test_what_a_killed_save_left_is_cleared_up_by_who_saves_and_by_nobody_else(tmp_path):
    (tmp_path / f".{STICKY}.x1").write_text("half")
    store.load(tmp_path, STICKY, Sticky)
    assert list(tmp_path.iterdir())
    store.begin(tmp_path, STICKY, Sticky)
    assert not list(tmp_path.iterdir())


def test_what_can_not_be_cleared_up_keeps_nobody_from_reading(tmp_path):
    store.save(tmp_path, STICKY, Sticky({"pool:a": "one"}))
    (tmp_path / f".{STICKY}.x1" / "inside").mkdir(parents=True)
    assert store.begin(tmp_path, STICKY, Sticky) == Sticky({"pool:a": "one"})


def test_a_file_that_would_fill_the_memory_is_damage(tmp_path):
    with (tmp_path / STICKY).open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(store.Damaged, match="has 1099511627776 octets"):
        store.load(tmp_path, STICKY, Sticky)


def test_cut_off_at_any_octet_it_is_damage_and_the_one_before_counts(tmp_path):
    for word in ("one", "two"):
        store.save(tmp_path, STICKY, Sticky({"pool:a": word}))
    whole = (tmp_path / STICKY).read_bytes()
    for length in range(len(whole)):
        (tmp_path / STICKY).write_bytes(whole[:length])
        with pytest.raises(store.Damaged) as caught:
            store.load(tmp_path, STICKY, Sticky)
        assert caught.value.before == Sticky({"pool:a": "one"})


def test_a_save_is_on_the_disk_before_it_is_acknowledged(tmp_path, monkeypatch):
    """Catalogue 3.3, power loss: the file is synced, then renamed, then its folder is synced."""
    steps = []
    for name in ("fsync", "rename", "replace"):
        real = getattr(store.os, name)
        monkeypatch.setattr(store.os, name, lambda *given, real=real, name=name: (steps.append(name), real(*given))[1])
    store.save(tmp_path, STICKY, Sticky({"pool:a": "one"}))
    assert steps == ["fsync", "replace", "fsync"]
