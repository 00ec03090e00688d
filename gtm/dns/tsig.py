"""TSIG (RFC 8945) as far as a server without keys needs it: whoever signs is told that the key is not known (section 5.2.1)."""

from struct import Struct
from typing import Final

from gtm.dns import codes, name
from gtm.dns.name import BadName

_FIXED: Final = Struct("!HHIH")
_BADKEY: Final = 17


def refusal(packet: bytes, start: int) -> bytes:
    """Build the record of a reply that says BADKEY, from the query's TSIG record; BadName when that one is malformed."""
    owner, position = name.read(packet, start)
    _, rclass, ttl, length = _FIXED.unpack_from(packet, position)
    end = position + _FIXED.size + length
    algorithm, position = name.read(packet, position + _FIXED.size)
    signed, position = packet[position : position + 8], position + 8  # its time and fudge
    mac = int.from_bytes(packet[position : position + 2])
    position += 2 + mac
    ident, other = packet[position : position + 2], int.from_bytes(packet[position + 4 : position + 6])
    if rclass != codes.ANY or ttl or position + 6 + other != end:
        raise BadName("a malformed TSIG record")
    rdata = algorithm + signed + bytes(2) + ident + _BADKEY.to_bytes(2) + bytes(2)
    return owner + _FIXED.pack(codes.TSIG, codes.ANY, 0, len(rdata)) + rdata
