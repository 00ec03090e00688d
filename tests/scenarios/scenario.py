"""What a scenario file may say; README.md is the table of keys. Unknown keys are refused."""

import tomllib
from pathlib import Path
from typing import Any

import msgspec

HERE = Path(__file__).parent
Records = tuple[str, ...]


class Changes(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What differs from the Corefile that it is applied to."""

    inter: str | None = None
    intra: str | None = None
    gtm: dict[str, Any] = {}
    others: dict[str, Any] = msgspec.field(default={}, name="with")
    without: tuple[str, ...] = ()
    records: str | None = None


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What happens, who asks, and what comes back."""

    down: tuple[str, ...] = ()
    up: tuple[str, ...] = ()
    restart: bool = False
    reload: Changes | None = None
    ask: str = "gtm.example.com A"
    client: str | None = msgspec.field(default=None, name="from")
    subnet: str | None = None
    line: str | None = None
    answer: Records | None = None
    in_turn: tuple[Records, ...] | None = None
    rotating: Records | None = None
    any_of: tuple[Records, ...] | None = None
    shares: dict[str, float] | None = None
    within: int = 2
    ttl: int | tuple[int, ...] = 30
    rcode: str = "NOERROR"
    scope: int | None = None
    health: dict[str, str] = {}

    def __post_init__(self):
        ways = (self.answer, self.in_turn, self.rotating, self.any_of, self.shares)
        if sum(way is not None for way in ways) != 1:
            raise ValueError("a step says in exactly one way what is answered")


class Scenario(Changes, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One row of the truth table."""

    row: int
    about: str
    rules: tuple[str, ...]
    faults: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()

    def __post_init__(self):
        if bool(self.faults) == bool(self.steps):
            raise ValueError("a scenario has either faults or steps")


class File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file."""

    scenario: tuple[Scenario, ...]


def parse(text):
    return msgspec.convert(tomllib.loads(text), File).scenario


def table(name):
    return tomllib.loads((HERE / name).read_text(encoding="utf-8"))


def scenarios():
    """Read every scenario of this folder."""
    files = [path for path in sorted(HERE.glob("*.toml")) if path.name not in ("fixture.toml", "clients.toml")]
    return [scenario for path in files for scenario in parse(path.read_text(encoding="utf-8"))]
