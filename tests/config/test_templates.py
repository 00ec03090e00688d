"""Templates: the plugin that a protocol names, its options beside the keys that all share, and what it is told to probe with."""

import asyncio

import pytest

from gtm import Kind, Target
from gtm.model.template import Template
from tests.config.conftest import LOOKS

HEAD = '[templates.t]\nprotocol = "./looks.py"\n'
AT = "Corefile.toml:{}: [templates.t]{}"

ROWS = {
    # which plugin
    "a protocol that nobody has": (
        '[templates.t]\nprotocol = "htpp"\n',
        AT.format(2, ' protocol: "htpp" is not a protocol; did you mean "http"?'),
    ),
    "a plugin that does not probe": (
        '[templates.t]\nprotocol = "./every.py"\n',
        AT.format(2, ' protocol: plugin "every" has no probe hook; known: '),
    ),
    "a plugin that only tells": (
        '[templates.t]\nprotocol = "./tells.py"\n',
        AT.format(2, ' protocol: plugin "tells" has no probe hook; known: '),
    ),
    "a file that is missing": (
        '[templates.t]\nprotocol = "./mine.py"\n',
        AT.format(2, ' protocol: there is no file "./mine.py" in plugin_dir, "plugins"'),
    ),
    "no protocol": (
        "[templates.t]\ninterval = 5\n",
        AT.format(1, ': "protocol" is missing; it must be a string that is not empty'),
    ),
    "an empty protocol": (
        '[templates.t]\nprotocol = ""\n',
        AT.format(2, ' protocol: "" is not a string that is not empty'),
    ),
    # keys
    "an option that is misspelt": (
        HEAD + 'pth = "/"\n',
        AT.format(3, ' pth: "pth" is not a key of this table; did you mean "path"?'),
    ),
    "a shared key that is misspelt": (
        HEAD + "confrim = 1\n",
        AT.format(3, ' confrim: "confrim" is not a key of this table; did you mean "confirm"?'),
    ),
    "a key like no other": (
        HEAD + "xyzzy = 1\n",
        AT.format(3, ' xyzzy: "xyzzy" is not a key of this table; its keys are "confirm", "failure_rate", '),
    ),
    "an option of another type": (HEAD + 'words = ["a", 2]\n', AT.format(3, " words #2: 2 is not a string")),
    # values
    "a port too large": (HEAD + "port = 65536\n", AT.format(3, " port: 65536 is not a whole number from 1 to 65535")),
    "an interval that never ends": (
        HEAD + "interval = inf\n",
        AT.format(3, " interval: inf is not a number above 0 up to 86400"),
    ),
    "a time-out of nothing": (HEAD + "timeout = 0\n", AT.format(3, " timeout: 0 is not a number above 0 up to 86400")),
    "a confirming look at once": (
        HEAD + "confirm = 0\n",
        AT.format(3, " confirm: 0 is not a number above 0 up to 86400"),
    ),
    "no round to fall": (HEAD + "fall = 0\n", AT.format(3, " fall: 0 is not a whole number from 1 to 100")),
    "too many rounds to rise": (HEAD + "rise = 101\n", AT.format(3, " rise: 101 is not a whole number from 1 to 100")),
    "a rate of nothing": (
        HEAD + "failure_rate = 0\n",
        AT.format(3, " failure_rate: 0 is not a whole number from 1 to 100"),
    ),
    "a family that there is not": (
        HEAD + 'family = "ipv6"\n',
        AT.format(3, ' family: "ipv6" is not one of "IPv4", "IPv6"; did you mean "IPv6"?'),
    ),
    "a resolver by name": (
        HEAD + 'resolver = "ns.example.net"\n',
        AT.format(3, ' resolver: "ns.example.net" is not a server; write "192.0.2.53", "192.0.2.53:5353" or '),
    ),
    "a resolver at port 0": (HEAD + 'resolver = "[::1]:0"\n', AT.format(3, ' resolver: "[::1]:0" is not a server; ')),
    "an empty resolver": (HEAD + 'resolver = ""\n', AT.format(3, ' resolver: "" is not a server; ')),
}


@pytest.mark.parametrize(("text", "expected"), ROWS.values(), ids=ROWS.keys())
def test_a_broken_law_is_told_in_one_line(folder, text, expected):
    (line,) = folder.faults(text)
    assert line.startswith(expected)


def test_faults_of_shared_keys_and_of_options_are_told_together(folder):
    assert len(folder.faults(HEAD + 'interval = "5"\npath = 5\nport = 0\nsise = 5\n')) == 4


