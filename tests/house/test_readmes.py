"""What the READMEs promise: option tables have the fields of the options, and every chain in a fence loads."""

from importlib.metadata import entry_points
from pathlib import Path

import msgspec
import pytest

from gtm import Options
from gtm.config.fault import Faults
from gtm.config.load import load
from tests.house import readmes

ROOT = Path(__file__).parents[2]
KINDS = {entry.name: entry.load() for entry in entry_points(group="gtm.plugins")}
FOLDERS = sorted(path.parent for path in (ROOT / "plugins").glob("*/__init__.py"))
ZONE = "@ 3600 SOA ns h 1 2 3 4 5\n@ 3600 NS ns\nns 3600 A 192.0.2.1\n"
EXAMPLES = [
    pytest.param(example, id=f"{path.parent.name} {number}")
    for path in sorted([*(ROOT / "plugins").glob("*/README.md"), ROOT / "plugins" / "README.md", ROOT / "README.md"])
    if path.exists()
    for number, example in enumerate(readmes.examples(path.read_text(encoding="utf-8")), 1)
    if "chain" in example
]


def shown(field):
    """Say how a README shows the default of a field."""
    if field.required:
        return "required"
    return "none" if field.default is None else f"`{msgspec.json.encode(field.default).decode()}`"


def compared(kind, text):
    """List what a README's option table says otherwise than the options do."""
    told = readmes.table(text)
    if told is None:
        return ["no option table, or two"]
    wanted = {field.encode_name: shown(field) for field in msgspec.structs.fields(kind.Options)}
    return [
        f"{key}: {told.get(key)} is told, {wanted.get(key)} is true"
        for key in {**told, **wanted}
        if told.get(key) != wanted.get(key)
    ]


def test_every_plugin_has_a_readme_that_begins_with_its_name():
    assert {folder.name for folder in FOLDERS} == set(KINDS)
    for folder in FOLDERS:
        assert (folder / "README.md").read_text(encoding="utf-8").startswith(f"# {folder.name}\n")


@pytest.mark.parametrize("name", sorted(KINDS))
def test_the_option_table_has_the_fields_of_the_options_and_their_defaults(name):
    assert compared(KINDS[name], (ROOT / "plugins" / name / "README.md").read_text(encoding="utf-8")) == []


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
    assert any(wanted in fault for fault in compared(Made, text))


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
def test_every_chain_in_a_readme_loads(example, tmp_path):
    found = loaded(tmp_path, example)
    assert not isinstance(found, str), found
    assert found.service.chains


def test_every_plugin_shows_its_chain_at_least_once():
    shown_by = {
        folder.name
        for folder in FOLDERS
        for example in readmes.examples((folder / "README.md").read_text(encoding="utf-8"))
        if folder.name in example
    }
    assert shown_by == set(KINDS)


@pytest.mark.parametrize("example", ['chain = ["helth"]\n', 'chain = [{ use = "ttl", maximum = 3 }]\n', "chain = [\n"])
def test_a_chain_that_does_not_load_is_found(example, tmp_path):
    assert isinstance(loaded(tmp_path, example), str)
