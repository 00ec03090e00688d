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
Short = Annotated[str, Meta(max_length=100)]
Port = Annotated[int, Meta(ge=1, le=65535)]
Weight = Annotated[int, Meta(ge=0, le=MAX_WEIGHT)]
Ttl = Annotated[int, Meta(ge=0, le=MAX_TTL)]
Percent = Annotated[int, Meta(ge=1, le=100)]
Rounds = Annotated[int, Meta(ge=1, le=100)]
Seconds = Annotated[float, Meta(gt=0, le=86400)]
Pause = Annotated[float, Meta(ge=0, le=86400)]
Mode = Literal["auto", "up", "down"]
Event = Literal[
    "address_down", "address_up", "pool_down", "pool_up", "domain_down", "domain_up",
    "certificate_expires", "probe_late", "configuration_refused", "brake_on", "brake_off", "state_not_kept",
]  # fmt: skip
"""Those of ``gtm.model.event``."""
Least = Annotated[int, Meta(ge=0, le=1000)]


PROBE_DENY: Final = (
    "0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "255.255.255.255", "fe80::/10", "ff00::/8",
    "100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::/32", "fd20:ce::254", "::/128",
)  # fmt: skip
"""No hosts, link-local, multicast, and where clouds tell their guests secrets."""


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of every table."""


class ServerTable(Table, frozen=True):
    """``[server]``, in the Corefile itself only. ``listen`` and ``admin`` are ``address:port``; ``workers`` is 0 to 256.

    ``admin_token_file`` holds the token of the admin door; ``overrides`` is a file of overrides that is watched;
    ``command_dir`` the only folder whose executables are run; ``probe_deny`` are networks in which nothing is probed;
    ``alert_days`` is how long the alert log is kept, 1 to 3650. ``brake`` is a percentage of addresses, 0 to 100. ``user`` is who the processes run as once the sockets
    are open. ``identity`` and ``version`` are told to who asks; ``cookie_secrets`` is a file. ``rate_limit`` is answers
    of a kind a second, 0 to 1000000, ``rate_slip`` 0 to 10, ``rate_exempt`` networks. From the networks in ``proxy``
    only PROXY headers are taken. ``tcp_connections`` and ``tcp_per_client`` are numbers of connections, 1 to 100000,
    ``tcp_rate`` is queries a second of one client, 1 to 1000000.
    """

    listen: tuple[str, ...] = ("127.0.0.1:5300",)
    plugin_dir: str | None = None
    admin: str | None = None
    workers: Annotated[int, Meta(ge=0, le=256)] = 1
    state: str | None = None
    start: Literal["probe", "last", "up"] = "probe"
    watch: bool = True
    include: tuple[str, ...] = ()
    admin_token_file: str | None = None
    overrides: str | None = None
    command_dir: str | None = None
    probe_deny: tuple[str, ...] = PROBE_DENY
    alert_days: Annotated[int, Meta(ge=1, le=3650)] = 90
    brake: Annotated[int, Meta(ge=0, le=100)] = 0
    user: Text | None = None
    identity: Short | None = None
    version: Short | None = None
    cookie_secrets: str | None = None
    rate_limit: Annotated[int, Meta(ge=0, le=1_000_000)] = 25
    rate_slip: Annotated[int, Meta(ge=0, le=10)] = 2
    rate_exempt: tuple[str, ...] = ("127.0.0.0/8", "::1/128")
    proxy: tuple[str, ...] = ()
    tcp_connections: Annotated[int, Meta(ge=1, le=100_000)] = 1000
    tcp_per_client: Annotated[int, Meta(ge=1, le=100_000)] = 100
    tcp_rate: Annotated[int, Meta(ge=1, le=1_000_000)] = 10_000


class ZoneTable(Table, frozen=True):
    """``[[zone]]``: a zone and its chain. An entry is a plugin's name, or a table of ``use`` and the plugin's options."""

    name: Text
    chain: tuple[str | dict[str, Any] | None, ...] = ()


class TemplateTable(Table, frozen=True):
    """``[templates.NAME]``: how to probe. ``interval``, ``timeout``, ``confirm`` and ``hold`` are seconds, up to a day; ``port`` is 1 to 65535.

    ``protocol`` names the plugin that probes, whose options are keys of this table as well. ``fall`` and ``rise`` are
    rounds, 1 to 100; ``failure_rate`` is the percentage of vantage points that must fail (R-97). ``family`` and
    ``resolver`` are for targets that are host names: which addresses of theirs to probe, and whom to ask for them.
    """

    protocol: Text
    port: Port | None = None
    interval: Seconds = 60
    timeout: Seconds = 5
    fall: Rounds = 2
    rise: Rounds = 1
    confirm: Seconds | None = None
    hold: Pause = 0
    failure_rate: Percent = 50
    family: Literal["IPv4", "IPv6"] = "IPv4"
    resolver: str | None = None


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
    """``[pools.NAME]``: addresses in the order of their sequence numbers. ``healthy_when`` is any, all or a percentage of them.

    ``count_disabled``: of those that are disabled or drained as well. ``keep_at_least`` is how many addresses must stay when an operator takes some out, 0 to 1000.
    """

    policy: str = ROUND_ROBIN
    preemptive: bool | None = None
    enabled: bool = True
    healthy_when: str = "any"
    count_disabled: bool = True
    keep_at_least: Least = 1
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
    """``[[domain]]``: an access domain; ``type`` ``["A", "AAAA"]`` is two, each with what of its pools is of its kind. ``ttl`` is seconds, 0 to 2147483647; pools stand in the order of their sequence numbers.

    ``without_default`` says that clients on none of the pools' lines are meant to get no answer (R-65).
    ``when_all_down`` is what is answered when nobody may serve: ``all`` of a pool's addresses, the ``last`` that were
    available, ``none``, the ``zone``'s own records, or these addresses. ``alerts`` replaces the global ``[[alert]]``
    for this domain (R-112); ``keep_at_least`` is how many pools must stay when an operator takes some out.
    """

    name: Text
    type: Literal["A", "AAAA", "CNAME"] | Annotated[tuple[Literal["A", "AAAA"], ...], Meta(min_length=1)]
    ttl: Ttl = 30
    policy: str = ROUND_ROBIN
    preemptive: bool | None = None
    pools: tuple[str | Membership | None, ...] = ()
    enabled: bool = True
    without_default: bool = False
    when_all_down: Literal["all", "last", "none", "zone"] | tuple[str, ...] = "all"
    keep_at_least: Least = 1
    alerts: tuple[dict[str, Any] | None, ...] | None = None


class LineTable(Table, frozen=True):
    """``[lines.NAME]``: a line of the operator's own, as networks such as ``203.0.113.0/24``."""

    networks: tuple[str, ...]


class AlertTable(Table, frozen=True):
    """``[[alert]]``: who is told of what; of everything where ``events`` is left out.

    Every other key is the name of a plugin that tells; its value is a table of that plugin's options, or a text.
    """

    events: tuple[Event, ...] | None = None


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
