"""What ``gtm check`` says of how long a dead address may be answered."""

import pytest
from click.testing import CliRunner

from gtm.cli.check import bounds
from gtm.cli.main import main
from gtm.config.load import load

COREFILE = """
[server]
{server}

[[zone]]
name = "example.com"
chain = ["health", "sequence", "round_robin", "rescue"]

[[zone]]
name = "example.org"
chain = ["sequence", "round_robin"]

[templates.web]
protocol = "tcp"
port = 80
interval = 10
timeout = 2
fall = 1

[templates.other]
protocol = "tcp"
port = 81
timeout = 9

[pools.p]
checks = ["web"]
addresses = [{addresses}]
{more}
"""
DOMAIN = '[[domain]]\nname = "{}"\ntype = "A"\nttl = {}\npools = ["p"]\n'
SUM = "10 s until the next probe, 2 s for a time-out, 0.1 s to publish, {} s of TTL"


@pytest.fixture
def told(tmp_path):
    def tell(*domains, server="", addresses='"192.0.2.1"'):
        path = tmp_path / "Corefile.toml"
        more = "".join(DOMAIN.format(name, ttl) for name, ttl in domains)
        path.write_text(COREFILE.format(server=server, addresses=addresses, more=more))
        return list(bounds(load(path)))

    return tell


def test_an_access_domain_has_a_line(told):
    line = (
        f"www.example.com/A: a dead address may be answered for 42.1 s: {SUM.format(30)}; and on where no other is left"
    )
    assert told(("www.example.com", 30)) == [line]


def test_of_many_those_that_take_longest_are_told_and_the_unbounded_first(told):
    many = [(f"d{number}.example.com", 100 + number) for number in range(30)]
    head, first, second, *rest = told(*many, ("www.example.org", 5))
    assert head == "of 31 access domains, those in which a dead address may be answered for longest:"
    assert first.startswith("www.example.org/A: a dead address may be answered for ever: ")
    assert second.startswith("d29.example.com/A: ")
    assert len(rest) == 18


def test_a_zone_that_does_not_go_by_health_never_notices_and_comes_to_no_rescue(told):
    ever = "for ever: address:p/192.0.2.1 (no plugin of its zone goes by its checks)"
    assert told(("www.example.org", 30)) == [f"www.example.org/A: a dead address may be answered {ever}"]


def test_probes_that_may_queue_are_told_with_what_that_may_take(told):
    """The 1,001st waits for one round of them, at the longest time-out of those in use, and is due no later than 10 + 2 s."""
    addresses = ", ".join(f'"10.0.{number >> 8}.{number & 255}"' for number in range(1001))
    line, queue = told(("www.example.com", 30), addresses=addresses)
    assert "; for 46.1 s where so much hangs at once that probes queue; and on where no other is left" in line
    assert queue == "probes queue where more than 1000 of 1001 by tcp hang at once"


def test_a_brake_is_told(told):
    assert told(("www.example.com", 30), server="brake = 40")[-1] == (
        "and for as long as the brake is on: where more than 40 % of the checked addresses, 5 at least, "
        "fail within 12 s, no other is taken out"
    )


OVERRIDES = """
[server]
overrides = "overrides.toml"

[[zone]]
name = "example.com"
chain = ["round_robin", "rescue", { use = "zone", records = "@ 300 SOA ns.example.net. h 1 3600 600 86400 300\\n@ 300 NS ns.example.net." }]

[pools.p]
addresses = ["192.0.2.1"]
"""
FILE = '[[override]]\non = "{}"\nword = "{}"\nreason = "new switch"\n'


@pytest.mark.parametrize(
    ("text", "status", "said"),
    [
        (FILE.format("address:192.0.2.1", "drain"), 0, "pool:p keeps 0 of 1 addresses, and keep_at_least is 1"),
        (FILE.format("pool:q", "down"), 0, '"pool:q" is not a pool; did you mean "pool:p"?'),
        (FILE.format("pool:p", "stop"), 2, "overrides.toml:3: [[override]] #1 word"),
        (None, 0, ""),
    ],
    ids=["too many", "nobody", "faulty", "not there yet"],
)
def test_the_file_of_overrides_is_checked_as_well(tmp_path, text, status, said):
    path = tmp_path / "Corefile.toml"
    path.write_text(OVERRIDES)
    if text is not None:
        (tmp_path / "overrides.toml").write_text(text)
    result = CliRunner().invoke(main, ["check", str(path)])
    assert (result.exit_code, said in result.stderr) == (status, True), result.output
