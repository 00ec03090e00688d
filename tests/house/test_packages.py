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


def test_every_plugin_folder_has_an_entry_point_of_its_name():
    points = PROJECT["project"]["entry-points"]["gtm.plugins"]
    packages = {package for package in folders() if package.startswith("gtm_plugins.")}
    assert {value.partition(":")[0] for value in points.values()} == packages
    assert packages <= {f"gtm_plugins.{name}" for name in points}


def test_a_plugin_with_a_name_of_its_own_is_told_of_in_its_folders_readme():
    for name, value in PROJECT["project"]["entry-points"]["gtm.plugins"].items():
        folder = value.partition(":")[0].partition(".")[2]
        readme = (ROOT / "plugins" / folder / "README.md").read_text(encoding="utf-8")
        assert (f"\n## {name}\n" if name != folder else f"# {name}\n") in readme
