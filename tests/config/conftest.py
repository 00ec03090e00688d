"""A folder with a Corefile in it, and plugins of our own, so that the loader is tested with strangers' plugins only."""

import contextlib
from pathlib import Path

import pytest

from gtm.config.fault import Faults
from gtm.config.load import load

EVERY = '''
from gtm import Options, Plugin, hookimpl

class Every(Plugin):
    """Serves every policy, tells two lines and answers nothing."""

    name = "every"
    policies = ("round_robin", "sequence", "weighted", "nearest")

    class Options(Options):
        size: int = 3
        names: tuple[str, ...] = ()

    def lines(self):
        return ("os_asia_hk", "oversea")

    @hookimpl
    def rescue(self, group):
        return None

    @hookimpl
    def fallback(self, question):
        return None
'''

LOOKS = '''
from gtm import Observation, Options, Plugin, hookimpl

class Looks(Plugin):
    """Finds every target well."""

    name = "looks"
    port = 80
    at_once = 7

    class Options(Options):
        path: str = "/"
        words: tuple[str, ...] = ()

    def __init__(self, options, setup):
        super().__init__(options, setup)
        self.options, self.setup = options, setup

    @hookimpl
    async def probe(self, target):
        return Observation(True, self.options.path, 0.0)
'''

TELLS = '''
from gtm import Options, Plugin, hookimpl

class Tells(Plugin):
    """Writes alerts on a list of its own."""

    name = "tells"
    short = "who"

    class Options(Options):
        who: str
        how: str = "softly"

    def __init__(self, options, setup):
        super().__init__(options, setup)
        self.options, self.told = options, []

    def label(self):
        return f"tells {self.options.how}"

    @hookimpl
    async def notify(self, alerts):
        self.told.append(alerts)
'''

SERVER = """
[server]
plugin_dir = "plugins"
"""

REST = """
[[zone]]
name  = "example.com"
chain = ["./every.py"]

[templates.web]
protocol = "http"

[templates.port]
protocol = "tcp"

[addresses.hk-1]
value = "192.0.2.77"

[pools.good]
addresses = ["192.0.2.1"]

[pools.alias]
addresses = ["cdn.example.net"]

[pools.six]
addresses = ["2001:db8::1"]
"""


class Folder:
    """Files to load. Lines of a text given to ``load`` count from 1; what it leaves out stands behind it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.write("plugins/every.py", EVERY)
        self.write("plugins/looks.py", LOOKS)
        self.write("plugins/tells.py", TELLS)

    def write(self, name: str, text: str, mode: int = 0o644) -> Path:
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        file.chmod(mode)
        return file

    def corefile(self, text: str, *, alone: bool = False) -> Path:
        """Write a Corefile: the text, and sound tables behind it."""
        if not alone:
            text += ("" if "[server]" in text else SERVER) + REST
        return self.write("Corefile.toml", text)

    def load(self, text: str, *, alone: bool = False):
        return load(self.corefile(text, alone=alone))

    def faults(self, text: str, *, alone: bool = False) -> list[str]:
        """Load what can't be loaded, and show each fault as a user sees it."""
        with pytest.raises(Faults) as caught:
            self.load(text, alone=alone)
        return [self.shown(fault) for fault in caught.value.faults]

    def warnings(self, text: str, *, alone: bool = False) -> list[str]:
        return [self.shown(fault) for fault in self.load(text, alone=alone).warnings]

    def outcome(self, text: str) -> None:
        """Load anything at all: it may have faults, and must raise nothing else."""
        with contextlib.suppress(Faults):
            self.load(text, alone=True)

    def shown(self, fault: object) -> str:
        return str(fault).replace(f"{self.path}/", "")  # as if the load had begun in the folder


@pytest.fixture
def folder(tmp_path) -> Folder:
    return Folder(tmp_path)


@pytest.fixture(scope="module")
def shared(tmp_path_factory) -> Folder:
    """One folder for all examples of a property, and what they may name."""
    made = Folder(tmp_path_factory.mktemp("shared"))
    made.write("token", "0123456789abcdef", 0o600)
    made.write("more/none.toml", "")
    return made
