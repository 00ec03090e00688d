"""The PROXY protocol, version 2: for whom a proxy speaks. Octets to a header; no sockets.

The header stands before the first message of a connection and before each datagram. Only whom the Corefile lists is
believed: a header says where a client is, and limits, lines and cookies go by that.
"""

from dataclasses import dataclass
from socket import AF_INET, AF_INET6, inet_ntop
from typing import Final

from gtm.chain.plugin import Networks
from gtm.chain.store import Store
from gtm.model.within import within

SIGNATURE: Final = b"\r\n\r\n\0\r\nQUIT\n"
LONGEST: Final = 4096
"""Octets of the longest header that is read; without certificates in it, it has about a hundred."""
_KNOWN: Final = 4096
_FIXED: Final = 16
_LOCAL, _PROXY = 0x20, 0x21
_UNSPEC, _INET, _INET6, _UNIX = range(4)
_SIZES: Final = {_UNSPEC: 0, _INET: 12, _INET6: 36, _UNIX: 216}
_TRANSPORTS: Final = range(3)
_MAPPED: Final = bytes(10) + b"\xff\xff"


class Malformed(Exception):
    """What begins like this is not a header, however it goes on."""


@dataclass(frozen=True, slots=True)
class Header:
    """``size`` is its length in octets; ``source`` is None where who sent it speaks for itself."""

    size: int
    source: str | None


def parse(octets: bytes | bytearray) -> Header | None:
    """Read a header that other octets may follow; None when more octets are needed, ``Malformed`` when none would help.

    A proxy may ask over another transport than it was asked over, so the one in the header is not compared.
    """
    if not SIGNATURE.startswith(octets[: len(SIGNATURE)]):
        raise Malformed("no signature")
    if len(octets) < _FIXED:
        return None
    command, (family, transport) = octets[12], divmod(octets[13], 16)
    length = int.from_bytes(octets[14:_FIXED])
    if command not in {_LOCAL, _PROXY}:
        raise Malformed(f"version and command 0x{command:02x}")
    speaks = command == _PROXY
    if speaks and (family not in _SIZES or transport not in _TRANSPORTS):
        raise Malformed(f"family and transport 0x{octets[13]:02x}")
    size = _FIXED + length
    if size > LONGEST or (speaks and length < _SIZES[family]):
        raise Malformed(f"length {length}")
    if len(octets) < size:
        return None
    if not speaks or family == _UNSPEC:
        return Header(size, None)
    _check(octets, _FIXED + _SIZES[family], size)
    return Header(size, _source(family, bytes(octets[_FIXED : _FIXED + 16])))


def _source(family: int, octets: bytes) -> str | None:
    if family == _INET:
        return inet_ntop(AF_INET, octets[:4])
    if family != _INET6:  # no address that a line or a limit could go by
        return None
    if octets.startswith(_MAPPED):  # a client of IPv4, on a socket of the proxy's that takes both
        return inet_ntop(AF_INET, octets[12:])
    return inet_ntop(AF_INET6, octets)


def _check(octets: bytes | bytearray, position: int, end: int) -> None:
    """Go over the type-length-values by their lengths: the last one must end where the header does."""
    while position < end:
        position += 3 + int.from_bytes(octets[position + 1 : position + 3])
    if position != end:
        raise Malformed("a type-length-value that does not end with the header")


class Listed:
    """Tells whether a peer is in one of some networks."""

    def __init__(self, networks: Networks = ()) -> None:
        """Remember what was found, in bounded memory."""
        self._networks = networks
        self._known: Store[str, bool] = Store(_KNOWN)

    def __bool__(self) -> bool:
        """Tell whether there are networks."""
        return bool(self._networks)

    def __contains__(self, peer: str) -> bool:
        """Look an address up; it may have a zone (``fe80::1%eth0``)."""
        found = self._known.get(peer)
        if found is None:
            found = within(peer.partition("%")[0], self._networks) is not None
            self._known.put(peer, found)
        return found
