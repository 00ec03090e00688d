"""What the log says of plugins that break the law."""

import logging

import pytest

from gtm.chain.trace import PluginError
from gtm.model.question import Question
from gtm.serve.report import Reporter


@pytest.fixture
def said(caplog):
    caplog.set_level(logging.INFO, logger="gtm")
    return caplog


def test_each_fault_is_counted_and_said_once_a_second_at_most(said):
    now = [10.0]
    report = Reporter(lambda: now[0])
    error = PluginError("mine", "rank", "raised ValueError: no")
    for _ in range(1000):
        report(error, Question.of("www.example.com"))
    now[0] = 11.5
    report(error, None)
    assert said.messages == [
        'plugin "mine": rank raised ValueError: no (asked www.example.com A)',
        'plugin "mine": rank raised ValueError: no, and 999 more of its kind since the last word',
    ]
    assert report.counts == {("mine", "rank"): 1001}


def test_faults_of_different_hooks_do_not_hide_each_other(said):
    report = Reporter(lambda: 0.0)
    for hook in ("rank", "admit"):
        report(PluginError("mine", hook, "raised KeyError: 1"), None)
    report(PluginError("", "answer", "raised KeyError: 1"), None)
    assert [line.split(":")[1].split()[0] for line in said.messages] == ["rank", "admit", "answer"]
    assert said.messages[2].startswith('plugin "gtm"')
