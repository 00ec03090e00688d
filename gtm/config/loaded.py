"""What a load gives: a frozen tree in which nothing is left to check."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

from gtm.chain.chain import Service
from gtm.chain.plugin import Networks
from gtm.chain.word import Alert, Observation, Target
from gtm.config.fault import Fault
from gtm.dns.name import Name
from gtm.model.conduct import Conduct
from gtm.model.member import Address, Pool
from gtm.model.question import Question
from gtm.model.template import Template

Socket = tuple[str, int]
"""An IP address and a port."""


@dataclass(frozen=True, slots=True)
class Limits:
    """TCP connections in total and from one client, and its queries in a second.

    Seconds that one may be idle, take over a message, or not read its replies.
    """

    connections: int = 1000
    per_client: int = 100
    rate: int = 10_000
    idle: float = 10.0
    message: float = 2.0
    unread: float = 5.0


@dataclass(frozen=True, slots=True)
class Server:
    """``[server]``. Paths are relative to the folder that the process works in; ``admin`` is None where it is switched off.

    ``admin_token`` is a secret. ``probe_deny`` are the networks in which nothing is probed, ``command_dir`` is the only
    folder whose executables are run, ``overrides`` a file of overrides, ``alert_days`` how long the alert log is kept.
    ``brake`` is the percentage of addresses that may go down at once, 0 for any number.
    ``user`` is who the processes run as, ``proxy`` the networks that speak for others, ``limits`` those of connections.
    """

    listen: tuple[Socket, ...]
    plugin_dir: Path | None
    admin: Socket | None
    workers: int
    state: Path | None
    start: Literal["probe", "last", "up"]
    watch: bool
    include: tuple[str, ...]
    admin_token: str | None = None
    probe_deny: Networks = ()
    command_dir: Path | None = None
    overrides: Path | None = None
    alert_days: int = 90
    brake: int = 0
    user: str | None = None
    conduct: Conduct = field(default_factory=Conduct)
    proxy: Networks = ()
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Probe:
    """How a template's checks are probed: the plugin's function, and how many of its probes may be under way at once.

    ``plugin`` is the plugin's name: all templates of one plugin share the bound.
    """

    template: Template
    plugin: str
    probe: Callable[[Target], Coroutine[Any, Any, Observation]]
    at_once: int


@dataclass(frozen=True, slots=True)
class Sought:
    """A name outside our zones that is looked up in the background, the type, and the resolver to ask; None: the system's."""

    target: Name
    qtype: int
    resolver: Socket | None


@dataclass(frozen=True, slots=True)
class Channel:
    """Somebody to tell: of which events, of every access domain that has no channels of its own, or of one (its key).

    ``key`` stays the same over restarts as long as the Corefile says the same; ``label`` is for people, free of secrets.
    """

    key: str
    label: str
    events: frozenset[str]
    domain: str | None
    notify: Callable[[tuple[Alert, ...]], Coroutine[Any, Any, None]]


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

    ``pools`` and ``probes`` are by name, ``addresses`` by key, ``origins`` by zone in the order of the chain.
    ``alone`` are the keys of access domains that have alert channels of their own, none included (R-112). ``files`` are
    absolute paths of all that it was made from: when one changes, a load may give something else. ``foreign`` are the
    names to look up in the background, by the subject of their fact. ``data`` tells of each plugin's data files, which grow
    old, when they were built, in seconds since 1970; None for one that is missing.
    """

    server: Server
    service: Service
    expects: tuple[Expect, ...]
    pools: Mapping[str, Pool]
    addresses: Mapping[str, Address]
    probes: Mapping[str, Probe]
    channels: tuple[Channel, ...]
    alone: frozenset[str]
    warnings: tuple[Fault, ...]
    files: frozenset[Path]
    origins: Mapping[Name, tuple[Origin, ...]]
    foreign: Mapping[str, Sought] = field(default_factory=dict)
    data: Mapping[tuple[str, Path], float | None] = field(default_factory=dict)

    @property
    def lacking(self) -> frozenset[Path]:
        """The data files that it does without."""
        return frozenset(file for (_, file), built in self.data.items() if built is None)
