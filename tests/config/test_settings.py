"""The laws of the server, of alerts and of expectations are broken once each."""

import pytest

EXPECT = '[[expect]]\nask = "www.example.com A"\nanswer = []\n'
ASKED = 'Corefile.toml:{}: [[expect]] #1 "www.example.com A"{}'

ROWS = {
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
        (
            "Corefile.toml:3: [server] admin: "
            '"127.0.0.1:70000" is not an address and a port; write "127.0.0.1:53" or "[::1]:53"'
        ),
    ),
    "a state folder without a name": (
        '[server]\nplugin_dir = "plugins"\nstate = ""\n',
        'Corefile.toml:3: [server] state: "" is not the name of a folder',
    ),
    # alerts
    "a webhook that is no URL": (
        '[[alert]]\nevents = ["pool_up"]\nwebhook = "localhost:9000"\n',
        (
            "Corefile.toml:3: [[alert]] #1 webhook: "
            '"localhost:9000" is not a URL; write one such as "http://127.0.0.1:9000/hook"'
        ),
    ),
    "a webhook with half an address": (
        '[[alert]]\nevents = ["pool_up"]\nwebhook = "http://[::1/"\n',
        (
            "Corefile.toml:3: [[alert]] #1 webhook: "
            '"http://[::1/" is not a URL; write one such as "http://127.0.0.1:9000/hook"'
        ),
    ),
    "an event that there is not": (
        '[[alert]]\nevents = ["pool_done"]\nwebhook = "http://127.0.0.1/"\n',
        (
            'Corefile.toml:2: [[alert]] #1 events #1: "pool_done" is not one of '
            '"address_down", "address_up", "pool_down", "pool_up"; did you mean "pool_down"?'
        ),
    ),
    # expectations
    "a question without a type": (
        '[[expect]]\nask = "www.example.com"\nfrom = "192.0.2.1"\nanswer = []\n',
        (
            'Corefile.toml:2: [[expect]] #1 "www.example.com" ask: '
            '"www.example.com" is not a question; write a name and a type, such as "www.example.com A"'
        ),
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


@pytest.mark.parametrize("row", [pytest.param(row, id=name) for name, row in ROWS.items()])
def test_a_broken_law_is_told_in_one_line(folder, row):
    text, expected = row
    assert folder.faults(text) == [expected]
