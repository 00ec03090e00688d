"""The laws of the server and of expectations are broken once each, and what the server is told is what it knows."""

import pytest

SERVER = '[server]\nplugin_dir = "plugins"\n'
TOKEN = "0123456789abcdef"
EXPECT = '[[expect]]\nask = "www.example.com A"\nanswer = []\n'
ASKED = 'Corefile.toml:{}: [[expect]] #1 "www.example.com A"{}'

ROWS = {
    # server
    "an address to listen on without a port": (
        SERVER + 'listen = ["127.0.0.1:53", "::1"]\n',
        'Corefile.toml:3: [server] listen #2: "::1" is not an address and a port; write "127.0.0.1:53" or "[::1]:53"',
    ),
    "an address to listen on twice": (
        SERVER + 'listen = ["[::1]:53", "[::1]:53"]\n',
        'Corefile.toml:3: [server] listen #2: "[::1]:53" is named twice; leave one out',
    ),
    "no address to listen on": (
        SERVER + "listen = []\n",
        'Corefile.toml:3: [server] listen: no address to listen on; write one such as "127.0.0.1:5300"',
    ),
    "a port too large": (
        SERVER + 'admin = "127.0.0.1:70000"\n',
        (
            "Corefile.toml:3: [server] admin: "
            '"127.0.0.1:70000" is not an address and a port; write "127.0.0.1:53" or "[::1]:53"'
        ),
    ),
    "a state folder without a name": (
        SERVER + 'state = ""\n',
        'Corefile.toml:3: [server] state: "" is not a path',
    ),
    "an admin door that other machines could open": (
        SERVER + 'admin = "192.0.2.1:8053"\n',
        (
            'Corefile.toml:3: [server] admin: "192.0.2.1:8053" is open to other machines; '
            'name an admin_token_file, or write "127.0.0.1:8053"'
        ),
    ),
    "an admin door for everybody": (
        SERVER + 'admin = "[::]:8053"\n',
        (
            'Corefile.toml:3: [server] admin: "[::]:8053" is open to other machines; '
            'name an admin_token_file, or write "127.0.0.1:8053"'
        ),
    ),
    "an admin door where queries come to": (
        SERVER + 'listen = ["127.0.0.1:53"]\nadmin = "127.0.0.1:53"\n',
        'Corefile.toml:4: [server] admin: "127.0.0.1:53" is what queries come to; choose another port',
    ),
    "an admin door at a name": (
        SERVER + 'admin = "localhost:8053"\n',
        (
            "Corefile.toml:3: [server] admin: "
            '"localhost:8053" is not an address and a port; write "127.0.0.1:53" or "[::1]:53"'
        ),
    ),
    "a folder of commands that is missing": (
        SERVER + 'command_dir = "comands"\n',
        'Corefile.toml:3: [server] command_dir: there is no folder "comands"',
    ),
    "a folder of commands whose name is too long": (
        SERVER + f'command_dir = "{"x" * 300}"\n',
        f'Corefile.toml:3: [server] command_dir: there is no folder "{"x" * 300}"',
    ),
    "a token file whose name is too long": (
        SERVER + f'admin_token_file = "{"x" * 300}"\n',
        f'Corefile.toml:3: [server] admin_token_file: "{"x" * 300}" can\'t be read: file name too long',
    ),
    "a folder of commands that is a file": (
        SERVER + 'command_dir = "plugins/every.py"\n',
        'Corefile.toml:3: [server] command_dir: there is no folder "plugins/every.py"',
    ),
    "a file of overrides that is a folder": (
        SERVER + 'overrides = "plugins"\n',
        'Corefile.toml:3: [server] overrides: "plugins" is a folder; name a file in it',
    ),
    "a file of overrides without a name": (
        SERVER + 'overrides = ""\n',
        'Corefile.toml:3: [server] overrides: "" is not a path',
    ),
    "an alert log that is kept for no day": (
        SERVER + "alert_days = 0\n",
        "Corefile.toml:3: [server] alert_days: 0 is not a whole number from 1 to 3650",
    ),
    "an alert log that is kept for ever": (
        SERVER + "alert_days = 3651\n",
        "Corefile.toml:3: [server] alert_days: 3651 is not a whole number from 1 to 3650",
    ),
    "a start that there is not": (
        SERVER + 'start = "lasst"\n',
        'Corefile.toml:3: [server] start: "lasst" is not one of "last", "probe", "up"; did you mean "last"?',
    ),
    "a key of the server that is misspelt": (
        SERVER + 'admin_token = "x"\n',
        (
            "Corefile.toml:3: [server] admin_token: "
            '"admin_token" is not a key of this table; did you mean "admin_token_file"?'
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


def server(folder, text):
    return folder.load(SERVER + text).server


def test_what_nobody_says_of_the_server_is_off_or_careful(folder):
    found = server(folder, "")
    assert (found.admin, found.admin_token, found.command_dir, found.overrides) == (None, None, None, None)
    assert (found.start, found.alert_days) == ("probe", 90)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("127.0.0.1:8053", ("127.0.0.1", 8053)), ("127.9.9.9:1", ("127.9.9.9", 1)), ("[::1]:0", ("::1", 0))],
)
def test_an_admin_door_on_loopback_needs_no_token(folder, text, expected):
    assert server(folder, f'admin = "{text}"\n').admin == expected


def test_an_admin_door_with_a_token_may_stand_anywhere(folder):
    folder.write("token", f"  {TOKEN}\n", 0o600)
    loaded = folder.load(SERVER + 'admin = "0.0.0.0:8053"\nadmin_token_file = "token"\n')
    assert (loaded.server.admin, loaded.server.admin_token) == (("0.0.0.0", 8053), TOKEN)
    assert folder.path / "token" in loaded.files


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", '"token" holds no token; write 16 characters or more into it, without blanks'),
        (TOKEN[:15], '"token" holds no token; write 16 characters or more into it, without blanks'),
        ("01234567 89abcdef", '"token" holds no token; write 16 characters or more into it, without blanks'),
        (f"{TOKEN}\n{TOKEN}", '"token" holds no token; write 16 characters or more into it, without blanks'),
        ("schlüsselbund-0123", '"token" can\'t be read: it is not plain text'),
        (None, '"token" can\'t be read: no such file or directory'),
    ],
    ids=["empty", "short", "blank", "two lines", "letters of no header", "missing"],
)
@pytest.mark.parametrize("admin", ["127.0.0.1:8053", "0.0.0.0:8053"])
def test_a_file_without_a_good_token_is_the_one_fault(folder, admin, content, expected):
    if content is not None:
        folder.write("token", content, 0o600)
    assert folder.faults(f'{SERVER}admin = "{admin}"\nadmin_token_file = "token"\n') == [
        f"Corefile.toml:4: [server] admin_token_file: {expected}"
    ]


def test_a_token_that_others_can_read_is_doubtful_and_is_never_shown(folder):
    folder.write("token", TOKEN, 0o640)
    (line,) = folder.warnings(SERVER + 'admin_token_file = "token"\n')
    assert line == 'Corefile.toml:3: [server] admin_token_file: "token" can be read by others; say chmod 600'


def test_paths_of_the_server_are_relative_to_the_corefile(folder):
    (folder.path / "commands").mkdir()
    found = server(folder, 'command_dir = "commands"\noverrides = "later/overrides.toml"\nalert_days = 7\n')
    assert (found.command_dir, found.overrides) == (folder.path / "commands", folder.path / "later/overrides.toml")
    assert found.alert_days == 7
