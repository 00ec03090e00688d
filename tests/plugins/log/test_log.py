"""log: one line a query, whatever becomes of the file."""

import json
import logging
import os
import resource
import signal
import threading
from dataclasses import replace
from pathlib import Path
from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtm import Answered, PluginFault, Question, Setup
from gtm import name as names
from gtm_plugins.log import Log
from gtm_plugins.log.line import as_json, as_text

ONE = Answered(
    1_764_000_000.1239, "192.0.2.53", "203.0.113.0/24", "udp", Question.of("www.example.com"), 0, True, 49, "pool:hk"
)


def log(folder, **options):
    return Log(Log.Options(**options), Setup(folder=folder))


def lines(path):
    return path.read_text(encoding="utf-8").splitlines()


def test_a_line_says_who_asked_what_and_why_the_answer_was_that():
    assert as_text(ONE) == (
        "2025-11-24T16:00:00.123Z 192.0.2.53 203.0.113.0/24 udp www.example.com A NOERROR plan 49: pool:hk"
    )
    assert as_text(replace(ONE, client="", hit=False, rcode=3)).split()[2:8] == [
        *("-", "udp", "www.example.com", "A", "NXDOMAIN", "walk")
    ]
    assert json.loads(as_json(ONE)) == {
        "time": "2025-11-24T16:00:00.123Z",
        "peer": "192.0.2.53",
        "client": "203.0.113.0/24",
        "transport": "udp",
        "name": "www.example.com",
        "type": "A",
        "rcode": "NOERROR",
        "hit": True,
        "octets": 49,
        "reason": "pool:hk",
    }


@given(
    st.lists(st.binary(min_size=1, max_size=20), max_size=5),
    st.text(st.characters(exclude_categories=("Cs",))),
    st.integers(0, 65535),
)
def test_a_line_is_one_line_whatever_stands_in_it(labels, reason, qtype):
    odd = replace(ONE, question=Question(names.from_labels(iter(labels)), qtype), reason=reason)
    assert as_text(odd).isprintable()
    assert as_json(odd).isprintable()
    assert json.loads(as_json(odd))["reason"] == reason


def test_lines_are_appended_to_the_file_beside_the_corefile(tmp_path):
    (tmp_path / "q.log").write_text("before\n")
    made = log(tmp_path, file="q.log")
    made.observe((ONE, ONE))
    made.observe(())
    assert lines(tmp_path / "q.log") == ["before", as_text(ONE), as_text(ONE)]
    assert made.files() == ()


def test_the_file_is_not_for_everybody_and_made_with_the_first_line(tmp_path):
    made = log(tmp_path, file="q.log", format="json")
    assert list(tmp_path.iterdir()) == []
    made.observe((ONE,))
    assert lines(tmp_path / "q.log") == [as_json(ONE)]
    assert (tmp_path / "q.log").stat().st_mode & 0o007 == 0


def test_without_a_file_lines_go_to_the_log_of_the_server(caplog):
    with caplog.at_level(logging.INFO):
        log(Path()).observe((ONE,))
    assert caplog.record_tuples == [("gtm.queries", logging.INFO, as_text(ONE))]


def test_only_some_response_codes_are_told(tmp_path):
    made = log(tmp_path, file="q.log", only=["SERVFAIL", "REFUSED"])
    made.observe(tuple(replace(ONE, rcode=rcode) for rcode in (0, 2, 3, 5)))
    assert [line.split()[6] for line in lines(tmp_path / "q.log")] == ["SERVFAIL", "REFUSED"]


@pytest.mark.parametrize("sample", [0.0, 0.1, 0.5, 1.0])
def test_of_a_sample_each_query_has_the_same_chance(tmp_path, sample):
    made = log(tmp_path, file="q.log", sample=sample)
    made._chance = Random(1)
    pair = (ONE, replace(ONE, rcode=3))
    made.observe(pair * 5000)
    found = lines(tmp_path / "q.log") if sample else []
    for rcode in ("NOERROR", "NXDOMAIN"):
        count = sum(rcode in line for line in found)
        assert abs(count - 5000 * sample) <= 5 * (5000 * sample * (1 - sample)) ** 0.5


