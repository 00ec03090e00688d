"""Where a client is.

A ``Known`` value carries the prefix length that it rests on: every address within that many leading bits of the
client's has the same value. That number is what the ECS scope (RFC 7871) is made of, so it must never be too small.
A miss is a value too: what is *not* found rests on a prefix as well.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Generic, Protocol, TypeVar

DEFAULT_LINE = "default"

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Client:
    """Whom an answer is for: the first address of its network, and how many leading bits are known.

    ``line`` is set in simulations only: the client is taken to be on that line, whatever its address.
    """

    address: IPv4Address | IPv6Address
    prefix: int
    line: str | None = None
    key: bytes = field(init=False, repr=False, compare=False)
    """The same as octets, for dictionaries."""

    def __post_init__(self) -> None:
        if not 0 <= self.prefix <= self.address.max_prefixlen:
            raise ValueError(f"prefix length {self.prefix} is not within 0 to {self.address.max_prefixlen}")
        object.__setattr__(
            self, "key", bytes((self.prefix, self.address.version)) + self.address.packed + (self.line or "").encode()
        )

    @classmethod
    def of(cls, text: str) -> "Client":
        """Read ``192.0.2.1`` or ``192.0.2.0/24``; ValueError when it is neither. An address mapped into IPv6 counts as IPv4."""
        if "/" in text:
            network = ip_network(text, strict=False)
            return cls(network.network_address, network.prefixlen)
        address = ip_address(text.partition("%")[0])
        if isinstance(address, IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        return cls(address, address.max_prefixlen)


@dataclass(frozen=True, slots=True)
class Known(Generic[T_co]):
    """A value and the number of leading address bits that it rests on."""

    value: T_co
    prefix: int = 0


class Lines(Protocol):
    """The lines that a client is on. Whoever classifies by lines supplies one."""

    def best(self, among: Collection[str]) -> Known[str | None]:
        """Give the client's most specific line of those named (R-61), or None when it is on none of them.

        The prefix covers every line that had to be looked at, hit or miss. ``default`` is never given: a client is on it
        by being on no other.
        """
        ...


@dataclass(frozen=True, slots=True)
class NoLines:
    """Nobody classified by lines."""

    def best(self, among: Collection[str]) -> Known[str | None]:  # noqa: ARG002  the protocol's name
        """Find nothing, for any client alike."""
        return Known(None)


NOTHING: Known[None] = Known(None)


@dataclass(frozen=True, slots=True)
class Place:
    """What is known of where a client is. Every ``classify`` hook may fill in what the ones before it left open.

    ``country`` is ISO 3166-1 alpha-2 (``DE``), ``subdivision`` ISO 3166-2 (``CN-BJ``), ``continent`` the two letters of
    GeoNames (``EU``), ``asn`` the number of the origin AS and ``organization`` its holder.
    """

    continent: Known[str | None] = NOTHING
    country: Known[str | None] = NOTHING
    subdivision: Known[str | None] = NOTHING
    city: Known[str | None] = NOTHING
    asn: Known[int | None] = NOTHING
    organization: Known[str | None] = NOTHING
    lines: Lines = NoLines()
