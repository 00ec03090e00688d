"""The tables of a Corefile. Each refuses keys that it does not have; what refers to other tables is checked later.

A ``None`` within an array stands for an element in which a fault was found, so that the others keep their positions; a
required text that is empty, for one that was missing or faulty.
"""

from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, field

from gtm.dns.record import MAX_TTL
from gtm.model.member import MAX_WEIGHT

ROUND_ROBIN: Final = "round_robin"
SEQUENCE: Final = "sequence"
NEAREST: Final = "nearest"
"""Policies of which the Corefile's own laws speak (R-13, R-54, R-65); who serves them is the chain's affair."""

Text = Annotated[str, Meta(min_length=1)]
Port = Annotated[int, Meta(ge=1, le=65535)]
Weight = Annotated[int, Meta(ge=0, le=MAX_WEIGHT)]
Ttl = Annotated[int, Meta(ge=0, le=MAX_TTL)]
Percent = Annotated[int, Meta(ge=1, le=100)]
Rounds = Annotated[int, Meta(ge=1, le=100)]
Seconds = Annotated[float, Meta(gt=0, le=86400)]
Mode = Literal["auto", "up", "down"]
Event = Literal["address_down", "address_up", "pool_down", "pool_up"]


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of every table."""


class ServerTable(Table, frozen=True):
    """``[server]``, in the Corefile itself only. ``listen`` and ``admin`` are ``address:port``; ``workers`` is 0 to 256."""

    listen: tuple[str, ...] = ("127.0.0.1:5300",)
    plugin_dir: str | None = None
    admin: str | None = None
    workers: Annotated[int, Meta(ge=0, le=256)] = 1
    state: str | None = None
    start: Literal["probe", "last", "up"] | None = None
    watch: bool = True
    include: tuple[str, ...] = ()


class ZoneTable(Table, frozen=True):
    """``[[zone]]``: a zone and its chain. An entry is a plugin's name, or a table of ``use`` and the plugin's options."""

    name: Text
    chain: tuple[str | dict[str, Any] | None, ...] = ()


class TemplateTable(Table, frozen=True):
    """``[templates.NAME]``: how to probe. ``interval``, ``timeout`` and ``confirm`` are seconds, up to a day; ``port`` is 1 to 65535.

    ``fall`` and ``rise`` are rounds, 1 to 100; ``failure_rate`` is the percentage of probing places that must fail
    (R-97); ``loss`` the percentage of ``packets``, each 1 to 100. ``code`` is the first status that fails, or, where
    ``strict``, the last that passes (AMB-4).
    """

    protocol: Text
    port: Port | None = None
    path: str = "/"
    host: str | None = None
    interval: Seconds = 60
    timeout: Seconds = 5
    fall: Rounds = 2
    rise: Rounds = 1
    confirm: Seconds | None = None
    failure_rate: Percent = 50
    code: Annotated[int, Meta(ge=100, le=599)] = 500
    strict: bool = False
    follow_redirects: bool = True
    sni: bool = True
    packets: Annotated[int, Meta(ge=1, le=100)] = 5
    loss: Percent = 80


class AddressTable(Table, frozen=True):
    """An address within a pool: ``value``, or ``address``, the name of an ``[addresses]`` entry. ``weight`` is 0 to 65535.

    With ``address`` only ``weight`` and ``lines`` may stand here: the rest belongs to the entry that it names.
    """

    value: str | None = None
    address: str | None = None
    name: str | None = None
    weight: Weight = 1
    lines: tuple[str, ...] = ()
    checks: tuple[str, ...] | None = None
    mode: Mode | None = None
    enabled: bool | None = None
    healthy_when: str | None = None
    probe: str | None = None


class PoolTable(Table, frozen=True):
    """``[pools.NAME]``: addresses in the order of their sequence numbers. ``healthy_when`` is any, all or a percentage of them."""

    policy: str = ROUND_ROBIN
    preemptive: bool | None = None
    enabled: bool = True
    healthy_when: str = "any"
    checks: tuple[str, ...] = ()
    addresses: tuple[str | AddressTable | None, ...] = ()


class SharedTable(Table, frozen=True):
    """``[addresses.NAME]``: an address that several pools may name. ``probe`` is what to probe instead of ``value``."""

    value: Text
    name: str | None = None
    checks: tuple[str, ...] | None = None
    mode: Mode | None = None
    enabled: bool | None = None
    healthy_when: str | None = None
    probe: str | None = None


class Membership(Table, frozen=True):
    """A pool within an access domain: its weight, 0 to 65535, and its lines."""

    pool: Text
    weight: Weight = 1
    lines: tuple[str, ...] = ()


class DomainTable(Table, frozen=True):
    """``[[domain]]``: an access domain. ``ttl`` is seconds, 0 to 2147483647; pools stand in the order of their sequence numbers.

    ``without_default`` says that clients on none of the pools' lines are meant to get no answer (R-65).
    """

    name: Text
    type: Literal["A", "AAAA", "CNAME"]
    ttl: Ttl = 30
    policy: str = ROUND_ROBIN
    preemptive: bool | None = None
    pools: tuple[str | Membership | None, ...] = ()
    enabled: bool = True
    without_default: bool = False


class LineTable(Table, frozen=True):
    """``[lines.NAME]``: a line of the operator's own, as networks such as ``203.0.113.0/24``."""

    networks: tuple[str, ...]


class AlertTable(Table, frozen=True):
    """``[[alert]]``: who is told of what."""

    events: tuple[Event, ...]
    webhook: Text


class ExpectTable(Table, frozen=True):
    """``[[expect]]``: what a client must be answered. ``from`` is an address or network; ``down`` names what is to fail."""

    ask: Text
    answer: tuple[str, ...]
    client: str | None = field(default=None, name="from")
    line: str | None = None
    down: tuple[str, ...] = ()


class Corefile(Table, frozen=True):
    """All tables that there are, by the key that they stand under."""

    server: ServerTable = ServerTable()
    zone: tuple[ZoneTable, ...] = ()
    templates: dict[str, TemplateTable] = {}
    pools: dict[str, PoolTable] = {}
    addresses: dict[str, SharedTable] = {}
    domain: tuple[DomainTable, ...] = ()
    lines: dict[str, LineTable] = {}
    alert: tuple[AlertTable, ...] = ()
    expect: tuple[ExpectTable, ...] = ()
