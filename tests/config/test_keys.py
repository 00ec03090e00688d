"""No table takes a key that it does not have: one is planted in each, wherever a table may stand."""

import re
from importlib.metadata import entry_points
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtm.config import schema
from gtm.config.schema import Corefile, Table

SOUND = """\
[server]
plugin_dir = "plugins"
[[zone]]
name = "example.com"
chain = [{ use = "./every.py", size = 4 }]
[templates.web]
protocol = "./looks.py"
path = "/health"
[addresses.one]
value = "192.0.2.1"
[pools.hk]
addresses = ["one", { value = "192.0.2.2", checks = ["web"] }]
[[domain]]
name = "www.example.com"
type = "A"
pools = [{ pool = "hk", weight = 3 }]
alerts = [{ events = ["domain_down"], "./tells.py" = "us" }]
[lines.office]
networks = ["203.0.113.0/24"]
[[alert]]
events = ["pool_up"]
"./tells.py" = { who = "me" }
[[expect]]
ask = "www.example.com A"
from = "192.0.2.1"
answer = ["192.0.2.1", "192.0.2.2"]
"""

PLACES = [
    *(pytest.param(f"{header}\n", id=header) for header in re.findall(r"^\[.*\]$", SOUND, re.MULTILINE)),
    pytest.param("{ use", id="an entry of a chain"),
    pytest.param("{ value", id="an address of a pool"),
    pytest.param("{ pool", id="a pool of a domain"),
    pytest.param("{ events", id="an alert of a domain"),
    pytest.param("{ who", id="a channel's options"),
]


OF_PLUGINS = ("an entry of a chain", "an alert of a domain", "a channel's options")


def planted(place: str, key: str) -> str:
    filler = f"{key} = 1\n" if place.endswith("\n") else f"{{ {key} = 1, {place[2:]}"
    return SOUND.replace(place, place + filler if place.endswith("\n") else filler, 1)


def test_the_sound_file_is_sound(folder):
    folder.load(SOUND, alone=True)


@pytest.mark.parametrize("place", PLACES)
def test_a_bogus_key_is_refused(folder, place):
    text = planted(place, "bogus")
    (line,) = folder.faults(text, alone=True)
    number = next(number for number, line in enumerate(text.split("\n"), 1) if "bogus" in line)
    assert line.startswith(f"Corefile.toml:{number}: ")
    assert 'bogus: "bogus" is not a key of this table' in line


@given(st.sampled_from([param.values[0] for param in PLACES]), st.text("abcdefghijklmnopqrstuvwxyz_", min_size=1))
def test_any_key_that_no_table_has_is_refused(shared, place, key):
    known = {name for table in tables() for name in table.__struct_encode_fields__}
    known |= {"use", "size", "names", "path", "words", "who", "how"} | {*entry_points(group="gtm.plugins").names}
    if key not in known:
        assert all("is not a key of this table" in line for line in shared.faults(planted(place, key), alone=True))


def tables() -> list[type[Table]]:
    return [kind for kind in vars(schema).values() if isinstance(kind, type) and issubclass(kind, Table)]


def test_a_bogus_key_was_planted_in_every_table_of_the_schema():
    assert len(PLACES) == len(tables()) - len({Table, Corefile}) + len(OF_PLUGINS)


@pytest.mark.parametrize("table", tables(), ids=lambda table: table.__name__)
def test_every_table_is_frozen_and_refuses_unknown_keys(table):
    assert table.__struct_config__.frozen
    assert table.__struct_config__.forbid_unknown_fields


@pytest.mark.parametrize("name", Corefile.__struct_fields__)
def test_every_table_of_a_corefile_is_of_the_schema(name):
    (field,) = (field for field in msgspec.structs.fields(Corefile) if field.name == name)
    kinds = [kind for kind in (field.type, *get_args(field.type)) if isinstance(kind, type)]
    assert any(issubclass(kind, Table) for kind in kinds if isinstance(kind, type(Table)))
