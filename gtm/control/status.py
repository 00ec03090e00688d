"""What the server believes, as ``/status`` tells it. Field names are a contract: ``/status/schema`` describes them.

Moments are RFC 3339 in UTC. A share is the fraction of the queries of a client of whom nothing is known in whose answer a
member comes first; it is null where nothing is steered. No secret has a place here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from typing import Any, Literal, Protocol

import msgspec

from gtm.config.loaded import Loaded
from gtm.health.override import Override
from gtm.health.resolving import Finding
from gtm.health.standing import Standing
from gtm.health.table import State, Table
from gtm.model.health import Health, Verdict
from gtm.model.member import Mode


class Struct(msgspec.Struct, frozen=True, kw_only=True):
    """Base of every table of the status."""


class OverrideStatus(Struct, frozen=True):
    """An operator's word: on what, what, why, whose, since when and until when; ``where`` is the file it stands in, if any.

    ``is_configured`` is false for one that waits for a member to come back into the configuration.
    """

    on: str
    word: Literal["drain", "up", "down"]
    reason: str
    by: str
    since: datetime | None
    until: datetime | None
    where: str = ""
    is_configured: bool = True


class CheckStatus(Struct, frozen=True):
    """A check: its verdict (null: no data yet) and since when, then the last probe: when, how many seconds, and its reason.

    ``steps`` are the seconds of its steps, such as connect, TLS, first byte. ``unseen`` says what on this machine kept the
    probes since then from seeing anything, "" where nothing did.
    ``against`` counts the rounds in a row that speak against the verdict; ``stale``: the next round should have come
    long ago; ``late``: seconds that its turn is overdue, when it has missed three or more.
    """

    key: str
    template: str
    port: int
    target: str
    verdict: Verdict | None
    since: datetime | None
    reason: str
    last: datetime | None
    seconds: float | None
    against: int
    stale: bool
    late: float | None
    warning: str
    steps: dict[str, float] = {}
    unseen: str = ""


class MemberStatus(Struct, frozen=True):
    """What access domains, pools and addresses have in common. ``since`` is when health or availability last changed."""

    key: str
    name: str
    enabled: bool
    health: Health
    available: bool
    since: datetime | None
    reason: str
    override: OverrideStatus | None


class AddressStatus(MemberStatus, frozen=True):
    """An address as a member of a pool. ``mode`` is that of the configuration, before any override."""

    share: float | None
    value: str
    mode: Mode
    weight: int
    lines: tuple[str, ...]
    checks: tuple[CheckStatus, ...]


class PoolStatus(MemberStatus, frozen=True):
    """A pool as a member of an access domain. ``held`` is the key of the address that it holds on to (R-57), if it does."""

    share: float | None
    policy: str
    weight: int
    lines: tuple[str, ...]
    held: str | None
    addresses: tuple[AddressStatus, ...]


class DomainStatus(MemberStatus, frozen=True):
    """An access domain. ``rescued``: nobody may serve, and the last resort answers. ``held`` is as of a pool."""

    type: str
    ttl: int
    policy: str
    held: str | None
    rescued: bool
    pools: tuple[PoolStatus, ...]


class Problem(Struct, frozen=True):
    """Something that is not as it should be. ``key`` is that of a member or a check, or ``server``."""

    key: str
    reason: str
    since: datetime | None


class Refusal(Struct, frozen=True):
    """A newer configuration that was refused, and every fault in it; the one before it goes on."""

    moment: datetime | None
    faults: tuple[str, ...]


class ServerStatus(Struct, frozen=True):
    """The server. ``not_ready`` says why it gives no answers yet, null when it does; ``workers`` is how many are answering."""

    version: str
    started: datetime | None
    not_ready: str | None
    corefile: str
    loaded: datetime | None
    refused: Refusal | None
    workers: int
    workers_wanted: int
    restarts: int


class NameStatus(Struct, frozen=True):
    """A name outside our zones that some alias leads to. ``addresses`` of null: nothing is known of it, and the alias is not answered.

    They are so ``since``, and were last borne out at ``last``; an empty list: the name or its type does not exist.
    ``failing`` is since when lookups do not bear them out, for this ``reason``; ``next`` is when it is looked up again.
    """

    key: str
    resolver: str
    addresses: tuple[str, ...] | None
    ttl: int
    since: datetime | None
    last: datetime | None
    failing: datetime | None
    reason: str
    next: datetime | None


class Status(Struct, frozen=True):
    """Everything. ``total`` access domains fit what was asked; ``next`` is where the next page starts, null on the last.

    ``pools`` are those that fit and that no access domain names. ``problems`` are those of the whole server, whatever was
    asked, ``problems_in_all`` of them. ``names`` are those outside our zones that fit.
    """

    moment: datetime | None
    server: ServerStatus
    total: int
    next: int | None
    domains: tuple[DomainStatus, ...]
    pools: tuple[PoolStatus, ...]
    overrides: tuple[OverrideStatus, ...]
    problems: tuple[Problem, ...]
    problems_in_all: int
    names: tuple[NameStatus, ...] = ()


@dataclass(frozen=True, slots=True)
class About:
    """The server as its control process knows it; moments are seconds since 1970.

    ``refused`` is when a newer configuration was refused, and its faults; ``braked`` since when no death is believed, and
    why; ``unkept`` what keeps the state from being written, ``unheeded`` what is wrong with the file of overrides, ``""`` where
    nothing is.
    """

    corefile: str
    started: float
    loaded: float
    not_ready: str | None = None
    refused: tuple[float, tuple[str, ...]] | None = None
    workers: int = 0
    restarts: int = 0
    braked: tuple[float, str] | None = None
    unkept: str = ""
    unheeded: str = ""


class Found(Protocol):
    """Standings by key."""

    def get(self, key: str, /) -> Standing | None:
        """Look one up."""
        ...


@dataclass(frozen=True, slots=True)
class View:
    """What a status is made from. Nothing in it changes under the hand of who reads it, so that any thread may.

    ``since`` is when a member's standing last changed, by its key; ``late`` the seconds that a check's turn is overdue;
    ``findings`` what is known of names outside our zones; ``unseen`` why nothing can be seen of a check just now.
    """

    about: About
    loaded: Loaded
    table: Table
    state: State
    standings: Found
    since: Mapping[str, float] = field(default_factory=dict)
    overrides: tuple[Override, ...] = ()
    late: Mapping[str, float] = field(default_factory=dict)
    findings: Mapping[str, Finding] = field(default_factory=dict)
    unseen: Mapping[str, str] = field(default_factory=dict)


def at(moment: float | None) -> datetime | None:
    """Show a moment (seconds since 1970) to the millisecond; None where there is none."""
    return datetime.fromtimestamp(round(moment, 3), UTC) if moment else None


def served(about: About, wanted: int) -> ServerStatus:
    """Tell of the server itself; ``wanted`` is how many workers there should be."""
    refused = about.refused
    return ServerStatus(
        version=version("gtm-dns"),
        started=at(about.started),
        not_ready=about.not_ready,
        corefile=about.corefile,
        loaded=at(about.loaded),
        refused=Refusal(moment=at(refused[0]), faults=refused[1]) if refused else None,
        workers=about.workers,
        workers_wanted=wanted,
        restarts=about.restarts,
    )


@cache
def schema() -> dict[str, Any]:
    """Describe ``/status`` as a JSON schema."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **msgspec.json.schema(Status)}
