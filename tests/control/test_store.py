"""What survives a restart, and what is lost with a damaged file."""

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
