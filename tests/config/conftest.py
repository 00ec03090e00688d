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
    def fallback(self, question):
        return None
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

    def write(self, name: str, text: str) -> Path:
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
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
    """One folder for all examples of a property."""
    return Folder(tmp_path_factory.mktemp("shared"))
