"""What is not decoded, and what refers to nothing, is told in one line each; many faults are told at once."""

import pytest

from gtm.config.fault import Faults

POOL = "[pools.p]\n"
DOMAIN = '[[domain]]\nname = "www.example.com"\ntype = "A"\n'
WWW = 'Corefile.toml:{}: [[domain]] #1 "www.example.com A" {}'

ROWS = {
    # decoding
    "a table that there is not": (
        "[pool.p]\n",
        'Corefile.toml:1: [pool]: "pool" is not a table of a Corefile; did you mean "pools"?',
    ),
    "a key outside of tables": (
        "enabled = true\n",
        'Corefile.toml:1: enabled: "enabled" stands outside of every table; move it into one',
    ),
    "a key that there is not": (
        POOL + 'addresses = ["192.0.2.2"]\npolcy = "sequence"\n',
        'Corefile.toml:3: [pools.p] polcy: "polcy" is not a key of this table; did you mean "policy"?',
    ),
    "a key that is missing": (
        '[[domain]]\ntype = "A"\npools = ["good"]\n',
        'Corefile.toml:1: [[domain]] #1 "A": "name" is missing; it must be a string that is not empty',
    ),
    "a wrong type": (
        DOMAIN + 'pools = ["good"]\nttl = "30"\n',
        WWW.format(5, 'ttl: "30" is not a whole number from 0 to 2147483647'),
    ),
    "a TTL out of range": (
        DOMAIN + 'pools = ["good"]\nttl = 2147483648\n',
        WWW.format(5, "ttl: 2147483648 is not a whole number from 0 to 2147483647"),
    ),
    "a word outside of a closed set": (
        '[[domain]]\nname = "www.example.com"\ntype = "aaaa"\npools = ["six"]\n',
        (
            'Corefile.toml:3: [[domain]] #1 "www.example.com aaaa" type: '
            '"aaaa" is not one of "A", "AAAA", "CNAME" or an array, each element one of "A", "AAAA"; '
            'did you mean "AAAA"?'
        ),
    ),
    "lines written as an array": (
        '[[lines]]\nnetworks = ["192.0.2.0/24"]\n',
        "Corefile.toml:1: [[lines]]: this is a table of tables; write each as [lines.NAME]",
    ),
    # names
    "a name with an empty label": (
        '[[domain]]\nname = "www..example.com"\ntype = "A"\npools = ["good"]\n',
        (
            'Corefile.toml:2: [[domain]] #1 "www..example.com A" name: '
            "a label is empty: two dots follow each other, or the name begins with one"
        ),
    ),
    "a domain outside of every zone": (
        '[[domain]]\nname = "www.example.org"\ntype = "A"\npools = ["good"]\n',
        (
            'Corefile.toml:2: [[domain]] #1 "www.example.org A" name: '
            '"www.example.org" lies in none of the zones; known: "example.com"'
        ),
    ),
    "a domain at the root": (
        '[[domain]]\nname = "."\ntype = "A"\npools = ["good"]\n',
        'Corefile.toml:2: [[domain]] #1 ". A" name: "." is the root; an access domain lies below it',
    ),
    "a domain twice": (
        DOMAIN + 'pools = ["good"]\n' + DOMAIN.replace("www.", "WWW.") + 'pools = ["good"]\n',
        'Corefile.toml:5: [[domain]] #2 "WWW.example.com A": "WWW.example.com A" is defined twice; first at Corefile.toml:1',
    ),
    "a zone twice": (
        '[[zone]]\nname = "example.COM"\nchain = ["./every.py"]\n',
        'Corefile.toml:8: [[zone]] #2 "example.com": "example.com" is defined twice; first at Corefile.toml:1',
    ),
    "a pool's name with a slash": (
        '[pools."a/b"]\naddresses = ["192.0.2.2"]\n',
        'Corefile.toml:1: [pools."a/b"]: "a/b" can\'t be a name; leave out "/", ":", line breaks and blanks at the ends',
    ),
    # references
    "a pool that there is not": (
        DOMAIN + 'pools = ["god"]\n',
        WWW.format(4, 'pools #1: "god" is not a pool; did you mean "good"?'),
    ),
    "a pool that is like no other": (
        DOMAIN + 'pools = [\n  "good",\n  { pool = "xyzzy" },\n]\n',
        WWW.format(6, 'pools #2 pool: "xyzzy" is not a pool; known: "alias", "good", "six"'),
    ),
    "a pool named twice": (
        DOMAIN + 'pools = ["good", { pool = "good" }]\n',
        WWW.format(4, 'pools #2 pool: "good" is named already, as #1; name a pool once, with all of its lines'),
    ),
    "a template that there is not": (
        POOL + 'checks = ["wbe"]\naddresses = ["192.0.2.2"]\n',
        'Corefile.toml:2: [pools.p] checks #1: "wbe" is not a template; did you mean "web"?',
    ),
    "a template with a fault, which is there": (
        POOL + 'checks = ["t"]\naddresses = ["192.0.2.2"]\n[templates]\nt = 5\n',
        "Corefile.toml:5: [templates.t]: 5 is not a table",
    ),
    "an address that there is not": (
        POOL + 'addresses = [{ address = "hk-2" }]\n',
        'Corefile.toml:2: [pools.p] addresses #1 address: "hk-2" is not an address; did you mean "hk-1"?',
    ),
    "an address misspelt as a plain string": (
        POOL + 'addresses = ["hk-2"]\n',
        'Corefile.toml:2: [pools.p] addresses #1: "hk-2" is neither an IP address nor a host name; did you mean "hk-1"?',
    ),
    "an entry's name as a value": (
        POOL + 'addresses = [{ value = "hk-1" }]\n',
        (
            "Corefile.toml:2: [pools.p] addresses #1 value: "
            '"hk-1" is neither an IP address nor a host name; write address = "hk-1"'
        ),
    ),
    "a policy that there is not": (
        POOL + 'policy = "sequense"\naddresses = ["192.0.2.2"]\n',
        'Corefile.toml:2: [pools.p] policy: "sequense" is not a policy; did you mean "sequence"?',
    ),
    "a domain's policy that there is not": (
        DOMAIN + 'policy = "nearst"\npools = ["good"]\n',
        WWW.format(4, 'policy: "nearst" is not a policy; did you mean "nearest"?'),
    ),
    "a line that there is not": (
        DOMAIN + 'policy = "nearest"\npools = [{ pool = "good", lines = ["default", "os_asia_hkk"] }]\n',
        WWW.format(5, 'pools #1 lines #2: "os_asia_hkk" is not a line; did you mean "os_asia_hk"?'),
    ),
    "an address's line that there is not": (
        POOL + 'addresses = [{ value = "192.0.2.2", lines = ["oversee"] }]\n',
        'Corefile.toml:2: [pools.p] addresses #1 lines #1: "oversee" is not a line; did you mean "oversea"?',
    ),
    "a plugin that there is not": (
        '[[zone]]\nname = "example.org"\nchain = ["./every.py", "sequense"]\n',
        'Corefile.toml:3: [[zone]] #1 "example.org" chain #2: "sequense" is not a plugin; did you mean "sequence"?',
    ),
}


