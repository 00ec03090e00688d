"""What a load gives: a frozen tree in which nothing is left to check."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from gtm.chain.chain import Service
from gtm.config.fault import Fault
from gtm.dns.name import Name
from gtm.model.member import Address, Pool
from gtm.model.question import Question

Socket = tuple[str, int]
"""An IP address and a port."""


@dataclass(frozen=True, slots=True)
class Server:
    """``[server]``. Paths are relative to the folder that the process works in; ``admin`` is None where it is switched off."""

    listen: tuple[Socket, ...]
    plugin_dir: Path | None
    admin: Socket | None
    workers: int
    state: Path | None
    start: Literal["probe", "last", "up"]
    watch: bool
    include: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Expect:
    """``[[expect]]``: what a client must be answered. Either ``client`` (an address or network) or ``line`` is set.

    ``down`` names what is to fail: ``pool:NAME``, ``template:NAME``, or ``address:`` and the rest of an address's key.
    ``where`` is the file and line that it stands at.
    """

    question: Question
    client: str | None
    line: str | None
    down: tuple[str, ...]
    answer: tuple[str, ...]
    where: tuple[Path, int]


class Origin(NamedTuple):
    """A plugin of a chain, where it came from (``gtm-dns 0.1.0 (gtm_plugins.geo)`` or a file), and the hooks it has."""

    plugin: str
    origin: str
    hooks: tuple[str, ...]


@dataclass(frozen=True)
class Loaded:
    """A configuration that can be served.

    ``pools`` are by name, ``addresses`` by key, ``origins`` by zone in the order of the chain. ``files`` are absolute
    paths of all that it was made from: when one changes, a load may give something else.
    """

    server: Server
    service: Service
    expects: tuple[Expect, ...]
    pools: Mapping[str, Pool]
    addresses: Mapping[str, Address]
    warnings: tuple[Fault, ...]
    files: frozenset[Path]
    origins: Mapping[Name, tuple[Origin, ...]]
