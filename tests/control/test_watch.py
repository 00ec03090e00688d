"""Which files changed, and when that is news."""

from gtm.control.watch import Watch, look


def test_a_change_is_news_once_it_stands_still(tmp_path):
    file = tmp_path / "a"
    file.write_text("one")
    watched = Watch(look([file]))
    assert not watched.changed(look([file]))
    file.write_text("two and more")
    assert not watched.changed(look([file]))
    assert watched.changed(look([file]))
    assert not watched.changed(look([file]))


def test_a_file_that_keeps_changing_is_waited_for(tmp_path):
    file = tmp_path / "a"
    file.write_text("")
    watched = Watch(look([file]))
    for size in range(1, 5):
        file.write_text("x" * size)
        assert not watched.changed(look([file]))
    assert watched.changed(look([file]))


def test_a_change_that_is_taken_back_is_no_news(tmp_path):
    before = look([tmp_path / "a"])
    watched = Watch(before)
    (tmp_path / "a").write_text("x")
    assert not watched.changed(look([tmp_path / "a"]))
    (tmp_path / "a").unlink()
    assert not watched.changed(look([tmp_path / "a"]))
    assert not watched.changed(look([tmp_path / "a"]))


def test_a_file_that_goes_and_one_that_comes_are_changes(tmp_path):
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_text("x")
    watched = Watch(look([first, second]))
    first.rename(second)
    watched.changed(look([first, second]))
    assert watched.changed(look([first, second]))


def test_the_same_size_and_another_file_is_a_change(tmp_path):
    file, beside = tmp_path / "a", tmp_path / "b"
    file.write_text("one")
    watched = Watch(look([file]))
    beside.write_text("two")
    beside.replace(file)
    watched.changed(look([file]))
    assert watched.changed(look([file]))