@pytest.mark.parametrize("row", [pytest.param(row, id=name) for name, row in ROWS.items()])
def test_a_broken_law_is_told_in_one_line(folder, row):
    text, expected = row
    assert folder.faults(text) == [expected]


def test_a_zone_written_as_one_table_is_told(folder):
    assert folder.faults('[zone]\nname = "example.org"\n', alone=True) == [
        "Corefile.toml:1: [zone]: this is an array of tables; write each as [[zone]]"
    ]


TEN = """\
[server]
plugin_dir = "plugins"
listen = ["127.0.0.1"]
worker = 1

[[zone]]
name = "example.org"
chain = [
  { use = "./every.py", size = "x" },
  "geoo",
]

[templates.slow]
protocol = "tcp"
interval = -1

[pools.p]
policy = "sequense"
addresses = [
  "192.0.2.1",
  "192.0.2.1",
  { value = "192.0.2.3", weight = 65536, lines = ["oversee"], checks = ["wbe"] },
]

[[domain]]
name = "www.example.com"
type = "MX"
ttl = -1
policy = "nearst"
pools = ["q"]

[[expect]]
ask = "www.example.com A"
answer = []
"""


def test_all_faults_are_told_at_once_and_in_order(folder):
    lines = folder.faults(TEN)
    places = [line.split(": ")[0].removeprefix("Corefile.toml:") for line in lines]
    assert list(map(int, places)) == [3, 4, 9, 10, 15, 18, 21, 22, 22, 22, 27, 28, 29, 30, 32]


def test_a_fault_that_hides_nothing_keeps_the_other_faults_of_its_table(folder):
    text = '[[domain]]\nname = 5\ntype = "A"\npolicy = "nearst"\npools = [7, "god"]\n'
    assert folder.faults(text) == [
        'Corefile.toml:2: [[domain]] #1 "A" name: 5 is not a string that is not empty',
        'Corefile.toml:4: [[domain]] #1 "A" policy: "nearst" is not a policy; did you mean "nearest"?',
        'Corefile.toml:5: [[domain]] #1 "A" pools #1: 7 is not a string or a table',
        'Corefile.toml:5: [[domain]] #1 "A" pools #2: "god" is not a pool; did you mean "good"?',
    ]


def test_a_line_is_unknown_where_no_plugin_tells_lines(folder):
    folder.write("plugins/every.py", (folder.path / "plugins/every.py").read_text().replace("def lines", "def unused"))
    text = DOMAIN + 'policy = "nearest"\npools = [{ pool = "good", lines = ["default", "oversea"] }]\n'
    assert folder.faults(text) == [
        WWW.format(
            5,
            'pools #1 lines #2: "oversea" is not a line here: no plugin in the chain of "example.com" tells lines; '
            "add one that does, or leave the line out",
        )
    ]


def test_a_policy_of_another_zones_chain_is_told_apart_from_an_unknown_one(folder):
    folder.write(
        "plugins/few.py", 'from gtm import Plugin\nclass Few(Plugin):\n    name = "few"\n    policies = ("sequence",)\n'
    )
    text = '[[domain]]\nname = "www.example.org"\ntype = "A"\npolicy = "weighted"\npools = ["seq"]\n'
    text += '[pools.seq]\npolicy = "sequence"\naddresses = ["192.0.2.2"]\n'
    text += '[[zone]]\nname = "example.org"\nchain = ["./few.py"]\n'
    assert folder.faults(text) == [
        (
            'Corefile.toml:4: [[domain]] #1 "www.example.org A" policy: '
            '"weighted" is not served by the chain of "example.org"; known there: "sequence"'
        )
    ]


def test_a_zone_with_a_bad_name_still_has_its_chain_checked(folder):
    text = '[[zone]]\nname = "a..b"\nchain = [{ use = "./every.py", size = true }]\n'
    assert len(folder.faults(text)) == 2


def test_a_faults_place_can_be_read_by_programs(folder):
    with pytest.raises(Faults) as caught:
        folder.load(POOL + 'policy = "sequense"\naddresses = ["192.0.2.2"]\n')
    (fault,) = caught.value.faults
    assert (fault.file.name, fault.line, fault.table, fault.key) == ("Corefile.toml", 2, "[pools.p]", "policy")
    assert str(caught.value) == str(fault)
    assert folder.path / "Corefile.toml" in caught.value.files
