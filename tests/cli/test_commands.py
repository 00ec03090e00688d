"""The command line: what it prints, and how it ends."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from gtm.cli.main import COMMANDS, main

ROOT = Path(__file__).parent.parent.parent
COREFILE = """
[server]
listen = ["127.0.0.1:0"]
{server}

[[zone]]
name = "example.com"
chain = ["health", "sequence", "weighted", "round_robin", "ttl", "rescue", {{ use = "zone", records = '''
@ 300 SOA ns hostmaster 1 3600 600 86400 300
@ NS ns
ns A 192.0.2.53
''' }}]

[pools.a]
policy = "weighted"
addresses = [{{ value = "192.0.2.1", weight = 3 }}, "192.0.2.2"]

[pools.b]
addresses = ["192.0.2.3", "192.0.2.4"]

[[domain]]
name = "www.example.com"
type = "A"
ttl = 20
policy = "sequence"
preemptive = false
pools = ["a", "b"]
{more}
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def call(*words, server="", more="", **given):
        (tmp_path / "Corefile.toml").write_text(COREFILE.format(server=server, more=more))
        return CliRunner().invoke(main, words, **given)

    return call


EXPECT = '[[expect]]\nask = "www.example.com A"\nfrom = "198.51.100.1"\nanswer = ["{}", "192.0.2.2"]'


def test_check_says_what_it_tried_when_all_is_well(run):
    told = run("check", more=EXPECT.format("192.0.2.1"))
    assert told.exit_code == 0
    assert told.output == (
        "Corefile.toml: 1 zone, 1 access domain, 2 pools; 1 expectation tried, and all hold\n"
        "no address has a check, so one that dies is never noticed\n"
    )


def test_check_ends_with_1_and_names_the_expectation_that_does_not_hold(run):
    told = run("check", more=EXPECT.format("192.0.2.9"))
    assert told.exit_code == 1
    assert re.fullmatch(
        r"Corefile\.toml:\d+: \[\[expect\]\] www\.example\.com A from 198\.51\.100\.1: "
        r"may answer 192\.0\.2\.1, 192\.0\.2\.2, expected 192\.0\.2\.2, 192\.0\.2\.9\n",
        told.stderr,
    )


def test_check_ends_with_2_and_one_line_for_each_fault(run):
    faults = (
        '[pools.c]\npolicy = "nope"\nadresses = []\n[[domain]]\nname = "x.example.org"\ntype = "A"\npools = ["d"]\n'
    )
    told = run("check", more=faults)
    assert told.exit_code == 2
    assert len(told.stderr.splitlines()) == 4
    assert all(line.startswith("Corefile.toml:") for line in told.stderr.splitlines())
    assert told.stdout == ""


def test_a_warning_goes_to_standard_error_and_ends_nothing(run):
    told = run("check", more="[lines.office]\nnetworks = []\n")
    assert told.exit_code == 0
    assert "[lines.office]: the line has no networks" in told.stderr


def test_a_missing_corefile_is_told(run, tmp_path):
    told = run("check", str(tmp_path / "none.toml"))
    assert (told.exit_code, told.stderr) == (2, f"{tmp_path}/none.toml: can't be read: no such file or directory\n")


def test_explain_gives_shares_facts_ttl_and_every_word(run):
    told = run("explain", "www.example.com", "--from", "198.51.100.1", "--json")
    found = json.loads(told.output)
    assert found["question"] == "www.example.com A"
    assert (found["zone"], found["rcode"], found["ttl"], found["ttl_from"]) == ("example.com", "NOERROR", 20, "ttl")
    assert found["answers"] == [
        {"records": ["192.0.2.1"], "share": 0.75},
        {"records": ["192.0.2.2"], "share": 0.25},
    ]
    assert found["ecs_scope"] == 0
    held = {"name": "member held by domain:www.example.com/A", "value": "pool:a", "read_by": "sequence", "prefix": 0}
    assert held in found["facts"]
    assert {step["hook"] for step in found["steps"]} == {"rank", "admit", "expire"}
    assert {(step["plugin"], step["member"], step["word"]) for step in found["steps"]} >= {
        ("health", "pool:a", "pass"),
        ("", "pool:a", "kept"),
    }


def test_explain_tells_who_is_dropped_and_why(run):
    told = run("explain", "www.example.com", "--from", "198.51.100.1", "--down", "address:192.0.2.1")
    assert told.exit_code == 0
    assert "  100.00%  192.0.2.2\n" in told.output
    assert re.search(r"admit +health +pool:a address:a/192\.0\.2\.1 +refused: it is down\n", told.output)
    assert re.search(r"admit +gtm +pool:a address:a/192\.0\.2\.2 +kept\n", told.output)


