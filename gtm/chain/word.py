"""Values that pass between the server and its plugins, besides those of the model."""

from collections.abc import Mapping
from dataclasses import dataclass

from gtm.dns.record import Record
from gtm.model.member import Address, Domain, Give, Kind, Member
from gtm.model.question import Question


@dataclass(frozen=True, slots=True)
class Leaf:
    """One address that may be answered. ``then`` follows the CNAME that a domain address becomes, within our zones."""

    member: Member
    then: "Outcome | None" = None

    @property
    def is_alias(self) -> bool:
        """Tell whether this becomes a CNAME, of which an answer holds exactly one (R-15)."""
        return isinstance(self.member.item, Address) and self.member.item.kind is Kind.DOMAIN


@dataclass(frozen=True, slots=True)
class Option:
    """A way to go: a weight, and where it leads."""

    member: Member
    weight: int
    leads: "Pick | Leaf"


@dataclass(frozen=True, slots=True)
class Pick:
    """What a group comes down to: the admitted members of the tier that was taken. The plan draws among them."""

    group: str
    give: Give
    at_random: bool
    options: tuple[Option, ...]

    @property
    def is_alias(self) -> bool:
        """Tell whether some draw comes down to a CNAME."""
        return any(option.leads.is_alias for option in self.options)


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen for an access domain, as ``expire`` sees it. ``complete``: nobody who is enabled was refused on the way."""

    domain: Domain
    pick: Pick
    rescued: bool = False
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Steered:
    """Addresses to draw, and how long they live: TTL in seconds, and who set it."""

    choice: Choice
    ttl: int
    ttl_from: str


@dataclass(frozen=True, slots=True)
class Static:
    """Records that do not depend on a draw, by section. ``optional`` of the additional ones may be left out."""

    rcode: int = 0
    authoritative: bool = True
    authority: tuple[Record, ...] = ()
    additional: tuple[Record, ...] = ()
    optional: tuple[Record, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a walk ended: aliases that were followed, then addresses to draw or a static end."""

    question: Question
    answer: tuple[Record, ...]
    end: Steered | Static


@dataclass(frozen=True, slots=True)
class Target:
    """What a probe is to try: an address or host name, its port, protocol, options, and the seconds it may take."""

    address: str
    port: int
    protocol: str
    timeout: float
    options: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Observation:
    """What a probe saw: well or not, why, and how many seconds it took."""

    is_well: bool
    reason: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that somebody wants to be told of: the event, its subject, the reason, the moment (seconds since 1970)."""

    event: str
    subject: str
    reason: str
    moment: float


@dataclass(frozen=True, slots=True)
class Answered:
    """One answered query: what was asked, the response code, and whether a plan stood ready."""

    question: Question
    rcode: int
    hit: bool
