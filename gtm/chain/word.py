"""Values that pass between the server and its plugins, besides those of the model.

What every walk makes anew is a struct of msgspec: to make one costs a tenth of what a frozen dataclass does.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import msgspec

from gtm.dns.name import Name
from gtm.dns.record import Record
from gtm.model.member import Address, Domain, Give, Kind, Member
from gtm.model.question import Question


class Leaf(msgspec.Struct, frozen=True):
    """One address that may be answered. ``then`` follows the CNAME that a domain address becomes, within our zones."""

    member: Member
    then: "Outcome | None" = None

    @property
    def is_alias(self) -> bool:
        """Tell whether this becomes a CNAME, of which an answer holds exactly one (R-15)."""
        return isinstance(self.member.item, Address) and self.member.item.kind is Kind.DOMAIN


class Option(msgspec.Struct, frozen=True):
    """A way to go: a weight, and where it leads."""

    member: Member
    weight: int
    leads: "Pick | Leaf"


class Pick(msgspec.Struct, frozen=True):
    """What a group comes down to: the admitted members of the tier that was taken. The plan draws among them."""

    group: str
    give: Give
    at_random: bool
    options: tuple[Option, ...]

    @property
    def is_alias(self) -> bool:
        """Tell whether some draw comes down to a CNAME."""
        return any(option.leads.is_alias for option in self.options)


class Choice(msgspec.Struct, frozen=True):
    """What was chosen for an access domain, as ``expire`` sees it. ``complete``: nobody who is enabled was refused on the way."""

    domain: Domain
    pick: Pick
    rescued: bool = False
    complete: bool = True


class Steered(msgspec.Struct, frozen=True):
    """Addresses to draw, and how long they live: TTL in seconds, and who set it."""

    choice: Choice
    ttl: int
    ttl_from: str


class Host(msgspec.Struct, frozen=True):
    """A host that a record names, whose addresses are drawn for this client: the question that asks for them, and its end."""

    question: Question
    end: Steered


class Static(msgspec.Struct, frozen=True):
    """Records that do not depend on a draw, by section. ``optional`` of the additional ones may be left out.

    ``ede`` is the reason to be told to whoever asked: an extended error's number and text (RFC 8914). ``hosts`` are
    drawn into the hints of SVCB and HTTPS records, and go along as further optional records.
    """

    rcode: int = 0
    authoritative: bool = True
    authority: tuple[Record, ...] = ()
    additional: tuple[Record, ...] = ()
    optional: tuple[Record, ...] = ()
    ede: tuple[int, str] | None = None
    hosts: tuple[Host, ...] = ()


class Outcome(msgspec.Struct, frozen=True):
    """How a walk ended: aliases that were followed, then addresses to draw or a static end.

    ``wildcard`` is the first wildcard that something of it was made from.
    """

    question: Question
    answer: tuple[Record, ...]
    end: Steered | Static
    wildcard: Name | None = None


Lookup = Callable[[str], Awaitable[str]]
"""Turns a host name into an IP address that may be probed; OSError with a reason in words when there is none."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a probe is to try, and the seconds it may take.

    ``address`` is the IP address to connect to, looked up and allowed already; ``name`` is the target as the Corefile has
    it, an address or a host name. ``port`` is 0 where the protocol has none. ``lookup`` is for further hosts, such as
    those of redirects: nothing else may turn a name into an address.
    """

    address: str
    port: int
    name: str
    timeout: float
    lookup: Lookup


@dataclass(frozen=True, slots=True)
class Observation:
    """What a probe saw: well or not, why in words that a person can act on, and how many seconds it took.

    ``is_well`` of None: nothing was seen, by a fault of this machine, which says nothing about the target.

    ``parts`` are the seconds of its steps, such as connect, TLS, first byte. ``warning`` is a doubt about a target that is
    well, such as a certificate near its end.
    """

    is_well: bool | None
    reason: str
    seconds: float
    parts: tuple[tuple[str, float], ...] = ()
    warning: str = ""


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that somebody wants to be told of.

    ``event`` is such as ``address_down``; ``subject`` the key of what it is about, such as ``pool:hk``; ``moment`` is in
    seconds since 1970. ``key`` is the same whenever the same alert is sent again. ``flaps`` counts the changes that were
    kept back since the last alert on this subject. ``pools`` and ``domains`` are the keys of those that it concerns.
    ``name`` is what the Corefile calls an address, where it does.
    """

    event: str
    subject: str
    reason: str
    moment: float
    key: str = ""
    flaps: int = 0
    pools: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    name: str = ""

    @property
    def headline(self) -> str:
        """What happened to what, for people, such as ``address:hk/192.0.2.1 (hk-1) is down``."""
        about = f"{self.subject} ({self.name})" if self.name else self.subject
        kind, _, word = self.event.rpartition("_")
        if kind in ("address", "pool", "domain"):
            return f"{about} is {word}"
        what = self.event.replace("_", " ")
        return what if what.startswith(self.subject) else f"{about}: {what}"  # the server itself is no news

    @property
    def sentence(self) -> str:
        """The headline, and why if that is known."""
        return f"{self.headline}: {self.reason}" if self.reason else self.headline


@dataclass(frozen=True, slots=True)
class Answered:
    """One answered query: when (seconds since 1970), who asked what, and how it was answered.

    ``client`` is the network whose place counted, the client subnet where the query had one; ``hit`` tells whether a plan
    stood ready; ``reason`` says in short how the plan came to be, such as ``pool:hk address:hk-1``.
    """

    moment: float
    peer: str
    client: str
    transport: str
    question: Question
    rcode: int
    hit: bool
    octets: int
    reason: str
