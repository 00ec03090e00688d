"""What is built into a wheel: every folder of code, under the name that it is imported by."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
NAMES = {"gtm": "gtm", "plugins": "gtm_plugins", "geodata": "gtm_geodata"}


def folders():
    for top, name in NAMES.items():
        for init in (ROOT / top).rglob("__init__.py"):
            yield ".".join((name, *init.parent.relative_to(ROOT / top).parts))


def test_every_folder_of_code_is_packaged_and_nothing_else():
    assert sorted(PROJECT["tool"]["setuptools"]["packages"]) == sorted(folders())


def test_every_plugin_has_an_entry_point_by_its_own_name():
    points = PROJECT["project"]["entry-points"]["gtm.plugins"]
    assert {value.partition(":")[0] for value in points.values()} == {
        package for package in folders() if package.startswith("gtm_plugins.")
    }
    assert all(value.startswith(f"gtm_plugins.{name}:") for name, value in points.items())
