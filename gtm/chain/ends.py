"""Ends that nobody said, with the reason that whoever asked is told (RFC 8914)."""

from typing import Final

from gtm.chain.word import Static
from gtm.dns import codes

REFUSED: Final = Static(codes.REFUSED, authoritative=False, ede=(codes.NOT_AUTHORITATIVE, ""))
BROKEN: Final = Static(codes.SERVFAIL, authoritative=False, ede=(codes.OTHER, "a plugin failed"))
UNKNOWN: Final = Static(codes.SERVFAIL, authoritative=False, ede=(codes.NETWORK_ERROR, "the target is not known yet"))
ASTRAY: Final = Static(codes.SERVFAIL, authoritative=False, ede=(codes.OTHER, "the alias leads nowhere"))
