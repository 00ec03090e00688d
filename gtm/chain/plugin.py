"""What a plugin is: a class with a name, declared options, and methods marked ``@hookimpl``."""

from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import ClassVar, NamedTuple, TypeVar

import msgspec

from gtm.dns.name import ROOT, Name

T = TypeVar("T")
Networks = tuple[IPv4Network | IPv6Network, ...]


class PluginFault(ValueError):
    """A plugin can't do what its options ask; the message says what is wrong and what would be right.

    ``line`` and ``file`` point into a file that the plugin read, where that is the place.
    """

    def __init__(self, message: str, file: Path | None = None, line: int | None = None) -> None:
        """Say what is wrong, and where if it is not the option itself."""
        super().__init__(message)
        self.file = file
        self.line = line


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of a plugin's options: each field is a key of its table in the chain, checked for its type."""


AnyOptions = Options


@dataclass(frozen=True)
class Setup:
    """What a plugin is told when a chain is built.

    ``folder`` is what relative paths are relative to; ``lines`` are the operator's own networks; ``steered`` the names of
    access domains in this zone, and those that plugins before this one answer (``Plugin.owners``); ``commands`` is the only
    folder whose executables may be run; ``warn`` tells the operator of a doubt. ``once`` builds a thing that several chains
    share, and keeps it in ``shared``; ``lacking`` are data files that the configuration which runs does without, None at a
    start.
    """

    zone: Name = ROOT
    folder: Path = Path()
    lines: Mapping[str, Networks] = field(default_factory=dict)
    steered: frozenset[Name] = frozenset()
    commands: Path | None = None
    warn: Callable[[str], None] = lambda _: None
    shared: dict[Hashable, object] = field(default_factory=dict)
    lacking: frozenset[Path] | None = None

    def once(self, key: Hashable, build: Callable[[], T]) -> T:
        """Build a thing the first time that any chain of this configuration asks for it."""
        if key not in self.shared:
            self.shared[key] = build()
        return self.shared[key]  # type: ignore[return-value]

    def missing(self, file: Path, words: str) -> None:
        """Hear of a file that is not there, and without which the plugin can begin: the operator is warned.

        PluginFault where a configuration runs that was not without it: that one goes on, and nothing that is known is lost.
        """
        if self.lacking is not None and file not in self.lacking:
            raise PluginFault(words, file)
        self.warn(words)


class Foreign(NamedTuple):
    """A name whose addresses a plugin reads by ``facts.resolved``, and the type, A or AAAA.

    ``resolver`` is the IP address of the resolver to ask, with a port where it is not 53; empty: those of the system.
    """

    target: Name
    qtype: int
    resolver: str = ""


class Plugin:
    """Base of every plugin. One object is made for each place in a chain, and may do I/O then, but never later."""

    name: ClassVar[str]
    """Name in the Corefile."""
    Options: ClassVar[type[Options]] = Options
    """Keys that its table may have."""
    policies: ClassVar[tuple[str, ...]] = ()
    """Values of ``policy`` that its ``rank`` answers to."""
    port: ClassVar[int | None] = None
    """The port that it probes where none is said; 0 where it can do without one, None where one must be said."""
    has_port: ClassVar[bool] = True
    """Whether a port has a meaning for what it probes."""
    at_once: ClassVar[int] = 100
    """How many of its probes may be under way at a time."""
    short: ClassVar[str] = ""
    """The option that is meant where a text stands for its table, as in ``webhook = "http://…"``."""

    def __init__(self, options: AnyOptions, setup: Setup) -> None:
        """Take the options as decoded; PluginFault when they can't be met."""

    def lines(self) -> Collection[str]:
        """Codes of the lines that its ``classify`` can tell, for checking the configuration."""
        return ()

    def label(self) -> str:
        """Say in a few words, free of secrets, what it is to do: for logs, status and the alert log."""
        return self.name

    def files(self) -> Collection[Path]:
        """Files that it was built from; when one is replaced, the configuration is loaded anew."""
        return ()

    def data(self) -> Mapping[Path, float | None]:
        """Those of its files that grow old: when each was built, in seconds since 1970; None for one that is missing."""
        return {}

    def owners(self) -> Collection[Name]:
        """Names that it answers some type of: they exist, whatever the plugins behind it know of them."""
        return ()

    def resolves(self) -> Collection[Foreign]:
        """Names that the server is to look up in the background, again and again; those in its own zones it leaves out."""
        return ()
