"""Every law of the Corefile is broken once, and the message is what a user reads."""

import pytest

POOL = "[pools.p]\n"
DOMAIN = '[[domain]]\nname = "www.example.com"\ntype = "A"\n'
WWW = 'Corefile.toml:{}: [[domain]] #1 "www.example.com A" {}'
EXPECT = '[[expect]]\nask = "www.example.com A"\nanswer = []\n'
ASKED = 'Corefile.toml:{}: [[expect]] #1 "www.example.com A"{}'

ROWS = {
    # decoding
    "a table that there is not": ("[pool.p]\n", 'Corefile.toml:1: [pool]: "pool" is not a table of a Corefile; did you mean "pools"?'),
    "a key outside of tables": (
        "enabled = true\n",
        'Corefile.toml:1: enabled: "enabled" is not a key that stands outside of every table; known: '
        '"addresses", "alert", "domain", "expect", "lines", "pools", "server", "templates" and 1 more',
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
        'Corefile.toml:3: [[domain]] #1 "www.example.com aaaa" type: '
        '"aaaa" is not one of "A", "AAAA", "CNAME"; did you mean "AAAA"?',
    ),
    "a zone written as one table": (
        '[zone]\nname = "example.org"\n',
        None,
    ),
    "pools written as an array": (
        '[[lines]]\nnetworks = ["192.0.2.0/24"]\n',
        "Corefile.toml:1: [[lines]]: this is a table of tables; write each as [lines.NAME]",
    ),
    # names
    "a name with an empty label": (
        '[[domain]]\nname = "www..example.com"\ntype = "A"\npools = ["good"]\n',
        'Corefile.toml:2: [[domain]] #1 "www..example.com A" name: '
        "a label is empty: two dots follow each other, or the name begins with one",
    ),
    "a domain outside of every zone": (
        '[[domain]]\nname = "www.example.org"\ntype = "A"\npools = ["good"]\n',
        'Corefile.toml:2: [[domain]] #1 "www.example.org A" name: '
        '"www.example.org" lies in none of the zones; known: "example.com"',
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
        'Corefile.toml:2: [pools.p] addresses #1 value: '
        '"hk-1" is neither an IP address nor a host name; write address = "hk-1"',
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
    # kinds
    "addresses of two kinds in a pool": (
        POOL + 'addresses = ["192.0.2.2", "2001:db8::2"]\n',
        'Corefile.toml:2: [pools.p] addresses #2: '
        '"2001:db8::2" is of kind IPv6 in a pool of kind IPv4; a pool has addresses of one kind',
    ),
    "an endpoint twice in a pool": (
        POOL + 'addresses = ["2001:db8::2", "192.0.2.9", "2001:DB8:0::2"]\n'.replace('"192.0.2.9", ', ""),
        'Corefile.toml:2: [pools.p] addresses #2: "2001:db8::2" is in this pool already, as #1; leave one out',
    ),
    "an endpoint twice, once by its entry": (
        POOL + 'addresses = ["hk-1", "192.0.2.77"]\n',
        'Corefile.toml:2: [pools.p] addresses #2: "192.0.2.77" is in this pool already, as #1; leave one out',
    ),
    "IPv6 in an A domain": (
        DOMAIN + 'pools = ["six"]\n',
        WWW.format(4, 'pools #1: "six" is a pool of kind IPv6; an access domain of type A takes IPv4 or domain'),
    ),
    "IPv4 in an AAAA domain": (
        DOMAIN.replace('"A"', '"AAAA"') + 'pools = ["good"]\n',
        'Corefile.toml:4: [[domain]] #1 "www.example.com AAAA" pools #1: '
        '"good" is a pool of kind IPv4; an access domain of type AAAA takes IPv6 or domain',
    ),
    "IPv4 in a CNAME domain": (
        DOMAIN.replace('"A"', '"CNAME"') + 'pools = ["good"]\n',
        'Corefile.toml:4: [[domain]] #1 "www.example.com CNAME" pools #1: '
        '"good" is a pool of kind IPv4; an access domain of type CNAME takes domain',
    ),
    "IPv4 and domain pools in rotation": (
        DOMAIN + 'pools = ["good", "alias"]\n',
        WWW.format(
            1,
            'policy: the policy "round_robin" can\'t serve pools of kind IPv4 and domain together; '
            "choose another, or pools of one kind",
        ),
    ),
    "nearest without a default line": (
        DOMAIN + 'policy = "nearest"\npools = [{ pool = "good", lines = ["oversea"] }]\n',
        WWW.format(
            5,
            'pools: no pool is on the line "default"; put one on it, '
            "or say without_default = true if other clients are to get no answer",
        ),
    ),
    # values
    "an address with an octet too large": (
        POOL + 'addresses = ["223.6.0.999"]\n',
        'Corefile.toml:2: [pools.p] addresses #1: "223.6.0.999" is neither an IP address nor a host name',
    ),
    "an address with a port": (
        POOL + 'addresses = ["192.0.2.2:80"]\n',
        'Corefile.toml:2: [pools.p] addresses #1: "192.0.2.2:80" is neither an IP address nor a host name',
    ),
    "an address with a zone index": (
        POOL + 'addresses = ["fe80::1%eth0"]\n',
        'Corefile.toml:2: [pools.p] addresses #1: "fe80::1%eth0" is neither an IP address nor a host name',
    ),
    "a table without an address": (
        POOL + "addresses = [{ weight = 2 }]\n",
        'Corefile.toml:2: [pools.p] addresses #1: "value" is missing; it must be an IP address or host name; '
        'or let "address" name an entry of [addresses]',
    ),
    "value beside address": (
        POOL + 'addresses = [{ address = "hk-1", value = "192.0.2.2" }]\n',
        'Corefile.toml:2: [pools.p] addresses #1 value: "address" names "hk-1" already; leave one of the two out',
    ),
    "what belongs to the entry": (
        POOL + 'addresses = [{ address = "hk-1", mode = "down" }]\n',
        'Corefile.toml:2: [pools.p] addresses #1 mode: "mode" belongs to [addresses.hk-1], for every pool alike',
    ),
    "a probe's target": (
        '[addresses.x]\nvalue = "192.0.2.2"\nprobe = "not a host"\n',
        'Corefile.toml:3: [addresses.x] probe: "not a host" is neither an IP address nor a host name',
    ),
    "a weight out of range": (
        DOMAIN + 'pools = [{ pool = "good", weight = 65536 }]\n',
        WWW.format(4, "pools #1 weight: 65536 is not a whole number from 0 to 65535"),
    ),
    "a share without its percent sign": (
        POOL + 'healthy_when = "30"\naddresses = ["192.0.2.2"]\n',
        'Corefile.toml:2: [pools.p] healthy_when: "30" is not a share; did you mean "30%"?',
    ),
    "a share of nothing": (
        POOL + 'healthy_when = "0%"\naddresses = ["192.0.2.2"]\n',
        'Corefile.toml:2: [pools.p] healthy_when: '
        '"0%" is not a share; write "any", "all", or a percentage from "1%" to "100%"',
    ),
    "a check's port": (
        POOL + 'checks = ["web:0"]\naddresses = ["192.0.2.2"]\n',
        'Corefile.toml:2: [pools.p] checks #1: "web:0" has no port from 1 to 65535 behind the colon',
    ),
    "a TCP check without a port": (
        POOL + 'checks = ["port"]\naddresses = ["192.0.2.2"]\n',
        'Corefile.toml:2: [pools.p] checks #1: "port" has no port; write it as "port:443", or in the template',
    ),
    "a check twice": (
        POOL + 'checks = ["web", "web:80"]\naddresses = ["192.0.2.2"]\n',
        'Corefile.toml:2: [pools.p] checks #2: "web:80" checks the same port with the same template twice',
    ),
    "a template's port": (
        '[templates.t]\nprotocol = "tcp"\nport = 65536\n',
        "Corefile.toml:3: [templates.t] port: 65536 is not a whole number from 1 to 65535",
    ),
    "an interval that never ends": (
        '[templates.t]\nprotocol = "ping"\ninterval = inf\n',
        "Corefile.toml:3: [templates.t] interval: inf is not a number above 0 up to 86400",
    ),
    "a protocol that is no word": (
        '[templates.t]\nprotocol = "http/2"\n',
        'Corefile.toml:2: [templates.t] protocol: "http/2" is not a protocol; did you mean "http"?',
    ),
    "a line named default": (
        '[lines.default]\nnetworks = ["192.0.2.0/24"]\n',
        'Corefile.toml:1: [lines.default]: '
        '"default" is the line of every client that is on no other; choose another name',
    ),
    "a network with host bits": (
        '[lines.office]\nnetworks = ["203.0.113.5/24"]\n',
        'Corefile.toml:2: [lines.office] networks #1: '
        '"203.0.113.5/24" has bits set behind its prefix; did you mean "203.0.113.0/24"?',
    ),
    "no network": (
        '[lines.office]\nnetworks = ["office"]\n',
        'Corefile.toml:2: [lines.office] networks #1: "office" is not a network; write one such as "203.0.113.0/24"',
    ),
    # server
    "an address to listen on without a port": (
        '[server]\nplugin_dir = "plugins"\nlisten = ["127.0.0.1:53", "::1"]\n',
        'Corefile.toml:3: [server] listen #2: "::1" is not an address and a port; write "127.0.0.1:53" or "[::1]:53"',
    ),
    "an address to listen on twice": (
        '[server]\nplugin_dir = "plugins"\nlisten = ["[::1]:53", "[::1]:53"]\n',
        'Corefile.toml:3: [server] listen #2: "[::1]:53" is named twice; leave one out',
    ),
    "no address to listen on": (
        '[server]\nplugin_dir = "plugins"\nlisten = []\n',
        'Corefile.toml:3: [server] listen: no address to listen on; write one such as "127.0.0.1:5300"',
    ),
    "a port too large": (
        '[server]\nplugin_dir = "plugins"\nadmin = "127.0.0.1:70000"\n',
        'Corefile.toml:3: [server] admin: '
        '"127.0.0.1:70000" is not an address and a port; write "127.0.0.1:53" or "[::1]:53"',
    ),
    "a state folder without a name": (
        '[server]\nplugin_dir = "plugins"\nstate = ""\n',
        'Corefile.toml:3: [server] state: "" is not the name of a folder',
    ),
    # alerts
    "a webhook that is no URL": (
        '[[alert]]\nevents = ["pool_up"]\nwebhook = "localhost:9000"\n',
        'Corefile.toml:3: [[alert]] #1 webhook: '
        '"localhost:9000" is not a URL; write one such as "http://127.0.0.1:9000/hook"',
    ),
    "an event that there is not": (
        '[[alert]]\nevents = ["pool_done"]\nwebhook = "http://127.0.0.1/"\n',
        'Corefile.toml:2: [[alert]] #1 events #1: "pool_done" is not one of '
        '"address_down", "address_up", "pool_down", "pool_up"; did you mean "pool_down"?',
    ),
    # expectations
    "a question without a type": (
        '[[expect]]\nask = "www.example.com"\nfrom = "192.0.2.1"\nanswer = []\n',
        'Corefile.toml:2: [[expect]] #1 "www.example.com" ask: '
        '"www.example.com" is not a question; write a name and a type, such as "www.example.com A"',
    ),
    "nobody asking": (
        EXPECT,
        ASKED.format(1, ': "from" or "line" is missing; say one of them, whom the answer is for'),
    ),
    "two asking": (
        EXPECT + 'from = "192.0.2.1"\nline = "oversea"\n',
        ASKED.format(1, ': "from" and "line" exclude each other; say one of them, whom the answer is for'),
    ),
    "a client that is none": (
        EXPECT + 'from = "192.0.2"\n',
        ASKED.format(4, ' from: "192.0.2" is neither an IP address nor a network'),
    ),
    "an expected line that there is not": (
        EXPECT + 'line = "overseas"\n',
        ASKED.format(4, ' line: "overseas" is not a line; did you mean "oversea"?'),
    ),
    "down, of no kind": (
        EXPECT + 'line = "oversea"\ndown = ["good"]\n',
        ASKED.format(5, ' down #1: "good" names nothing; write it as pool:NAME, address:NAME or template:NAME'),
    ),
    "down, of an unknown kind": (
        EXPECT + 'line = "oversea"\ndown = ["pols:good"]\n',
        ASKED.format(5, ' down #1: "pols" is not something that can be down; did you mean "pool"?'),
    ),
    "down, of an unknown name": (
        EXPECT + 'line = "oversea"\ndown = [\n  "pool:good",\n  "pool:goood",\n]\n',
        ASKED.format(7, ' down #2: "goood" is not a pool; did you mean "good"?'),
    ),
    "down, and serving nobody": (
        EXPECT + 'line = "oversea"\ndown = ["template:web"]\n',
        ASKED.format(5, ' down #1: "template:web" can\'t be down: no address of any pool has to do with it'),
    ),
}


@pytest.mark.parametrize("row", [pytest.param(row, id=name) for name, row in ROWS.items() if row[1]])
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
    assert list(map(int, places)) == [3, 4, 9, 10, 15, 18, 21, 22, 22, 22, 26, 27, 28, 29, 31]


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
    folder.write("plugins/few.py", 'from gtm import Plugin\nclass Few(Plugin):\n    name = "few"\n    policies = ("sequence",)\n')
    text = '[[domain]]\nname = "www.example.org"\ntype = "A"\npolicy = "weighted"\npools = ["seq"]\n'
    text += '[pools.seq]\npolicy = "sequence"\naddresses = ["192.0.2.2"]\n'
    text += '[[zone]]\nname = "example.org"\nchain = ["./few.py"]\n'
    assert folder.faults(text) == [
        'Corefile.toml:4: [[domain]] #1 "www.example.org A" policy: '
        '"weighted" is not served by the chain of "example.org"; known there: "sequence"'
    ]


def test_a_zone_with_a_bad_name_still_has_its_chain_checked(folder):
    text = '[[zone]]\nname = "a..b"\nchain = [{ use = "./every.py", size = true }]\n'
    assert len(folder.faults(text)) == 2


def test_a_faults_place_can_be_read_by_programs(folder):
    from gtm.config.fault import Faults

    with pytest.raises(Faults) as caught:
        folder.load(POOL + 'policy = "sequense"\naddresses = ["192.0.2.2"]\n')
    (fault,) = caught.value.faults
    assert (fault.file.name, fault.line, fault.table, fault.key) == ("Corefile.toml", 2, "[pools.p]", "policy")
    assert str(caught.value) == str(fault)
    assert folder.path / "Corefile.toml" in caught.value.files