CODE = {
    "a constructor that refuses": (
        ("super().__init__(options, setup)", "raise PluginFault('path is odd; write \"/\"')"),
        ': path is odd; write "/"',
    ),
    "a constructor with a fault": (("super().__init__(options, setup)", "1 / 0"), ': plugin "looks" raised ZeroDivisi'),
    "a constructor that exits": (("super().__init__(options, setup)", "exit(3)"), ': plugin "looks" raised SystemExit'),
    "a probe that can't wait": (("async def", "def"), ': plugin "looks": probe is not async'),
    "a probe without its mark": (("@hookimpl\n", "\n"), ': plugin "looks": probe is not marked with @hookimpl'),
    "a probe of something else": (("(self, target)", "(self, goal)"), ': plugin "looks": Plugin'),
    "an option that every template has": (
        ("path: str", "interval: int = 5\n        path: str"),
        ' protocol: plugin "looks" has options that every template has: "interval"',
    ),
    "a port that is none": (
        ("port = 80", "port = 65536"),
        ' protocol: "./mine.py": port of class Looks is 65536, neither None nor a whole number from 0 to 65535',
    ),
    "room for no probe": (
        ("at_once = 7", "at_once = 0"),
        ' protocol: "./mine.py": at_once of class Looks is 0, not a whole number of 1 or more',
    ),
    "room that is no number": (
        ("at_once = 7", "at_once = 1.5"),
        ' protocol: "./mine.py": at_once of class Looks is 1.5, not a whole number of 1 or more',
    ),
    "a file that does not load": (("class Looks", "class 1"), ' protocol: "./mine.py" does not load: SyntaxError'),
}


@pytest.mark.parametrize(("change", "expected"), CODE.values(), ids=CODE.keys())
def test_a_plugin_that_breaks_its_law_is_a_fault_and_no_traceback(folder, change, expected):
    assert change[0] in LOOKS
    folder.write("plugins/mine.py", LOOKS.replace("Plugin, hookimpl", "Plugin, PluginFault, hookimpl").replace(*change))
    (line,) = folder.faults(HEAD.replace("looks", "mine"))
    assert line.startswith(AT.format(2 if "protocol" in expected else 1, expected))


def probe(folder, text):
    return folder.load(HEAD + text).probes["t"]


def test_what_nobody_says_is_what_the_managed_service_has(folder):
    assert probe(folder, "").template == Template("t", "./looks.py", 60, 5, 2, 1, None, 50, Kind.IPV4, None)


def test_what_is_said_is_what_is_known(folder):
    text = "interval = 0.2\ntimeout = 0.1\nfall = 3\nrise = 4\nconfirm = 0.05\nhold = 90\nfailure_rate = 100\n"
    text += 'family = "IPv6"\nresolver = "192.0.2.53"\n'
    known = Template("t", "./looks.py", 0.2, 0.1, 3, 4, 0.05, 100, Kind.IPV6, ("192.0.2.53", 53), 90)
    assert probe(folder, text).template == known


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("192.0.2.53:5353", ("192.0.2.53", 5353)),
        ("2001:DB8::53", ("2001:db8::53", 53)),
        ("[2001:db8::53]:5353", ("2001:db8::53", 5353)),
    ],
)
def test_a_resolver_is_an_address_with_a_port_or_without(folder, text, expected):
    assert probe(folder, f'resolver = "{text}"\n').template.resolver == expected


def test_a_template_has_a_plugin_of_its_own_with_the_options_of_its_table(folder):
    loaded = folder.load(HEAD + 'path = "/one"\n[templates.u]\nprotocol = "./looks.py"\n')
    one, two = loaded.probes["t"], loaded.probes["u"]
    assert (one.plugin, one.at_once) == ("looks", 7)
    target = Target("192.0.2.1", 80, "name", 1.0, lambda _: None)
    assert [asyncio.run(each.probe(target)).reason for each in (one, two)] == ["/one", "/"]


def test_a_plugin_is_told_of_its_folder_and_of_the_folder_of_commands(folder):
    (folder.path / "commands").mkdir()
    folder.write("more/templates.toml", HEAD)
    server = '[server]\nplugin_dir = "plugins"\ncommand_dir = "commands"\ninclude = ["more/*.toml"]\n'
    setup = folder.load(server).probes["t"].probe.__self__.setup
    assert (setup.folder, setup.commands) == (folder.path / "more", folder.path / "commands")


def test_the_files_of_a_template_are_watched(folder):
    folder.write("plugins/mine.py", LOOKS + "\n    def files(self):\n        return [self.setup.folder / 'seen.pem']\n")
    assert {folder.path / "plugins/mine.py", folder.path / "seen.pem"} <= folder.load(
        HEAD.replace("looks", "mine")
    ).files


def test_a_doubt_of_a_plugin_is_a_warning_at_its_template(folder):
    folder.write("plugins/mine.py", LOOKS.replace("super().__init__(options, setup)", "setup.warn('it is late')"))
    assert folder.warnings(HEAD.replace("looks", "mine")) == [AT.format(1, ": it is late")]