def test_a_file_that_was_moved_is_left_and_a_new_one_opened(tmp_path):
    made = log(tmp_path, file="q.log")
    made.observe((ONE,))
    (tmp_path / "q.log").rename(tmp_path / "q.log.1")
    made.observe((ONE, ONE))
    assert len(lines(tmp_path / "q.log.1")) == 1
    assert len(lines(tmp_path / "q.log")) == 2


def test_a_file_that_was_cut_goes_on_from_its_beginning(tmp_path):
    made = log(tmp_path, file="q.log")
    made.observe((ONE, ONE))
    os.truncate(tmp_path / "q.log", 0)
    made.observe((ONE,))
    assert lines(tmp_path / "q.log") == [as_text(ONE)]


def test_what_can_not_be_written_is_told_once_and_counted_when_it_can_again(tmp_path, caplog):
    (tmp_path / "logs").mkdir()
    made = log(tmp_path, file="logs/q.log")
    made.observe((ONE,))
    (tmp_path / "logs").rename(tmp_path / "away")
    made.observe((ONE, ONE))
    made.observe((ONE,))
    (tmp_path / "away").rename(tmp_path / "logs")
    made.observe((ONE,))
    assert [record.getMessage() for record in caplog.records] == [
        f"{tmp_path}/logs/q.log: can't be written: no such file or directory; lines are lost until it can",
        f"{tmp_path}/logs/q.log: is written again; 3 lines were lost",
    ]
    assert len(lines(tmp_path / "logs" / "q.log")) == 2


def test_a_full_disk_is_told_and_stops_nothing(caplog):
    made = log(Path("/dev"), file="full")
    made.observe((ONE,))
    made.observe((ONE,))
    assert [record.getMessage() for record in caplog.records] == [
        "/dev/full: can't be written: no space left on device; lines are lost until it can"
    ]


def test_a_line_that_a_full_disk_cut_off_does_not_run_into_the_next_one_and_what_was_lost_is_counted(tmp_path, caplog):
    made = log(tmp_path, file="q.log")
    made.observe((ONE,))
    one = len(as_text(ONE)) + 1
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3 * one + 20, limits[1]))  # as if the disk had room for so much
    try:
        made.observe((ONE,) * 7)
        made.observe((ONE,))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    made.observe((ONE,))
    assert lines(tmp_path / "q.log") == [*[as_text(ONE)] * 3, as_text(ONE)[:20], as_text(ONE)]
    assert caplog.records[-1].getMessage().endswith("is written again; 6 lines were lost")


def test_a_pipe_that_nobody_reads_holds_nobody(tmp_path, caplog):
    os.mkfifo(tmp_path / "pipe")
    made = log(tmp_path, file="pipe")
    made.observe((ONE,))
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    made.observe((ONE,) * 10_000)
    assert os.read(reader, 50).startswith(b"2025-11-24T16:00:00.123Z")
    os.close(reader)
    assert sum("can't be written" in record.getMessage() for record in caplog.records) == 1


def test_lines_of_several_writers_do_not_mix(tmp_path):
    writers = [log(tmp_path, file="q.log") for _ in range(4)]
    threads = [threading.Thread(target=lambda m=made: [m.observe((ONE,) * 7) for _ in range(50)]) for made in writers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert lines(tmp_path / "q.log") == [as_text(ONE)] * 4 * 7 * 50


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"only": ["SERVFAL"]}, '"SERVFAL" is not a response code; write one such as "SERVFAIL"'),
        ({"file": "none/q.log"}, 'there is no folder "none"'),
        ({"file": "."}, "is a folder; name a file in it"),
        ({"file": "a\nb"}, "is not the name of a file"),
    ],
    ids=["rcode", "no folder", "a folder", "no name"],
)
def test_options_that_can_not_be_met_are_refused(options, said):
    with pytest.raises(PluginFault, match=said):
        log(Path(), **options)


@pytest.mark.parametrize("given", [{"sample": 1.5}, {"sample": -1}, {"format": "xml"}, {"fiel": "x"}])
def test_options_of_another_kind_are_refused(given):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(given, Log.Options)
