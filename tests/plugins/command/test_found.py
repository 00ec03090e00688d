"""command: which files may be run, and how what they write is told."""

import pytest

from gtm import PluginFault, Setup
from gtm_plugins.command import Command, found
from gtm_plugins.command.run import Ran, first_line


@pytest.fixture
def folder(tmp_path):
    home = tmp_path / "commands"
    (home / "sub").mkdir(parents=True)
    for file in (home / "check.sh", home / "sub" / "deep.sh", tmp_path / "outside.sh"):
        file.write_text("#!/bin/sh\n")
        file.chmod(0o755)
    (home / "plain.txt").write_text("no command")
    (home / "leads-out.sh").symlink_to(tmp_path / "outside.sh")
    (home / "leads-in.sh").symlink_to(home / "check.sh")
    (tmp_path / "linked").symlink_to(home)
    return home


@pytest.mark.parametrize("word", ["check.sh", "leads-in.sh", "./check.sh"])
def test_a_file_directly_within_the_folder_may_be_run(folder, word):
    assert found([word], folder) == folder / "check.sh"
    assert found([word], folder.parent / "linked") == folder / "check.sh"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "run is empty"),
        ([""], "run is empty"),
        (["../outside.sh"], "does not lie directly within"),
        (["leads-out.sh"], "does not lie directly within"),
        (["sub/deep.sh"], "does not lie directly within"),
        (["/bin/sh"], "does not lie directly within"),
        (["sub"], "there is no file"),
        (["none.sh"], "there is no file"),
        (["check.sh fast"], "there is no file"),
        (["plain.txt"], "is not executable"),
        (["check.sh", "a\0b"], "NUL"),
        (["x" * 5000], "there is no file"),
    ],
)
def test_anything_else_is_refused_with_what_would_be_right(folder, words, said):
    with pytest.raises(PluginFault, match=said):
        found(words, folder)


def test_without_a_folder_nothing_may_be_run():
    with pytest.raises(PluginFault, match="command_dir"):
        Command(Command.Options(run="check.sh"), Setup())


def test_its_label_keeps_the_arguments_to_itself(folder):
    made = Command(Command.Options(run=("check.sh", "--token=secret")), Setup(commands=folder))
    assert made.label() == "command check.sh"


@pytest.mark.parametrize(
    ("output", "line"),
    [
        (b"", ""),
        (b"\n \n replica is 7 s behind \nmore", "replica is 7 s behind"),
        (b"a\x1b[31mred\x00", "a [31mred"),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b"x" * 300, "x" * 199 + "…"),
    ],
)
def test_the_reason_is_the_first_line_that_can_be_shown(output, line):
    assert first_line(output) == line


@pytest.mark.parametrize(
    ("ran", "reason"),
    [
        (Ran(0, b""), "exit status 0"),
        (Ran(2, b""), "exit status 2"),
        (Ran(2, b"too late"), "too late"),
        (Ran(-9, b""), "ended by SIGKILL"),
        (Ran(-99, b""), "ended by signal 99"),
        (Ran(None, b"waiting", "timed out after 3 s"), "timed out after 3 s; it said: waiting"),
        (Ran(None, b"", "timed out after 3 s"), "timed out after 3 s"),
    ],
)
def test_where_nothing_was_written_the_reason_is_how_it_ended(ran, reason):
    assert ran.reason() == reason
