"""The house keeps its laws, and every guard of them bites when it is fed a violation."""

from pathlib import Path

import pytest

from tests.house import guards

ROOT = Path(__file__).parents[2]
GUARDS = [
    guards.arrows,
    guards.cycles,
    guards.names_plugins,
    guards.plugin_imports,
    guards.sizes,
    guards.forbidden,
    guards.strays,
    guards.mutable_state,
]
LAWFUL = {
    ".gitignore": "*.egg-info/\n.cache/\n",
    "gtm/__init__.py": 'from gtm.chain.facts import Facts\n__all__ = ["Facts"]\n',
    "gtm/dns/name.py": "from typing import Final\nimport struct\nKNOWN: Final = {1: 2}\n",
    "gtm/chain/facts.py": "from gtm.dns import name\n",
    "gtm/chain/chain.py": 'HOOKS = ("rescue",)\n',
    "gtm/engine.py": "from gtm.chain.facts import Facts\n",
    "gtm/cli/main.py": "from gtm.engine import Engine\n",
    "plugins/__init__.py": "",
    "plugins/geo/__init__.py": "from gtm import Facts\nfrom .lookup import find\n",
    "plugins/geo/lookup.py": "import ipaddress\nfrom . import record\n",
    "plugins/geo/record.py": "",
    "plugins/rescue/__init__.py": "",
    "gtm_dns.egg-info/PKG-INFO": "",
}


def house(folder, **changed):
    for name, text in {**LAWFUL, **changed}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.__name__)
def test_the_house_keeps_the_law(guard):
    assert guard(ROOT) == []


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.__name__)
def test_a_lawful_house_passes(guard, tmp_path):
    assert guard(house(tmp_path)) == []


TWIN = '[project.entry-points."gtm.plugins"]\ntwin = "gtm_plugins.geo:Twin"\n'
VIOLATIONS = [
    (
        guards.arrows,
        {"gtm/dns/name.py": "from gtm.model.place import Place\n", "gtm/model/place.py": ""},
        "dns imports model",
    ),
    (guards.arrows, {"gtm/chain/facts.py": "import gtm.engine\n"}, "chain imports engine"),
    (guards.arrows, {"gtm/chain/facts.py": "from gtm import engine\n"}, "chain imports engine"),
    (guards.arrows, {"gtm/chain/facts.py": "def f():\n    from ..engine import Engine\n"}, "chain imports engine"),
    (guards.arrows, {"gtm/dns/name.py": "from gtm import Facts\n"}, "dns imports gtm"),
    (guards.arrows, {"gtm/config/load.py": "from gtm.health import table\n"}, "config imports health"),
    (guards.arrows, {"gtm/extra/thing.py": "from gtm.dns import name\n"}, "no part of the house"),
    (
        guards.cycles,
        {"gtm/dns/name.py": "from gtm.dns import codes\n", "gtm/dns/codes.py": "from gtm.dns.name import x\n"},
        "gtm.dns.codes",
    ),
    (guards.cycles, {"plugins/geo/record.py": "from .lookup import x\n"}, "plugins.geo.lookup"),
    (guards.names_plugins, {"gtm/engine.py": "from gtm_plugins.geo import Geo\n"}, "imports gtm_plugins.geo"),
    (guards.names_plugins, {"gtm/engine.py": "import plugins\n"}, "imports plugins"),
    (guards.names_plugins, {"gtm/engine.py": 'x = load("gtm_plugins.geo")\n'}, 'names "gtm_plugins.geo"'),
    (guards.names_plugins, {"gtm/cli/serve.py": 'x = "geo"\n'}, 'names "geo"'),
    (guards.names_plugins, {"gtm/engine.py": 'x = "rescue"\n'}, 'names "rescue"'),
    (guards.names_plugins, {"gtm/chain/facts.py": 'x = "rescue"\n'}, 'names "rescue"'),
    (guards.names_plugins, {"pyproject.toml": TWIN, "gtm/engine.py": 'x = "twin"\n'}, 'names "twin"'),
    (guards.plugin_imports, {"plugins/geo/lookup.py": "from gtm.chain.walk import Walk\n"}, "no public name"),
    (guards.plugin_imports, {"plugins/geo/lookup.py": "from gtm import Engine\n"}, "no public name"),
    (guards.plugin_imports, {"plugins/geo/lookup.py": "import gtm\n"}, "no public name"),
    (guards.plugin_imports, {"plugins/geo/lookup.py": "from gtm_plugins.rescue import Rescue\n"}, "not its own"),
    (guards.plugin_imports, {"plugins/geo/lookup.py": "from ..rescue import Rescue\n"}, "not its own"),
    (guards.sizes, {"gtm/dns/name.py": "\n" * 301}, "301 lines"),
    (guards.sizes, {"plugins/geo/lookup.py": "def f():\n" + "    x = 1\n" * 40}, "f has 41 lines"),
    (
        guards.sizes,
        {"gtm/dns/name.py": "class C:\n    async def f(self):\n" + "        x = 1\n" * 40},
        "f has 41 lines",
    ),
    (guards.forbidden, {"plugins/geo/helpers.py": ""}, "helpers.py"),
    (guards.forbidden, {"tests/util/x.py": ""}, "tests/util"),
    (guards.strays, {"notes.txt": ""}, "notes.txt"),
    (guards.strays, {"scripts/x.sh": ""}, "scripts"),
    (guards.mutable_state, {"gtm/engine.py": "cache = {}\n"}, "cache = {}"),
    (guards.mutable_state, {"gtm/engine.py": "CACHE: Final = {}\n"}, "CACHE"),
    (guards.mutable_state, {"gtm/engine.py": "SEEN = []\n"}, "SEEN"),
    (guards.mutable_state, {"gtm/engine.py": "seen: set[int] = set()\n"}, "seen"),
    (guards.mutable_state, {"plugins/geo/lookup.py": "x = 1\ndef f():\n    global x\n    x = 2\n"}, "global"),
]


@pytest.mark.parametrize(
    ("guard", "changed", "wanted"), VIOLATIONS, ids=[f"{case[0].__name__}: {case[2]}" for case in VIOLATIONS]
)
def test_a_guard_finds_its_violation(guard, changed, wanted, tmp_path):
    found = guard(house(tmp_path, **changed))
    assert any(wanted in fault for fault in found), found


def test_a_word_with_another_meaning_is_said_wherever_it_may_be():
    assert guards.idle_meanings(ROOT) == []


def test_a_word_that_nobody_says_is_found(tmp_path):
    assert 'chain/choose: never says "rescue"' in guards.idle_meanings(house(tmp_path))
