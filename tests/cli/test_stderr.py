"""The log's way out: whoever does not read it can make no server wait."""

import logging
import os
import socket
from contextlib import closing, suppress

import pytest

from gtm.cli.stderr import LONGEST, Stderr


def say(handler, text, *given):
    handler.handle(logging.LogRecord("gtm", logging.INFO, __file__, 1, text, given, None))


def pair(kind, folder):
    if kind == "pipe":
        return os.pipe()
    if kind == "socket":
        return tuple(end.detach() for end in socket.socketpair())
    return os.open(folder / "log", os.O_RDONLY | os.O_CREAT), os.open(folder / "log", os.O_WRONLY)


@pytest.fixture(params=["pipe", "socket", "file"])
def ends(request, tmp_path):
    """Where to read what was written, and where to write."""
    reading, writing = pair(request.param, tmp_path)
    yield reading, writing
    os.close(reading)
    os.close(writing)


def test_a_line_arrives(ends):
    with closing(Stderr(ends[1])) as handler:
        say(handler, "listening on %s", "127.0.0.1")
        say(handler, "grüß \ud800")
    assert os.read(ends[0], 1000) == "listening on 127.0.0.1\ngrüß \\ud800\n".encode()


@pytest.mark.parametrize("kind", ["pipe", "socket"])
def test_a_log_that_nobody_reads_costs_lines_and_keeps_nobody_waiting(kind, tmp_path):
    """Catalogue 3.3, disk full during state save: logging failure never blocks."""
    reading, writing = pair(kind, tmp_path)
    with closing(Stderr(writing)) as handler:
        while handler.lost < 2:
            say(handler, "x" * 3000)
        assert os.get_blocking(writing)
        os.set_blocking(reading, False)
        with suppress(BlockingIOError):
            while os.read(reading, 65536):
                pass
        say(handler, "read again")
        assert os.read(reading, 1000) == b"WARNING 2 lines of this log were lost: nobody took them\nread again\n"
        os.close(reading)
        say(handler, "nobody is there any more")
        assert handler.lost == 1
    os.close(writing)


def test_a_full_disk_costs_lines_only():
    full = os.open("/dev/full", os.O_WRONLY)
    with closing(Stderr(full)) as handler:
        say(handler, "nobody sees this")
        assert handler.lost == 1
    os.close(full)


def test_a_line_that_is_too_long_is_cut(ends):
    with closing(Stderr(ends[1])) as handler:
        say(handler, "x" * 100_000)
    line = os.read(ends[0], 100_000)
    assert len(line) <= LONGEST
    assert line.endswith("x…\n".encode())


def test_a_line_that_can_not_be_shown_says_so(ends):
    with closing(Stderr(ends[1])) as handler:
        say(handler, "%d", "no number")
    assert os.read(ends[0], 1000).startswith(b"ERROR a line of the log can't be shown: TypeError(")
