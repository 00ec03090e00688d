"""What is steered: access domains, pools, addresses, and the membership that ties one to the next (R-14, R-50).

Position, weight and lines belong to the membership, not to the pool or address: one pool may serve many domains.
An access domain and a pool are both *groups*; both levels of scheduling ask the same question of them.
"""

from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from ipaddress import ip_address
from typing import Literal

from gtm.dns import codes, name
from gtm.dns.name import Name

MAX_WEIGHT = 65535


class Kind(Enum):
    """What an address is, and so which record it becomes."""

    IPV4 = "IPv4"
    IPV6 = "IPv6"
    DOMAIN = "domain"

    @property
    def rtype(self) -> int:
        """The record type of an answer (R-15: a domain becomes a CNAME)."""
        return codes.A if self is Kind.IPV4 else codes.AAAA if self is Kind.IPV6 else codes.CNAME


class Mode(Enum):
    """Who decides whether an address is available: its checks, or the operator (R-21 to R-23)."""

    AUTO = "auto"
    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Check:
    """A template applied to an address. ``port`` 0 means the protocol's own, or none (ping)."""

    template: str
    port: int
    target: str
    key: str = field(init=False, repr=False, compare=False)
    """Name under which the health table keeps its verdict."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", f"check:{self.template}:{self.port}@{self.target}")


@lru_cache(maxsize=16384)
def _packed(value: str, kind: Kind) -> bytes:
    return name.parse(value) if kind is Kind.DOMAIN else ip_address(value).packed


@dataclass(frozen=True, slots=True)
class Address:
    """One endpoint. ``key`` tells it from every other; ``healthy_when`` is the percentage of checks that must be good, 0 for any."""

    key: str
    value: str
    kind: Kind
    name: str = ""
    enabled: bool = True
    mode: Mode = Mode.AUTO
    healthy_when: int = 0
    checks: tuple[Check, ...] = ()

    @property
    def rdata(self) -> bytes:
        """The record's data in wire form."""
        return _packed(self.value, self.kind)


@dataclass(frozen=True, slots=True)
class Pool:
    """A group of addresses of one kind. One that the Corefile gives IPv4 and IPv6 addresses is two, ``NAME/IPv4`` and ``NAME/IPv6``.

    ``healthy_when`` is the percentage of addresses that must be available, 0 for any (R-30); ``count_disabled`` says
    whether those count that are disabled or drained (R-31). ``keep_at_least`` is how many members must stay when an operator
    takes some out.
    """

    name: str
    kind: Kind
    members: tuple["Member", ...] = ()
    policy: str = "round_robin"
    preemptive: bool = True
    enabled: bool = True
    healthy_when: int = 0
    count_disabled: bool = True
    keep_at_least: int = 1
    key: str = field(init=False, repr=False)
    """Name of the group in facts, state and messages."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", f"pool:{self.name}")

    @property
    def title(self) -> str:
        """Its name in the Corefile."""
        return self.name.partition("/")[0]

    @property
    def spellings(self) -> tuple[str, ...]:
        """How people may call it, its key among them: by its name, and by name and kind."""
        return f"pool:{self.title}", f"pool:{self.title}/{self.kind.value}"


@dataclass(frozen=True, slots=True)
class Domain:
    """An access domain: one name and type, steered to pools. ``ttl`` in seconds (R-10).

    ``when_all_down`` says what is answered when nobody may serve: ``all``, ``last``, ``none``, ``zone``, or these
    addresses. ``keep_at_least`` is how many members must stay when an operator takes some out.
    """

    name: Name
    qtype: int
    members: tuple["Member", ...] = ()
    ttl: int = 30
    policy: str = "round_robin"
    preemptive: bool = True
    enabled: bool = True
    when_all_down: str | tuple[str, ...] = "all"
    keep_at_least: int = 1
    key: str = field(init=False, repr=False)
    """Name of the group in facts, state and messages."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", f"domain:{name.show(self.name)}/{codes.type_text(self.qtype)}")

    @property
    def schedules(self) -> bool:
        """Tell whether there is anything to schedule: enabled, with an address in some pool (R-3, R-9)."""
        return self.enabled and any(isinstance(m.item, Pool) and m.item.members for m in self.members)


Group = Domain | Pool


@dataclass(frozen=True, slots=True)
class Member:
    """A pool in an access domain, or an address in a pool. ``position`` counts from 1 (R-53); weight 0 is never drawn while others have more."""

    item: Pool | Address
    position: int
    weight: int = 1
    lines: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.weight <= MAX_WEIGHT:
            raise ValueError(f"weight {self.weight} is not within 0 to {MAX_WEIGHT}")

    @property
    def key(self) -> str:
        """Name of the member in facts, state and messages."""
        return self.item.key

    @property
    def enabled(self) -> bool:
        """A disabled member never takes part, not even in the rescue (R-83)."""
        return self.item.enabled


Give = Literal["all", "one"]
