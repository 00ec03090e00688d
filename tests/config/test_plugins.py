"""Plugins by entry point and by file: what is found, what is refused, and what a plugin is told."""

import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from gtm.config.discover import GROUP, NotFound, Plugins
from gtm.config.fault import Faults
from gtm.config.load import load
from tests.config.mine import ENTRY, ZONE, broken, faults


def test_a_file_in_the_plugin_folder_is_loaded_and_named(folder):
    loaded = folder.load("")
    ((origin,),) = loaded.origins.values()
    assert origin == ("every", str(folder.path / "plugins/every.py"), ("rescue", "fallback"))
    assert folder.path / "plugins/every.py" in loaded.files


@pytest.mark.parametrize("use", ["./every.py", "every.py", "./plugins/every.py", "./deep/../every.py"])
def test_a_path_is_relative_to_the_plugin_folder_or_to_the_file_that_names_it(folder, use):
    (folder.path / "plugins/deep").mkdir()
    assert folder.load(ZONE.format(f'"{use}"')).service.chains


@pytest.mark.parametrize("use", ["../evil.py", "./plugins/../evil.py", "./evil.py", "./link.py", "./linked/evil.py"])
def test_a_file_outside_of_the_plugin_folder_never_runs(folder, use):
    evil = "raise SystemExit('it ran')\n"
    folder.write("evil.py", evil)
    folder.write("elsewhere/evil.py", evil)
    (folder.path / "plugins/link.py").symlink_to(folder.path / "evil.py")
    (folder.path / "plugins/linked").symlink_to(folder.path / "elsewhere")
    (line,) = faults(folder, f'{{ use = "{use}" }}')
    assert "it ran" not in line
    assert "lies outside of plugin_dir" in line or "there is no file" in line


def test_an_absolute_path_is_refused_wherever_it_leads(folder):
    (line,) = faults(folder, f'"{folder.path}/plugins/every.py"')
    assert line.endswith("is no relative path; a plugin's file is within plugin_dir")


def test_a_sibling_folder_with_a_longer_name_is_outside(folder):
    folder.write("plugins-evil/x.py", "raise SystemExit('it ran')\n")
    (line,) = faults(folder, '"../plugins-evil/x.py"')
    assert "lies outside of plugin_dir" in line


def test_without_a_plugin_folder_no_file_runs(folder):
    folder.write("mine.py", "raise SystemExit('it ran')\n")
    assert folder.faults(ZONE.format('"./mine.py"'), alone=True) == [
        f'{ENTRY}: "./mine.py" is a file, and no folder is allowed; name one as plugin_dir in [server]'
    ]


def test_a_plugin_folder_that_is_missing_is_told(folder):
    assert folder.faults('[server]\nplugin_dir = "plugs"\n', alone=True) == [
        'Corefile.toml:2: [server] plugin_dir: there is no folder "plugs"'
    ]


@pytest.mark.parametrize("use", ["os:system", "gtm.config.load", "gtm_plugins.zone", "os", ""])
def test_a_name_that_is_no_plugins_never_imports_anything(folder, use):
    (line,) = faults(folder, f'"{use}"')
    assert line.startswith(f'{ENTRY}: "{use}" is not a plugin; ')


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("def (:\n", '"./mine.py" does not load: SyntaxError: invalid syntax (mine.py, line 1)'),
        (
            "import no_such_module\n",
            "\"./mine.py\" does not load: ModuleNotFoundError: No module named 'no_such_module'",
        ),
        ("raise SystemExit(3)\n", '"./mine.py" does not load: SystemExit: 3'),
        ("\x00", '"./mine.py" does not load: SyntaxError: source code string cannot contain null bytes'),
        ("x = 1\n", '"./mine.py" defines no plugin; it must define one class that derives from gtm.Plugin'),
        (
            "from gtm import Plugin\n",
            '"./mine.py" defines no plugin; it must define one class that derives from gtm.Plugin',
        ),
        (
            "from gtm import Plugin\nclass A(Plugin): name = 'a'\nclass B(Plugin): name = 'b'\n",
            '"./mine.py" defines 2 plugins; it must define one class that derives from gtm.Plugin',
        ),
        (
            "from gtm import Plugin\nclass A(Plugin): pass\n",
            '"./mine.py": class A has no name; give it one, such as name = "mine"',
        ),
        (
            "from gtm import Plugin\nclass A(Plugin):\n    name = 'a'\n    Options = dict\n",
            '"./mine.py": the Options of class A do not derive from gtm.Options',
        ),
        (
            "from gtm import Plugin\nclass A(Plugin):\n    name = 'a'\n    policies = 'abc'\n",
            '"./mine.py": the policies of class A are not a tuple of texts',
        ),
    ],
    ids=["syntax", "import", "exit", "null", "nothing", "imported", "two", "nameless", "options", "policies"],
)
def test_a_file_that_is_no_plugin_is_a_fault_and_no_traceback(folder, text, expected):
    assert broken(folder, text) == expected


class Points(Plugins):
    """Entry points of packages that are not installed."""

    def __init__(self, **points):
        super().__init__(None)
        self.installed = {name: [EntryPoint(name, value, GROUP) for value in values] for name, values in points.items()}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["no_such_module:X"], "plugin \"x\" does not load: ModuleNotFoundError: No module named 'no_such_module'"),
        (
            ["os:no_such_name"],
            "plugin \"x\" does not load: AttributeError: module 'os' has no attribute 'no_such_name'",
        ),
        (["os:getcwd"], 'plugin "x": os:getcwd is not a class that derives from gtm.Plugin'),
        (
            ["os:getcwd", "os:getpid"],
            '"x" is a plugin of several packages, "os:getcwd", "os:getpid"; remove all but one',
        ),
        (["gtm:Plugin"], '"x": class Plugin has no name; give it one, such as name = "mine"'),
    ],
    ids=["module", "name", "function", "two", "nameless"],
)
def test_an_entry_point_that_gives_no_plugin_is_refused(folder, values, expected):
    with pytest.raises(NotFound) as caught:
        Points(x=values).find("x", folder.path)
    assert str(caught.value) == expected


def test_a_plugin_goes_by_the_name_of_its_entry_point(folder):
    folder.load("")
    module = next(name for name in sys.modules if name.endswith(str(folder.path / "plugins/every.py")))
    sys.modules["gtm_test_every"] = sys.modules[module]
    try:
        with pytest.raises(NotFound, match='plugin "x" calls itself "every"; both names must be the same'):
            Points(x=["gtm_test_every:Every"]).find("x", folder.path)
        found = Points(every=["gtm_test_every:Every"]).find("every", folder.path)
    finally:
        del sys.modules["gtm_test_every"]
    assert found.plugin.name == "every"


def test_installed_plugins_say_which_package_they_came_from(folder):
    found = Plugins(None).find("ttl", folder.path)
    assert found.origin.startswith("gtm-dns ")
    assert found.origin.endswith("(gtm_plugins.ttl)")


def test_faults_of_a_file_name_it_relative_to_where_the_load_began(folder, monkeypatch):
    folder.corefile("[pool.x]\n")
    monkeypatch.chdir(folder.path)
    with pytest.raises(Faults, match=r"\ACorefile\.toml:1: "):
        load(Path("Corefile.toml"))
