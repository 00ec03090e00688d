"""DNS cookies (RFC 7873): the server's part, made as RFC 9018 says, so that servers which share a secret take each other's."""

from collections.abc import Sequence
from hmac import compare_digest
from typing import Final

import siphash24

CLIENT: Final = 8
"""Octets of the client's part, which comes first."""
SERVER: Final = 16
_VERSION: Final = b"\1\0\0\0"
_LIFE: Final = 3600
"""Seconds for which a cookie is taken (RFC 9018 section 4.3), and how far it may be ahead of us."""
_AHEAD: Final = 300
FRESH: Final = 1800
"""Seconds after which a cookie is made anew."""


def fits(octets: bytes) -> bool:
    """Tell whether an option's content may be a cookie at all (RFC 7873 section 5.2.2)."""
    return len(octets) == CLIENT or CLIENT + 8 <= len(octets) <= CLIENT + 32


def make(secret: bytes, client: bytes, address: bytes, now: float) -> bytes:
    """Make the server's part for a client's part and an IP address; ``now`` in seconds since 1970."""
    head = _VERSION + (int(now) & 0xFFFFFFFF).to_bytes(4)
    return head + _hash(secret, client + head + address)


def age(secrets: Sequence[bytes], cookie: bytes, address: bytes, now: float) -> int | None:
    """Give the age in seconds of a whole cookie that one of the secrets made, or None when it is none of ours, or too old."""
    client, server = cookie[:CLIENT], cookie[CLIENT:]
    if len(server) != SERVER or server[:4] != _VERSION:
        return None
    passed = (int(now) - int.from_bytes(server[4:8])) & 0xFFFFFFFF
    passed -= passed >> 31 << 32  # moments in 32 bits (RFC 1982)
    if not -_AHEAD <= passed <= _LIFE:
        return None
    made = (_hash(secret, client + server[:8] + address) for secret in secrets)
    return passed if any(compare_digest(each, server[8:]) for each in made) else None


def _hash(secret: bytes, octets: bytes) -> bytes:
    return bytes(siphash24.siphash24(octets, key=secret).digest())
