"""What the READMEs promise: option tables have the fields of the options, and every Corefile in a fence loads."""

from importlib.metadata import entry_points
from pathlib import Path

import msgspec
import pytest

from gtm import Options
from gtm.config.fault import Faults
from gtm.config.load import load
from tests.house import readmes

ROOT = Path(__file__).parents[2]
POINTS = {entry.name: entry for entry in entry_points(group="gtm.plugins")}
KINDS = {name: entry.load() for name, entry in POINTS.items()}
FOLDERS = sorted(path.parent for path in (ROOT / "plugins").glob("*/__init__.py"))
ZONE = "@ 3600 SOA ns h 1 2 3 4 5\n@ 3600 NS ns\nns 3600 A 192.0.2.1\n"
EXAMPLES = [
    pytest.param(example, id=f"{path.parent.name} {number}")
    for path in sorted([*(ROOT / "plugins").glob("*/README.md"), ROOT / "plugins" / "README.md", ROOT / "README.md"])
    if path.exists()
    for number, example in enumerate(readmes.examples(path.read_text(encoding="utf-8")), 1)
]


def shown(field):
    """Say how a README shows the default of a field."""
    if field.required:
        return "required"
    return "none" if field.default is None else f"`{msgspec.json.encode(field.default).decode()}`"


def compared(kind, told):
    """List what a README's option table says otherwise than the options do."""
    if told is None:
        return ["no option table, or two"]
    wanted = {field.encode_name: shown(field) for field in msgspec.structs.fields(kind.Options)}
    return [
        f"{key}: {told.get(key)} is told, {wanted.get(key)} is true"
        for key in {**told, **wanted}
        if told.get(key) != wanted.get(key)
    ]


def folder_of(name):
    """Give the folder of a plugin: not always one of its own name."""
    return ROOT / "plugins" / POINTS[name].module.split(".")[1]


def readme(name):
    return (folder_of(name) / "README.md").read_text(encoding="utf-8")


def beside(name):
    """List the plugins of a folder that are told of in sections of its README."""
    folder = folder_of(name)
    return {other for other in KINDS if folder_of(other) == folder and other != folder.name}


def test_every_plugin_has_a_readme_that_begins_with_its_name():
    assert {folder.name for folder in FOLDERS} == {folder_of(name).name for name in KINDS}
    for folder in FOLDERS:
        assert (folder / "README.md").read_text(encoding="utf-8").startswith(f"# {folder.name}\n")


@pytest.mark.parametrize("name", sorted(KINDS))
def test_the_option_table_has_the_fields_of_the_options_and_their_defaults(name):
    assert compared(KINDS[name], readmes.told(readme(name), name, beside(name))) == []


class Made:
    """A plugin with two options."""

    class Options(Options, frozen=True):
        """Its options."""

        size: int
        mode: str = "fast"


@pytest.mark.parametrize(
    ("rows", "wanted"),
    [
        ("| `size` | number | required | x |\n", "mode: None is told"),
        ("| `size` | number | required | x |\n| `mode` | string | none | x |\n", "mode: none is told"),
        ('| `size` | number | 3 | x |\n| `mode` | string | `"fast"` | x |\n', "size: 3 is told, required is true"),
        (
            '| `size` | number | required | x |\n| `mode` | string | `"fast"` | x |\n| `more` | x | none | x |\n',
            "more: none is told, None is true",
        ),
        (None, "no option table"),
    ],
)
def test_a_table_that_says_otherwise_is_found(rows, wanted):
    text = "# made\n" if rows is None else f"# made\n\n{readmes.HEAD}{rows}\nMore.\n"
    assert any(wanted in fault for fault in compared(Made, readmes.told(text, "made", set())))


TWO = f"# one\n\n{readmes.HEAD}| `size` | number | required | x |\n\n## More\n\nText.\n\n## made\n\n"
TWO += f'{readmes.HEAD}| `mode` | string | `"fast"` | x |\n\n'


def test_a_plugin_told_of_in_a_section_has_the_options_of_its_folder_and_its_own():
    assert readmes.told(TWO, "one", {"made"}) == {"size": "required"}
    assert readmes.told(TWO, "made", {"made"}) == {"size": "required", "mode": '`"fast"`'}
    assert compared(Made, readmes.told(TWO, "made", {"made"})) == []


def test_a_section_without_a_table_is_found():
    assert readmes.told(TWO.replace("## made", "## mad"), "made", {"made"}) is None


def loaded(folder, example):
    (folder / readmes.PLUGINS).mkdir()
    for name, text in readmes.scripts((ROOT / "plugins" / "README.md").read_text(encoding="utf-8")).items():
        (folder / readmes.PLUGINS / name).write_text(text, encoding="utf-8")
    geodata = ROOT / "geodata"
    readmes.supply(folder, example, (geodata / "demo.mmdb").read_bytes(), (geodata / "lines.toml").read_bytes(), ZONE)
    (folder / "Corefile.toml").write_text(readmes.corefile(example), encoding="utf-8")
    try:
        return load(folder / "Corefile.toml")
    except Faults as fault:
        return str(fault)


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_corefile_in_a_readme_loads(example, tmp_path):
    found = loaded(tmp_path, example)
    assert not isinstance(found, str), found
    assert found.service.chains


def used(found):
    """List the plugins that a configuration uses."""
    chains = {plugin.name for chain in found.service.chains.values() for plugin in chain.plugins}
    return (
        chains | {probe.plugin for probe in found.probes.values()} | {one.key.split("-")[0] for one in found.channels}
    )


@pytest.mark.parametrize("name", sorted(KINDS))
def test_every_plugin_is_used_in_an_example_of_its_readme(name, tmp_path):
    for number, example in enumerate(readmes.examples(readme(name))):
        (tmp_path / str(number)).mkdir()
        found = loaded(tmp_path / str(number), example)
        if not isinstance(found, str) and name in used(found):
            return
    pytest.fail("no example uses it")


@pytest.mark.parametrize(
    "example",
    [
        'chain = ["helth"]\n',
        'chain = [{ use = "ttl", maximum = 3 }]\n',
        "chain = [\n",
        '[templates.web]\nprotocol = "http"\npat = "/"\n',
        '[[alert]]\nwebhok = "http://127.0.0.1/"\n',
    ],
    ids=["plugin", "option", "syntax", "template", "alert"],
)
def test_a_corefile_that_does_not_load_is_found(example, tmp_path):
    assert isinstance(loaded(tmp_path, example), str)
