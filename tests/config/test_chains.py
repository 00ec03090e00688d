"""What a plugin is given and told when a chain is built, and how its refusals are told."""

import sys

import pytest

from tests.config.mine import ENTRY, MINE, ZONE, broken, faults


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("raise PluginFault('no file \"x\"; name one')", 'no file "x"; name one'),
        ("raise PluginFault('a\\n  b')", "a b"),
        (
            "open('/nowhere/at/all')",
            "plugin \"mine\" raised FileNotFoundError: [Errno 2] No such file or directory: '/nowhere/at/all'",
        ),
        ("1 / 0", 'plugin "mine" raised ZeroDivisionError: division by zero'),
        ("exit(0)", 'plugin "mine" raised SystemExit: 0'),
    ],
    ids=["its own", "two lines", "file", "bug", "exit"],
)
def test_whatever_a_constructor_raises_is_a_fault_at_its_entry(folder, body, expected):
    assert broken(folder, MINE.format(body=body)) == expected


def test_a_fault_in_a_plugins_own_file_names_that_file(folder):
    folder.write(
        "plugins/mine.py", MINE.format(body="raise PluginFault('bad record', setup.folder / options.file, 12)")
    )
    assert faults(folder, '{ use = "./mine.py", file = "x.zone" }') == [
        'x.zone:12: [[zone]] #1 "example.org" chain #1: bad record'
    ]


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("def lines(self): 1 / 0", 'plugin "mine" raised ZeroDivisionError: division by zero'),
        ("def files(self): return [3]", 'plugin "mine" raised TypeError'),
        ("@hookimpl\n    def rnak(self, group): pass", 'plugin "mine": '),
        ("@hookimpl\n    def rank(self, grp): pass", 'plugin "mine": '),
        ("@hookimpl(tryfirst=True)\n    def rank(self, group): pass", 'plugin "mine": rank asks for tryfirst'),
    ],
    ids=["lines", "files", "unknown hook", "unknown argument", "order"],
)
def test_a_method_that_breaks_its_law_is_a_fault_at_the_entry(folder, method, expected):
    assert broken(folder, MINE.format(body="pass") + f"\n    {method}\n").startswith(expected)


def test_options_are_decoded_with_every_fault(folder):
    assert faults(folder, '{ use = "./every.py", sise = 1, size = "x", names = ["a", 2] }') == [
        f'{ENTRY} sise: "sise" is not a key of this table; did you mean "size"?',
        f'{ENTRY} size: "x" is not a whole number',
        f"{ENTRY} names #2: 2 is not a string",
    ]


def test_options_may_be_written_as_tables_of_their_own(folder):
    text = '[[zone]]\nname = "example.org"\n[[zone.chain]]\nuse = "./every.py"\nsize = "x"\n'
    assert folder.faults(text) == [
        'Corefile.toml:5: [[zone]] #1 "example.org" chain #1 size: "x" is not a whole number'
    ]


@pytest.mark.parametrize(
    ("annotation", "default", "given", "expected"),
    [
        ("int", "", "", '"x" is missing; it must be a whole number'),
        ("Literal['on', 'off']", "'on'", '"onn"', '"onn" is not one of "off", "on"; did you mean "on"?'),
        ("list[int]", "[]", '"x"', '"x" is not an array, each element a whole number'),
        ("dict[str, int]", "{}", '{ a = 1, b = "c" }', '"c" is not a whole number'),
        ("bool | None", "None", "1", "1 is not true or false"),
        ("Annotated[str, Meta(max_length=2)]", "''", '"abc"', '"abc" is not a string'),
        ("Annotated[tuple[int, ...], Meta(max_length=1)]", "()", "[1, 2]", "expected `array` of length <= 1"),
        ("date | None", "None", "5", "5 is not a date"),
        ("complex", "0j", "5", "5 is not a complex"),
    ],
    ids=[
        "required",
        "closed set",
        "array",
        "table",
        "or nothing",
        "length",
        "array's length",
        "date",
        "no type of TOML",
    ],
)
def test_an_option_of_any_type_is_told_in_words(folder, annotation, default, given, expected):
    head = "from datetime import date\nfrom typing import Annotated, Literal\nfrom msgspec import Meta\n"
    field = f"x: {annotation}" + (f" = {default}" if default else "")
    folder.write("plugins/mine.py", head + MINE.format(body="pass").replace('file: str = ""', field))
    (line,) = faults(folder, '{ use = "./mine.py"' + (f", x = {given} }}" if given else " }"))
    assert expected in line


def test_options_that_check_themselves_may_refuse(folder):
    field = 'file: str = ""\n        def __post_init__(self):\n            raise ValueError("Not this one")'
    folder.write("plugins/mine.py", MINE.format(body="pass").replace('file: str = ""', field))
    assert faults(folder, '{ use = "./mine.py", file = "x" }') == [f"{ENTRY}: not this one"]


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("{ size = 1 }", ': "use" is missing; it must be a plugin\'s name or file'),
        ("{ use = 5 }", " use: 5 is not a string; it must be a plugin's name or file"),
        ("5", ": 5 is not a string or a table"),
    ],
    ids=["missing", "number", "no entry"],
)
def test_an_entry_names_a_plugin(folder, entry, expected):
    assert faults(folder, entry) == [f"{ENTRY}{expected}"]


def test_what_is_built_once_is_shared_by_the_chains_of_one_load(folder):
    folder.write("plugins/mine.py", MINE.format(body="self.shared = setup.once('key', object)"))
    text = ZONE.format('"./mine.py"') + ZONE.replace("org", "net").format('"./mine.py"')
    chains = folder.load(text).service.chains.values()
    shared = {id(plugin.shared) for chain in chains for plugin in chain.plugins if plugin.name == "mine"}
    assert len(shared) == 1


def test_a_warning_of_a_plugin_is_one_at_its_entry(folder):
    folder.write("plugins/mine.py", MINE.format(body="setup.warn('it is late')"))
    assert folder.warnings(ZONE.format('"./mine.py"')) == [f"{ENTRY}: it is late"]


def test_a_changed_file_is_read_anew_even_within_the_same_second(folder):
    for body in ("self.x = 1", "self.x = 2"):
        folder.write("plugins/mine.py", MINE.format(body=body))
        chain, *_ = folder.load(ZONE.format('"./mine.py"')).service.chains.values()
        assert chain.plugins[0].x == int(body[-1])


def test_a_file_that_stops_loading_leaves_the_loaded_module_in_place(folder):
    folder.write("plugins/mine.py", MINE.format(body="pass"))
    loaded = folder.load(ZONE.format('"./mine.py"'))
    chain, *_ = loaded.service.chains.values()
    module = sys.modules[type(chain.plugins[0]).__module__]
    broken(folder, "raise ValueError\n")
    assert sys.modules[module.__name__] is module


def test_a_plugin_in_an_included_file_is_told_of_that_files_folder(folder):
    folder.write("plugins/mine.py", MINE.format(body="self.folder = setup.folder"))
    folder.write("more/zone.toml", ZONE.format('"./mine.py"'))
    loaded = folder.load('[server]\nplugin_dir = "plugins"\ninclude = ["more/zone.toml"]\n')
    (plugin,) = (p for chain in loaded.service.chains.values() for p in chain.plugins if p.name == "mine")
    assert plugin.folder == folder.path / "more"
