"""What survives a restart, and what is lost with a damaged file."""

import pytest

from gtm.serve import state


def test_what_was_saved_is_loaded(tmp_path):
    held = {"pool:hk": "address:hk-1", "domain:www.example.com/A": "pool:hk"}
    state.save(tmp_path / "new" / "folder", held)
    assert state.load(tmp_path / "new" / "folder") == held


def test_nothing_was_held_where_there_is_no_file(tmp_path):
    assert state.load(tmp_path / "none") == {}


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"held": 1}', '{"held": {"a": 1}}', '{"held": null}', "\0"])
def test_a_damaged_file_is_named(tmp_path, text):
    (tmp_path / "sticky.json").write_text(text)
    with pytest.raises(ValueError, match=r"sticky\.json is damaged"):
        state.load(tmp_path)


def test_octets_that_are_no_text_are_damage(tmp_path):
    (tmp_path / "sticky.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match=r"sticky\.json is damaged"):
        state.load(tmp_path)


def test_a_save_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    state.save(tmp_path, {"pool:a": "one"})

    def full(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        state.save(tmp_path, {"pool:a": "two"})
    assert state.load(tmp_path) == {"pool:a": "one"}
    assert [file.name for file in tmp_path.iterdir()] == ["sticky.json"]
