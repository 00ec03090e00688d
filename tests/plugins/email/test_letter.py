"""Mails about alerts: the worst stands in the subject, and nobody's words become headers."""

from email import message_from_bytes
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtm import Alert, PluginFault, Setup
from gtm_plugins.email import Email
from gtm_plugins.email.letter import letter, subject

DOWN = Alert("address_down", "address:hk-1", "web:80 status 503", 1780315203.2, "a", 0, ("pool:hk",), ("domain:w/A",))
POOL = Alert("pool_down", "pool:hk", "0 of 2 addresses are available", 1780315203.2, "b")
UP = Alert("pool_up", "pool:sg", "", 1780315203.2, "c")


def read(alerts, sender="gtm <gtm@example.com>", to=("noc@example.com",)):
    return message_from_bytes(letter(sender, to, "dns1", alerts).as_bytes(), policy=default)


@pytest.mark.parametrize(
    ("alerts", "wanted"),
    [
        ([DOWN], "[gtm] address:hk-1 is down"),
        ([DOWN, POOL, UP], "[gtm] pool:hk is down (and 2 more)"),
        ([UP], "[gtm] pool:sg is up"),
        ([Alert("configuration_refused", "configuration", "why", 0.0)], "[gtm] configuration refused"),
        ([Alert("probe_late", "check:web:80@192.0.2.1", "", 0.0)], "[gtm] check:web:80@192.0.2.1: probe late"),
        ([Alert("new_event", "pool:hk", "", 0.0), UP], "[gtm] pool:hk: new event (and 1 more)"),
    ],
)
def test_the_subject_says_what_is_worst(alerts, wanted):
    assert read(alerts)["Subject"] == wanted


def test_the_same_alerts_make_the_same_mail():
    first = read([DOWN, POOL])
    assert first["Message-ID"] == read([DOWN, POOL])["Message-ID"]
    assert first["Message-ID"].endswith("@example.com>")
    assert first["Message-ID"] != read([DOWN])["Message-ID"]
    assert first["Date"] == "Mon, 01 Jun 2026 12:00:03 +0000"
    assert first["Auto-Submitted"] == "auto-generated"
    body = first.get_content()
    assert "2026-06-01 12:00:03 UTC  address:hk-1 is down: web:80 status 503\r\n    concerns domain:w/A" in body


@given(st.text(max_size=300), st.text(max_size=300))
def test_nobodys_words_become_headers_or_end_the_mail(name, reason):
    names = {"From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted"}
    names |= {"Content-Type", "Content-Transfer-Encoding", "MIME-Version"}
    alert = Alert("pool_down", f"pool:{name}\r\nBcc: x@example.com\r\n.\r\n", reason, 0.0, name)
    found = read([alert])
    assert set(found.keys()) == names
    assert "\r\n.\r\n" not in found.get_content()


def test_the_longest_mail_is_bounded():
    alerts = [Alert("pool_down", f"pool:{number}", "r" * 1000, 0.0) for number in range(20_000)]
    assert len(letter("a@example.com", ["b@example.com"], "dns1", alerts).as_bytes()) < 1_000_000
    assert subject([Alert("pool_down", "pool:" + "x" * 5000, "", 0.0)]).startswith("[gtm] pool:xxx")
    assert len(subject([Alert("pool_down", "pool:" + "x" * 5000, "", 0.0)])) == 200


def made(folder, **options):
    given = {"server": "smtp.example.com", "from": "gtm@example.com", "to": ["noc@example.com"]} | options
    warnings = []
    sender = given.pop("from")
    plugin = Email(Email.Options(sender=sender, **given), Setup(folder=folder, warn=warnings.append))
    return plugin, warnings


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"from": "nobody"}, '"nobody" is no mail address'),
        ({"to": ("noc@example.com", "a b@example.com")}, '"a b@example.com" is no mail address'),
        ({"to": ("noc@example.com\r\nBcc: x@example.com",)}, "is no mail address"),
        ({"server": "smtp.example.com:port"}, "is no host and port"),
        ({"server": "smtp://smtp.example.com"}, "is no host and port"),
        ({"user": "gtm"}, "belong together"),
        ({"user": "gtm", "password_file": "missing"}, "can't be read"),
        ({"user": "gtm", "password_file": "empty"}, "is empty; it should hold the password alone"),
        ({"ca_file": "missing"}, "holds no certificates"),
    ],
    ids=str,
)
def test_options_that_cannot_work_are_refused(tmp_path, options, words):
    (tmp_path / "empty").write_text("\n")
    with pytest.raises(PluginFault, match=words):
        made(tmp_path, **options)


def test_a_password_in_clear_is_doubted(tmp_path):
    (tmp_path / "password").write_text("s3cret\n")
    plugin, warnings = made(tmp_path, tls="none", user="gtm", password_file="password")
    assert "shows the password" in warnings[0]
    assert plugin.files() == [tmp_path / "password"]
    assert plugin.label() == "email to noc@example.com"
