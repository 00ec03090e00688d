"""The rows of the fault catalogue, as `tests/README.md` lists them with their tests."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

_ROW = re.compile(r"^\| (?!row |---)(.+?) \| (.+?) \|", re.MULTILINE)
_TEST = re.compile(r"`([\w/]+\.py)::(\w+)`")


def rows(text: str) -> dict[str, str]:
    """Read the rows of all tables below the first heading of level three: what is in the first two columns."""
    return dict(_ROW.findall(text.partition("\n### ")[2]))


def catalogue(text: str) -> list[str]:
    """Read the names of the rows that apply from the catalogue itself."""
    part = text.partition("\n### 3.1")[2].partition("\n### 3.4")[0]
    found = re.findall(r"^\| *(.+?) *\|", part, re.MULTILINE)
    return [row.replace("**", "") for row in found if row != "fault" and not row.startswith("---")]


def untold(text: str) -> list[str]:
    """Find rows that name no test and do not say why."""
    return [row for row, told in rows(text).items() if not _TEST.search(told) and "does not apply" not in told]


def untrue(text: str, folder: Path) -> Iterator[str]:
    """Find tests that are named and do not exist."""
    for path, name in _TEST.findall(text):
        file = folder / path
        tree = ast.parse(file.read_text(encoding="utf-8")) if file.exists() else ast.Module([], [])
        known = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
        if name not in known:
            yield f"{path}::{name}"