def test_explain_rotates_as_one_entry(run):
    told = run("explain", "www.example.com", "--from", "198.51.100.1", "--down", "pool:a", "--json")
    assert json.loads(told.output)["answers"] == [
        {"records": ["192.0.2.3", "192.0.2.4"], "share": 1.0, "rotates": True}
    ]


def test_explain_knows_whom_the_running_server_holds(run, tmp_path):
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "sticky.json").write_text('{"held": {"domain:www.example.com/A": "pool:b"}}')
    told = run("explain", "www.example.com", "--from", "198.51.100.1", "--json", server='state = "state"')
    assert json.loads(told.output)["answers"][0]["records"] == ["192.0.2.3", "192.0.2.4"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["www.example.com"], "say who asks: --from ADDRESS, or --line LINE"),
        (["www.example.com", "--from", "198.51.100.1", "--line", "oversea"], "say who asks"),
        (["www.example.com", "--from", "elsewhere"], "'elsewhere' does not appear to be an IPv4 or IPv6 address"),
        (["www.example.com", "--line", "mars"], '"mars" is not a line'),
        (["www..com", "--from", "::1"], "a label is empty"),
        (["www.example.com", "AAAAA", "--from", "::1"], '"AAAAA" is not a record type'),
        (
            ["www.example.com", "--from", "::1", "--down", "pool:aa"],
            '"pool:aa" is nothing that can be down; did you mean "pool:a"?',
        ),
    ],
    ids=["nobody", "two", "no address", "no line", "no name", "no type", "nothing"],
)
def test_a_wrong_word_to_explain_is_answered_with_what_is_wrong(run, words, said):
    told = run("explain", *words)
    assert told.exit_code == 2
    assert said in told.stderr


def test_plugins_shows_the_chain_in_running_order_and_where_each_came_from(run):
    told = run("plugins")
    lines = told.output.splitlines()
    assert lines[0] == "zone example.com"
    assert [line.split()[0] for line in lines[1:]] == [
        *("health", "sequence", "weighted", "round_robin", "ttl", "rescue", "zone")
    ]
    assert re.search(r"^  sequence +rank +gtm-dns \S+ \(gtm_plugins\.sequence\)$", told.output, re.MULTILINE)


@pytest.mark.parametrize(
    "words", [["explain", "www.example.com", "--from", "::1"], ["plugins"], ["check", "none.toml"]], ids=lambda w: w[0]
)
def test_a_terminal_gets_colour_and_a_pipe_plain_text(run, words):
    assert "\x1b[" not in run(*words).output
    assert "\x1b[" in run(*words, color=True).output


def test_help_teaches_every_command(run):
    told = run("--help")
    for command in ("serve", "check", "explain", "plugins", "geo"):
        assert re.search(rf"^  {command} +\S", told.output, re.MULTILINE)
        assert len(run(command, "--help").output.splitlines()) > 5


def test_geo_update_tells_why_it_changes_nothing(run, tmp_path):
    told = run("geo", "update", "ftp://example.com/x.mmdb", str(tmp_path / "x.mmdb"))
    assert told.exit_code == 1
    assert '"ftp" can\'t be fetched' in told.stderr
    assert not (tmp_path / "x.mmdb").exists()


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_says_what_it_does(command):
    told = CliRunner().invoke(main, [command, "--help"])
    assert (told.exit_code, told.stdout.startswith(f"Usage: main {command} ")) == (0, True)


@pytest.mark.parametrize("command", sorted({*COMMANDS} - {"check", "geo", "plugins", "serve"}))
def test_each_example_of_a_help_text_is_a_line_of_its_own(command):
    told = CliRunner().invoke(main, [command, "--help"]).stdout
    assert re.search(rf"\n    gtm {command}.*\n", told)
    assert not re.search(r"[^ ] {2,3}gtm |\\b", told)


def test_one_that_there_is_not_is_refused():
    told = CliRunner().invoke(main, ["statu"])
    assert (told.exit_code, "No such command 'statu'" in told.stderr) == (2, True)


@pytest.mark.parametrize("words", [["--help"], ["status", "--help"]], ids=" ".join)
def test_who_asks_a_server_does_not_load_what_it_is_made_of(words):
    """At night it is asked again and again: a second each time is felt."""
    script = f"import sys; from gtm.cli.main import main\nmain({words!r}, standalone_mode=False)\n"
    script += "print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = done.stderr.split()
    assert "gtm.cli.main" in loaded
    assert not {"aiohttp", "gtm.config.load", "gtm.processes.supervisor", "gtm_plugins"} & set(loaded)
