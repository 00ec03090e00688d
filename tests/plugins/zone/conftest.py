from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from gtm import Client, Ending, Facts, Question, Setup, name
from gtm.chain.facts import Clients
from gtm_plugins.zone import ZoneOptions, ZonePlugin

APEX = "@ 300 SOA ns hostmaster 1 7200 900 1209600 60\n@ NS ns\nns A 192.0.2.53\n"


class NoWorld:
    def value(self, key: tuple[str, str]) -> None:
        raise LookupError(key)


@dataclass
class Zone:
    plugin: ZonePlugin
    warnings: list[str]
    facts: Facts

    def ask(self, owner: str, mnemonic: str = "A") -> Ending | None:
        return self.plugin.fallback(Question.of(owner, mnemonic), self.facts)


Load = Callable[..., Zone]


@pytest.fixture
def load() -> Load:
    """Load records below a plain apex into ``example.com``; ``whole`` leaves the apex to the caller."""

    def build(text: str = "", *, whole: bool = False, zone: str = "example.com", steered: tuple[str, ...] = ()) -> Zone:
        warnings: list[str] = []
        setup = Setup(
            zone=name.parse(zone), warn=warnings.append, steered=frozenset(name.parse(owner) for owner in steered)
        )
        options = ZoneOptions(records=text if whole else APEX + text)
        facts = Facts(Client.of("192.0.2.1"), NoWorld(), Clients(), 0.0)
        return Zone(ZonePlugin(options, setup), warnings, facts)

    return build


@pytest.fixture
def load_file(tmp_path: Path) -> Load:
    """Write ``main.zone`` below ``tmp_path/zones`` and load it; faults and warnings name it."""

    def build(text: str | bytes, *, include: bool = False) -> Zone:
        folder = tmp_path / "zones"
        folder.mkdir(exist_ok=True)
        (folder / "main.zone").write_bytes(text if isinstance(text, bytes) else text.encode())
        warnings: list[str] = []
        setup = Setup(zone=name.parse("example.com"), folder=tmp_path, warn=warnings.append)
        facts = Facts(Client.of("192.0.2.1"), NoWorld(), Clients(), 0.0)
        return Zone(ZonePlugin(ZoneOptions(file="zones/main.zone", include=include), setup), warnings, facts)

    return build
