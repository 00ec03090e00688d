"""What is allowed and hardly meant is told, and loads all the same."""

import pytest

POOL = "[pools.p]\n"
DOMAIN = '[[domain]]\nname = "www.example.com"\ntype = "A"\n'
WWW = 'Corefile.toml:{}: [[domain]] #1 "www.example.com A"{}'

ROWS = {
    "an empty pool": (
        POOL + "addresses = []\n",
        ["Corefile.toml:1: [pools.p]: the pool has no addresses and is never chosen"],
    ),
    "a domain without pools": (DOMAIN, [WWW.format(1, ": the access domain has no pool; its zone answers")]),
    "a domain with empty pools": (
        DOMAIN + 'pools = ["p"]\n' + POOL,
        [
            WWW.format(1, ": the access domain has only empty pools; its zone answers"),
            "Corefile.toml:5: [pools.p]: the pool has no addresses and is never chosen",
        ],
    ),
    "a short TTL": (
        DOMAIN + 'pools = ["good"]\nttl = 4\n',
        [WWW.format(5, " ttl: 4 s is a short TTL; resolvers will ask again at almost every query")],
    ),
    "weights that are all 0": (
        DOMAIN + 'policy = "weighted"\npools = [{ pool = "good", weight = 0 }]\n',
        [WWW.format(1, ": every weight is 0, so all count alike; give at least one a weight of 1 to 65535")],
    ),
    "preemptive without sequence": (
        POOL + 'addresses = ["192.0.2.2"]\npreemptive = true\n',
        ['Corefile.toml:3: [pools.p] preemptive: only the policy "sequence" reads it, and this one is "round_robin"'],
    ),
    "a nearest pool without a default line": (
        POOL + 'policy = "nearest"\naddresses = [{ value = "192.0.2.2", lines = ["oversea"] }]\n',
        ['Corefile.toml:1: [pools.p]: none of its addresses is on the line "default"; clients elsewhere get none'],
    ),
    "a zone with an empty chain": (
        '[[zone]]\nname = "example.org"\nchain = []\n',
        ['Corefile.toml:1: [[zone]] #1 "example.org": the chain is empty, so every question is refused'],
    ),
    "a line without networks": (
        "[lines.office]\nnetworks = []\n",
        ["Corefile.toml:1: [lines.office]: the line has no networks, so no client is ever on it"],
    ),
    "a confirming look that comes no sooner": (
        '[templates.t]\nprotocol = "tcp"\nport = 80\ninterval = 1\nconfirm = 2\n',
        ["Corefile.toml:5: [templates.t] confirm: 2 s is no sooner than the interval, 1 s"],
    ),
    "more addresses to keep than there are": (
        POOL + 'addresses = ["192.0.2.2"]\nkeep_at_least = 2\n',
        ["Corefile.toml:3: [pools.p] keep_at_least: 2 are to be kept of 1, so none can be taken out"],
    ),
    "more pools to keep than there are": (
        DOMAIN + 'pools = ["good"]\nkeep_at_least = 3\n',
        [WWW.format(5, " keep_at_least: 3 are to be kept of 1, so none can be taken out")],
    ),
    "an alert without events": (
        '[[alert]]\nevents = []\n"./tells.py" = "me"\n',
        ["Corefile.toml:2: [[alert]] #1 events: no events, so nobody is told of anything"],
    ),
    "nothing": (
        DOMAIN + 'policy = "sequence"\npreemptive = false\npools = ["good", "alias"]\n',
        [],
    ),
    "a domain that means to have no default line": (
        DOMAIN + 'policy = "nearest"\nwithout_default = true\npools = [{ pool = "good", lines = ["oversea"] }]\n',
        [],
    ),
}


@pytest.mark.parametrize("row", [pytest.param(row, id=name) for name, row in ROWS.items()])
def test_a_doubt_is_told(folder, row):
    text, expected = row
    assert folder.warnings(text) == expected


def test_a_last_resort_that_no_plugin_gives_is_doubtful(folder):
    folder.write(
        "plugins/mute.py",
        'from gtm import Plugin, hookimpl\nclass Mute(Plugin):\n    name = "mute"\n'
        '    policies = ("round_robin",)\n    @hookimpl\n    def fallback(self, question):\n        return None\n',
    )
    zone = '[[zone]]\nname = "example.org"\nchain = ["./mute.py"]\n'
    asked = zone + DOMAIN.replace(".com", ".org") + 'pools = ["good"]\nwhen_all_down = "{}"\n'
    assert folder.warnings(asked.format("all")) == []
    assert folder.warnings(asked.format("last")) == [
        (
            'Corefile.toml:8: [[domain]] #1 "www.example.org A" when_all_down: '
            'no plugin in the chain of "example.org" answers when nobody may serve, so this has no effect'
        )
    ]


def test_a_chain_without_fallback_is_doubtful(folder):
    folder.write("plugins/mute.py", 'from gtm import Plugin\nclass Mute(Plugin):\n    name = "mute"\n')
    assert folder.warnings('[[zone]]\nname = "example.org"\nchain = ["./mute.py"]\n') == [
        (
            'Corefile.toml:3: [[zone]] #1 "example.org" chain: '
            "no plugin of the chain answers names that are not steered; they are refused"
        )
    ]
