"""EDNS(0), RFC 6891, and the client subnet option, RFC 7871: one OPT record to a value, and a value to its reply."""

from dataclasses import dataclass, replace
from struct import Struct
from typing import Final

from gtm.dns import codes
from gtm.dns.cookie import fits

UDP_CEILING: Final = 1232
"""Largest UDP reply in octets, whatever the client offers (RFC 9715, DNS flag day 2020)."""
UDP_PLAIN: Final = 512
"""Largest UDP reply in octets to a client without EDNS, and the least that an offer can mean (RFC 6891 section 6.2.3)."""

NSID: Final = 3
SUBNET: Final = 8
COOKIE: Final = 10
KEEPALIVE: Final = 11
EXTENDED_ERROR: Final = 15
OPT_HEAD: Final = 11
"""Octets of an OPT record before its options; the last two are their length."""
_WIDTH: Final = {1: 32, 2: 128}
_FIXED: Final = Struct("!BHHBBHH")
_PAIR: Final = Struct("!HH")
_DO: Final = 0x8000


class BadOption(ValueError):
    """An OPT record breaks RFC 6891 or RFC 7871; the message says how."""


class BadContent(BadOption):
    """An OPT record is well formed, and what one of its options says is not; ``opt`` is the reply's record (RFC 6891 section 6.1.1)."""

    def __init__(self, reason: str, opt: bytes = b"") -> None:
        """Say why."""
        super().__init__(reason)
        self.opt = opt


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
    """What a query's OPT record says. ``size`` is the client's UDP limit in octets, at least 512.

    ``cookie`` is the client's part, and the server's part behind it where there is one (RFC 7873); ``asks_nsid`` and
    ``asks_keepalive`` tell whether it wants to know our name (RFC 5001), and how long a connection may be idle (RFC 7828).
    """

    version: int
    size: int
    dnssec_ok: bool
    subnet: Subnet | None = None
    cookie: bytes | None = None
    asks_nsid: bool = False
    asks_keepalive: bool = False

    def reply(self, rcode: int = 0, options: bytes = b"", scope: int = 0) -> bytes:
        """Build the reply's OPT record: our ceiling, version 0, DO copied, these options, and the subnet where one was sent."""
        options += self.subnet.echo(scope) if self.subnet else b""
        flags = _DO if self.dnssec_ok else 0
        return _FIXED.pack(0, 41, UDP_CEILING, rcode >> 4, 0, flags, len(options)) + options


def decode(record: bytes) -> Edns:
    """Read a whole OPT record, root owner included; BadOption when it is malformed."""
    if len(record) < _FIXED.size:
        raise BadOption("the OPT record is cut short")
    _, _, size, _, version, flags, length = _FIXED.unpack_from(record)
    if len(record) != _FIXED.size + length:
        raise BadOption("the OPT record's length is wrong")
    told = Edns(version, max(size, UDP_PLAIN), bool(flags & _DO))
    # RFC 6891 section 6.1.3: what a later version means by its options is not ours to judge
    return told if version else _read(told, record)


def option(code: int, content: bytes) -> bytes:
    """Write one option."""
    return _PAIR.pack(code, len(content)) + content


def extended(opt: bytes, ede: bytes) -> bytes:
    """Put an option, or several, before those of an OPT record of ours."""
    return opt[: OPT_HEAD - 2] + (len(opt) - OPT_HEAD + len(ede)).to_bytes(2) + ede + opt[OPT_HEAD:]


def error(code: int, text: str = "") -> bytes:
    """Write the option of an extended error (RFC 8914)."""
    return option(EXTENDED_ERROR, code.to_bytes(2) + text.encode())


def bad_cookie(opt: bytes) -> bytes:
    """Let an OPT record of ours carry the upper part of BADCOOKIE."""
    return opt[:5] + bytes((codes.BADCOOKIE >> 4,)) + opt[6:]


def _read(told: Edns, record: bytes) -> Edns:
    """Read the options: those that are not known are passed over (RFC 6891 section 6.1.2)."""
    found: dict[int, bytes] = {}
    position, is_twice = OPT_HEAD, False
    while position < len(record):
        if position + 4 > len(record):
            raise BadOption("an option is cut short")
        code, length = _PAIR.unpack_from(record, position)
        body = record[position + 4 : position + 4 + length]
        if len(body) != length:
            raise BadOption("an option is longer than its record")
        is_twice = is_twice or (code == SUBNET and code in found)
        found.setdefault(code, body)  # of two cookies the first counts (RFC 7873 section 5.2)
        position += 4 + length
    if not found:
        return told
    try:
        return replace(
            told,
            subnet=_checked(found[SUBNET], is_twice=is_twice) if SUBNET in found else None,
            cookie=_whole(found[COOKIE]) if COOKIE in found else None,
            asks_nsid=NSID in found,
            asks_keepalive=KEEPALIVE in found,
        )
    except BadContent as fault:
        fault.opt = told.reply()
        raise


def _whole(cookie: bytes) -> bytes:
    if not fits(cookie):
        raise BadContent(f"a cookie of {len(cookie)} octets")
    return cookie


def _checked(body: bytes, *, is_twice: bool) -> Subnet:
    if is_twice:
        raise BadContent("two client subnets")
    if len(body) < 4:
        raise BadContent("the client subnet is cut short")
    family, source, scope, octets = int.from_bytes(body[:2]), body[2], body[3], body[4:]
    if family not in _WIDTH:
        raise BadContent(f"client subnet of family {family}; 1 and 2 are known")
    if scope:
        raise BadContent("the client subnet of a query has a scope")
    if source > _WIDTH[family] or len(octets) != (source + 7) // 8:
        raise BadContent("the client subnet's address does not fit its prefix length")
    if source % 8 and octets[-1] & (0xFF >> source % 8):
        raise BadContent("the client subnet has bits set beyond its prefix")
    return Subnet(family, source, octets)
