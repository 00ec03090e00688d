"""``gtm status``: the tree as people see it, and the way to the door."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import click
import msgspec
import pytest
from click.testing import CliRunner

from gtm import Verdict
from gtm.cli.admin import NoAnswer, door, options
from gtm.cli.cells import cells
from gtm.cli.picture import age, clean, drawn
from gtm.cli.status import frame, status
from gtm.control.door import StatusQuery
from gtm.control.tree import build
from gtm.health.override import Override
from gtm.health.resolving import Finding
from tests.control.viewing import ABOUT, NOON, checked, domain, loaded, pair, pool, seen, view


def lines(looked, width=200, **query):
    found = build(looked, StatusQuery(**query), NOON)
    return [click.unstyle(line) for line in drawn(found, width)]


def test_a_dead_backend_is_seen_with_since_when_why_and_what_it_costs():
    looked = view(pair(), seen("192.0.2.1"), since={"pool:hk": NOON - 178, "domain:www.example.com/A": NOON - 9000})
    assert lines(looked) == [
        "gtm 0.1.0, ready, up 2 h, Corefile.toml as loaded 60 s ago",
        "www.example.com A   ok             2 h",
        "  pool:hk           ok_alert     2 min  100%  1 of 2 addresses are available",
        "    hk-1 192.0.2.1  exceptional  3 min    0%  web:80 connection refused",
        "      web:80        down         3 min        connection refused, seen 4 s ago",
        "    192.0.2.2       no_data             100%  there is no data yet",
        "  pool:sg           ok                    0%",
        "    192.0.2.3       no_data               0%  there is no data yet",
        "1 problem",
        "  address:192.0.2.1: web:80 connection refused",
    ]


def test_a_healthy_server_is_shown_without_its_checks():
    looked = view(pair(), seen("192.0.2.1", "192.0.2.2", "192.0.2.3", verdict=Verdict.UP, reason="status 200"))
    assert not [line for line in lines(looked) if line.strip().startswith("web:80") or "problem" in line]


SAID = [
    (
        "drained",
        {"words": {"pool:hk": "drain"}, "overrides": (Override("pool:hk", "drain", "reboot", "ann@ops", NOON - 600, NOON + 5400),)},
        r'pool:hk +drained +0%  drained by ann@ops since 10 min for another 1 h "reboot"',
    ),
    (
        "forced up, and failing",
        {
            "beliefs": seen("192.0.2.3"),
            "words": {"address:192.0.2.3": "up"},
            "overrides": (Override("address:192.0.2.3", "up", where="overrides.toml:3"),),
        },
        r"192\.0\.2\.3 +forced up +3 min +0%  forced up in overrides\.toml:3; web:80 connection refused",
    ),
    (
        "an override on somebody who is gone",
        {"overrides": (Override("pool:gone", "down"),)},
        r"pool:gone is not configured now, and forced down",
    ),
    (
        "a stale check",
        {"beliefs": seen("192.0.2.3", verdict=Verdict.UP, reason="status 200", until=NOON - 1)},
        r"web:80 +up +3 min +status 200, seen 4 s ago, its probe is late",
    ),
    (
        "a check of which nothing is seen",
        {"unseen": {"check:web:80@192.0.2.3": "no right to ping"}},
        r"web:80 +no_data +nothing seen now: no right to ping",
    ),
    (
        "a check that begins to fail",
        {"beliefs": seen("192.0.2.3", verdict=Verdict.UP, reason="timed out after 3 s in TLS", against=1)},
        r"web:80 +up +3 min +timed out after 3 s in TLS, seen 4 s ago, 1 against it",
    ),
    (
        "a reload that was refused",
        {"about": replace(ABOUT, refused=(NOON - 300, ("Corefile.toml:3: x", "Corefile.toml:5: y")))},
        r"a newer configuration was refused 5 min ago; this one goes on:\n  Corefile\.toml:3: x\n  Corefile\.toml:5: y",
    ),
    (
        "a server that is not ready",
        {"about": replace(ABOUT, not_ready="the first round of probes is under way")},
        r"gtm \S+, not ready: the first round of probes is under way, up 2 h",
    ),
    (
        "what a terminal would obey",
        {"beliefs": seen("192.0.2.3", reason="status 503 \x1b[2J\x07\u202e")},
        r"status 503 \?\[2J\?\?",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("given", "wanted"), [each[1:] for each in SAID], ids=[each[0] for each in SAID])
def test_what_else_is_said(given, wanted):
    assert re.search(wanted, "\n".join(lines(view(pair(), **given))))


def test_who_is_disabled_is_said_to_be():
    hk = pool("hk", checked("192.0.2.1", enabled=False), checked("192.0.2.2"))
    text = "\n".join(lines(view(loaded(domain("www.example.com", hk), domain("off.example.com", hk, enabled=False)))))
    assert re.search(r"192\.0\.2\.1 +disabled +0%", text)
    assert re.search(r"off\.example\.com A +disabled", text)


def test_more_than_fits_is_counted():
    shared = pool("shared", checked("192.0.2.9"))
    looked = view(loaded(*(domain(f"d{each}.example.com", shared) for each in range(5))))
    assert lines(looked, limit=2)[-1].startswith("… 3 more access domains")
    many = pool("many", *(checked(f"192.0.2.{each}") for each in range(1, 31)))
    dead = seen(*(f"192.0.2.{each}" for each in range(1, 31)))
    assert lines(view(loaded(domain("www.example.com", many)), dead))[-1] == "  … 12 more"


def test_no_line_is_wider_than_the_terminal():
    looked = view(pair(), seen("192.0.2.1", reason="x" * 300))
    assert max(map(len, lines(looked, 90)[1:])) == 90


@pytest.mark.parametrize(
    ("seconds", "wanted"),
    [(0, "0 s"), (119, "119 s"), (120, "2 min"), (3599, "59 min"), (3600, "1 h"), (86399, "23 h"), (86400, "1 d"), (-5, "0 s")],
)  # fmt: skip
def test_ages_are_said_in_one_unit(seconds, wanted):
    now = datetime(2026, 11, 21, tzinfo=UTC)
    assert age(now - timedelta(seconds=seconds), now) == wanted


def test_letters_of_every_language_stay():
    assert clean("香港-1 é") == "香港-1 é"


def test_columns_stand_in_line_whatever_cells_a_letter_takes():
    hk = pool("香港", checked("192.0.2.1", name="e\u0301"), checked("192.0.2.2"))
    looked = view(loaded(domain("www.example.com", hk)), seen("192.0.2.1", reason="香" * 40))
    found = lines(looked, 80)[1:5]
    ends = [
        cells(line[: line.index(state)]) for line, state in zip(found, ("ok", "ok_alert", "excep", "down"), strict=True)
    ]
    assert ends == [19] * 4
    assert max(map(cells, found)) in (79, 80)


class Door:
    """An admin door that answers from a view."""

    def __init__(self, looked):
        self.looked, self.asked = looked, []

    def read(self, path, **query):
        assert path == "/status"
        if self.looked is None:
            raise NoAnswer("nothing answers at 127.0.0.1:8053; is gtm serve running?")
        self.asked.append({key: value for key, value in query.items() if value is not None})
        return msgspec.json.encode(build(self.looked, msgspec.convert(self.asked[-1], StatusQuery), NOON))


@pytest.mark.parametrize(("beliefs", "code"), [({}, 0), (seen("192.0.2.1"), 1)], ids=["well", "a problem"])
def test_the_exit_status_tells_whether_there_is_a_problem(beliefs, code, monkeypatch):
    found = Door(view(pair(), beliefs))
    monkeypatch.setattr("gtm.cli.admin.door", lambda *_: found)
    told = CliRunner().invoke(status, ["pool:hk", "sg", "--problems"])
    assert (told.exit_code, "\x1b" in told.output) == (code, False)
    assert found.asked == [{"name": ("pool:hk", "sg"), "problems": True, "limit": 100}]


def test_json_is_what_the_door_answered(monkeypatch):
    found = Door(view(pair()))
    monkeypatch.setattr("gtm.cli.admin.door", lambda *_: found)
    told = CliRunner().invoke(status, ["--json"])
    assert msgspec.json.decode(told.stdout)["domains"][0]["name"] == "www.example.com"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["nobody"], "\nthere is no such domain, pool or address\n"),
        (["sg", "--problems"], "\nnone of it has a problem, or there is no such domain, pool or address\n"),
        (["sg"], None),
        (["--problems"], None),
    ],
)
def test_a_name_that_nothing_has_is_said_to_be_none(given, said, monkeypatch):
    monkeypatch.setattr("gtm.cli.admin.door", lambda *_: Door(view(pair())))
    told = CliRunner().invoke(status, given)
    assert told.exit_code == 0
    assert said in told.output if said else "no such" not in told.output


def test_watching_needs_a_terminal(monkeypatch):
    monkeypatch.setattr("gtm.cli.admin.door", lambda *_: Door(None))
    told = CliRunner().invoke(status, ["--watch"])
    assert (told.exit_code, "--watch needs a terminal" in told.stderr) == (2, True)
    told = CliRunner().invoke(status, ["--watch", "--json"])
    assert (told.exit_code, "--watch draws for people" in told.stderr) == (2, True)


def test_a_frame_fits_the_terminal_and_says_when_nobody_answers(monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("LINES", "5")
    drawing = frame(Door(view(pair(), seen("192.0.2.1"))), {"limit": 100})
    assert drawing.count("\n") == 4
    assert drawing.startswith("\x1b[H")
    assert "… 6 more lines" in drawing
    assert "is gtm serve running?" in frame(Door(None), {})


@click.command()
@options
def where(admin):
    click.echo(f"{admin.place} {admin._token}")


COREFILE = '[server]\nadmin = "{}"\n{}\n[pools.a]\nthis = "would be refused"\n'


@pytest.mark.parametrize(
    ("listens", "place"),
    [("127.0.0.1:8053", "127.0.0.1:8053"), ("0.0.0.0:8053", "127.0.0.1:8053"), ("[::]:8053", "[::1]:8053")],
)
def test_the_door_is_where_the_corefile_says_even_if_the_rest_of_it_is_broken(tmp_path, listens, place):
    (tmp_path / "token").write_text("abc\n")
    (tmp_path / "Corefile.toml").write_text(COREFILE.format(listens, 'admin_token_file = "token"'))
    told = CliRunner().invoke(where, ["-c", str(tmp_path / "Corefile.toml")])
    assert told.output == f"{place} abc\n"
    told = CliRunner().invoke(where, ["--admin", "[::1]:9", "--token-file", str(tmp_path / "token")])
    assert told.output == "[::1]:9 abc\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "can't be read: no such file or directory; say where the door is: --admin HOST:PORT"),
        ("[server\n", "at line 1"),
        ("x = '\xff'\n", "say where the door is"),
        ("[server]\n", 'no admin door: add admin = "127.0.0.1:8053" to [server]'),
        ("server = 3\n", "no admin door: add"),
        ('[server]\nadmin = "here"\n', '"here" is not an address and a port'),
        ('[server]\nadmin = "127.0.0.1:1"\nadmin_token_file = "none"\n', "none: the token can't be read: no such file"),
        ('[server]\nadmin = "127.0.0.1:1"\nadmin_token_file = "Corefile.toml"\n# \xe9\n', "that is no token"),
    ],
    ids=["no file", "no TOML", "no UTF-8", "no door", "no table", "no address", "no token file", "no token"],
)  # fmt: skip
def test_a_door_that_is_not_found_is_told_in_words(tmp_path, text, said):
    path = tmp_path / "Corefile.toml"
    if text is not None:
        path.write_text(text, encoding="latin-1" if "\xff" in text else "utf-8")
    with pytest.raises(NoAnswer) as told:
        door(path)
    assert said in told.value.message
    assert told.value.exit_code == 2


def test_names_outside_our_zones_stand_behind_the_pools():
    findings = {
        "lb.example.net/A": Finding((bytes((203, 0, 113, 7)),), 60, NOON - 9, NOON - 3, NOON + 57),
        "old.example.org/A": Finding(tries=1, failing=NOON - 4, reason="the resolver did not answer"),
    }
    assert lines(view(loaded(), findings=findings))[1:3] == [
        "lb.example.net/A   ok       9 s    203.0.113.7",
        "old.example.org/A  no_data  4 s    it can't be looked up: the resolver did not answer; nothing is known of it",
    ]
