"""How a query ends when no address is drawn: a closed set, matched exhaustively.

Negative endings carry the zone's SOA record, its TTL already lowered to the negative TTL (RFC 2308 section 5).
"""

from dataclasses import dataclass

from gtm.dns.name import Name
from gtm.dns.record import Record


@dataclass(frozen=True, slots=True)
class Records:
    """Positive answer. ``target`` is set when the last record is an alias whose target is still to be asked.

    ``additional`` may be left out of a reply that would not fit. ``wildcard`` is the name that the answer was made
    from, where that is not the one that was asked (a wildcard, RFC 4592, or a DNAME's owner): all answers of one wildcard count as one when rates are limited.
    """

    answer: tuple[Record, ...]
    target: Name | None = None
    additional: tuple[Record, ...] = ()
    wildcard: Name | None = None


@dataclass(frozen=True, slots=True)
class NoData:
    """The name exists, the type does not (NOERROR, empty answer). ``remark`` tells whoever asked why (RFC 8914), if it is not that."""

    soa: Record | None = None
    remark: str = ""


@dataclass(frozen=True, slots=True)
class NoName:
    """The name does not exist (NXDOMAIN)."""

    soa: Record | None = None


@dataclass(frozen=True, slots=True)
class Referral:
    """The name lies below a zone cut: NS records, and the addresses of servers within the cut (RFC 9471: these must fit)."""

    authority: tuple[Record, ...]
    glue: tuple[Record, ...] = ()
    additional: tuple[Record, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """Not ours to answer (REFUSED)."""


@dataclass(frozen=True, slots=True)
class TooLong:
    """A DNAME made a name of more than 255 octets (RFC 6672 section 2.2): YXDOMAIN, with the records that led there."""

    answer: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class Alias:
    """The addresses of ``target``, under the name that was asked and without a CNAME (what others call ALIAS or ANAME).

    For questions of type A and AAAA only. A target in a zone of ours is walked like any question; of another one the
    addresses are those that the server found out in the background. ``ttl`` in seconds is the most that the answer lives.
    ``wildcard`` is as in ``Records``.
    """

    target: Name
    ttl: int
    wildcard: Name | None = None


Ending = Records | NoData | NoName | Referral | Refused | TooLong | Alias
