"""The reference of the Corefile has every table and key that there is, with its default."""

import re
import tomllib
from pathlib import Path

import msgspec
import pytest

from gtm.config import schema
from gtm.control.filed import FileTable
from gtm.model.event import EVENTS
from tests.house.readmes import FENCE, table
from tests.house.test_readmes import shown

TEXT = (Path(__file__).parents[2] / "gtm" / "config" / "README.md").read_text(encoding="utf-8")
SECTIONS = {part.partition("\n")[0]: part for part in re.split(r"^## ", TEXT, flags=re.MULTILINE)[1:]}
TABLES = {
    "[server]": schema.ServerTable,
    "[[zone]]": schema.ZoneTable,
    "[templates.NAME]": schema.TemplateTable,
    "[pools.NAME]": schema.PoolTable,
    "An address of a pool": schema.AddressTable,
    "[addresses.NAME]": schema.SharedTable,
    "[[domain]]": schema.DomainTable,
    "A pool of a domain": schema.Membership,
    "[lines.NAME]": schema.LineTable,
    "[[alert]]": schema.AlertTable,
    "[[expect]]": schema.ExpectTable,
}


def test_every_table_has_a_section():
    kinds = {kind for kind in vars(schema).values() if isinstance(kind, type) and issubclass(kind, schema.Table)}
    assert set(TABLES.values()) == kinds - {schema.Table, schema.Corefile}


@pytest.mark.parametrize("section", TABLES)
def test_a_section_tells_every_key_and_its_default(section):
    wanted = {field.encode_name: shown(field) for field in msgspec.structs.fields(TABLES[section])}
    assert table(SECTIONS[section]) == wanted


def test_every_event_is_named():
    assert set(re.findall(r'`"(\w+)"`', SECTIONS["[[alert]]"])) == set(EVENTS)


def test_the_file_of_overrides_is_one():
    (example,) = FENCE.findall(SECTIONS["The file of overrides"])
    assert msgspec.convert(tomllib.loads(example), FileTable).override[0].on == "pool:hk"
