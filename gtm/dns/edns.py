"""EDNS(0), RFC 6891, and the client subnet option, RFC 7871: one OPT record to a value, and a value to its reply."""

from dataclasses import dataclass
from struct import Struct
from typing import Final

UDP_CEILING: Final = 1232
"""Largest UDP reply in octets, whatever the client offers (RFC 9715, DNS flag day 2020)."""
UDP_PLAIN: Final = 512
"""Largest UDP reply in octets to a client without EDNS, and the least that an offer can mean (RFC 6891 section 6.2.3)."""

SUBNET: Final = 8
_WIDTH: Final = {1: 32, 2: 128}
_FIXED: Final = Struct("!BHHBBHH")
_PAIR: Final = Struct("!HH")
_DO: Final = 0x8000


class BadOption(ValueError):
    """An OPT record breaks RFC 6891 or RFC 7871; the message says how."""


@dataclass(frozen=True, slots=True)
class Subnet:
    """The client's network as its resolver told it: family 1 (IPv4) or 2 (IPv6), prefix length, address octets."""

    family: int
    source: int
    octets: bytes

    @property
    def address(self) -> bytes:
        """The network's first address in full: 4 or 16 octets."""
        return self.octets.ljust(_WIDTH[self.family] // 8, b"\0")

    def echo(self, scope: int) -> bytes:
        """Build the option for a reply whose answer holds for ``scope`` bits (RFC 7871 section 7.2.1)."""
        body = _PAIR.pack(SUBNET, 4 + len(self.octets))
        return body + bytes((0, self.family, self.source, scope)) + self.octets


@dataclass(frozen=True, slots=True)
class Edns:
    """What a query's OPT record says. ``size`` is the client's UDP limit in octets, at least 512."""

    version: int
    size: int
    dnssec_ok: bool
    subnet: Subnet | None

    def reply(self, rcode: int = 0, scope: int = 0) -> bytes:
        """Build the reply's OPT record: our ceiling, version 0, DO copied, the subnet echoed where one was sent."""
        options = self.subnet.echo(scope) if self.subnet else b""
        flags = _DO if self.dnssec_ok else 0
        return _FIXED.pack(0, 41, UDP_CEILING, rcode >> 4, 0, flags, len(options)) + options


def decode(record: bytes) -> Edns:
    """Read a whole OPT record, root owner included; BadOption when it is malformed."""
    if len(record) < _FIXED.size:
        raise BadOption("the OPT record is cut short")
    _, _, size, _, version, flags, length = _FIXED.unpack_from(record)
    if len(record) != _FIXED.size + length:
        raise BadOption("the OPT record's length is wrong")
    subnet = None
    # RFC 6891 section 6.1.3: what a later version means by its options is not ours to judge
    if version == 0:
        subnet = _subnet(record)
    return Edns(version, max(size, UDP_PLAIN), bool(flags & _DO), subnet)


def _subnet(record: bytes) -> Subnet | None:
    found: Subnet | None = None
    position = _FIXED.size
    while position < len(record):
        if position + 4 > len(record):
            raise BadOption("an option is cut short")
        code, length = _PAIR.unpack_from(record, position)
        body = record[position + 4 : position + 4 + length]
        if len(body) != length:
            raise BadOption("an option is longer than its record")
        if code == SUBNET:
            if found:
                raise BadOption("two client subnets")
            found = _checked(body)
        position += 4 + length
    return found


def _checked(body: bytes) -> Subnet:
    if len(body) < 4:
        raise BadOption("the client subnet is cut short")
    family, source, scope, octets = int.from_bytes(body[:2]), body[2], body[3], body[4:]
    if family not in _WIDTH:
        raise BadOption(f"client subnet of family {family}; 1 and 2 are known")
    if scope:
        raise BadOption("the client subnet of a query has a scope")
    if source > _WIDTH[family] or len(octets) != (source + 7) // 8:
        raise BadOption("the client subnet's address does not fit its prefix length")
    if source % 8 and octets[-1] & (0xFF >> source % 8):
        raise BadOption("the client subnet has bits set beyond its prefix")
    return Subnet(family, source, octets)
