"""The catalogue's file: its tables, and the entries that its templates stand for."""

import re
import tomllib
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Final, Literal

import msgspec

from gtm import PluginFault

Category = Literal["custom", "search", "cloud", "isp", "region"]
_PLACEHOLDER: Final = re.compile(r"\{([a-z_]+(?:\.[a-z_]+)?)\}")
_TOML_LINE: Final = re.compile(r"at line (\d+)")


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One line as the file states it; geodata/README.md has the meaning of each key."""

    code: str
    name: str
    category: Category
    parent: str | None = None
    union: bool = False
    countries: list[str] = []
    outside: list[str] = []
    unlisted_on: list[str] = []
    subdivisions: list[str] = []
    asns: list[int] = []
    organizations: list[str] = []
    networks: list[str] = []
    basis: str = ""


class Template(Entry, frozen=True, kw_only=True):
    """An entry with placeholders, for each combination of the rows of some tables."""

    each: list[str]


class Rows(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table of rows; the first column is what a bare ``{table}`` stands for."""

    columns: list[str]
    values: list[list[str]]


class Contents(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    line: list[Entry] = []
    template: list[Template] = []
    rows: dict[str, Rows] = {}


def parse(text: str, file: Path | None) -> list[Entry]:
    """Read a catalogue, its templates written out; PluginFault with the file, and the line where TOML gives one."""
    try:
        contents = msgspec.convert(tomllib.loads(text), Contents)
        made = [entry for template in contents.template for entry in _written_out(template, contents.rows)]
    except tomllib.TOMLDecodeError as error:
        place = _TOML_LINE.search(str(error))
        raise PluginFault(f"the catalogue is not TOML: {error}", file, int(place[1]) if place else None) from error
    except (msgspec.ValidationError, PluginFault) as error:
        raise PluginFault(f"the catalogue has a fault: {error}", file) from error
    return [*contents.line, *made]


def _written_out(template: Template, rows: Mapping[str, Rows]) -> list[Entry]:
    for table in template.each:
        if table not in rows:
            known = ", ".join(f'"{name}"' for name in rows)
            raise PluginFault(f'template "{template.code}": there are no rows "{table}"; there are {known}')
    choices = [_cells(table, rows[table]) for table in template.each]
    merged = ({name: value for part in parts for name, value in part.items()} for parts in product(*choices))
    return [_entry(template, cells) for cells in merged]


def _cells(table: str, rows: Rows) -> list[dict[str, str]]:
    found = []
    for row in rows.values:
        if len(row) != len(rows.columns):
            raise PluginFault(f'rows "{table}": {row} has {len(row)} values for {len(rows.columns)} columns')
        cells = {f"{table}.{column}": value for column, value in zip(rows.columns, row, strict=True)}
        found.append({**cells, table: row[0]} if row else cells)
    return found


def _entry(template: Template, cells: Mapping[str, str]) -> Entry:
    def fill(text: str) -> str:
        return _PLACEHOLDER.sub(cell, text)

    def cell(match: re.Match[str]) -> str:
        if match[1] not in cells:
            raise PluginFault(f'template "{template.code}": "{match[0]}" is no column of its rows')
        return cells[match[1]]

    def fill_each(texts: list[str]) -> list[str]:
        return [word for text in texts for word in fill(text).split()]  # a cell may hold several words

    return Entry(
        code=fill(template.code),
        name=fill(template.name),
        category=template.category,
        parent=fill(template.parent) if template.parent else None,
        union=template.union,
        countries=fill_each(template.countries),
        outside=fill_each(template.outside),
        unlisted_on=fill_each(template.unlisted_on),
        subdivisions=fill_each(template.subdivisions),
        asns=template.asns,
        organizations=template.organizations,
        networks=fill_each(template.networks),
        basis=template.basis,
    )
