"""Ends that nobody said, with the reason that whoever asked is told (RFC 8914)."""

from typing import Final

from gtm.chain.word import Static
from gtm.dns import codes

# numbers of extended errors (RFC 8914 section 4)
OTHER: Final = 0
NOT_AUTHORITATIVE: Final = 20
NETWORK_ERROR: Final = 23

REFUSED: Final = Static(codes.REFUSED, authoritative=False, ede=(NOT_AUTHORITATIVE, ""))
BROKEN: Final = Static(codes.SERVFAIL, authoritative=False, ede=(OTHER, "a plugin failed"))
UNKNOWN: Final = Static(codes.SERVFAIL, authoritative=False, ede=(NETWORK_ERROR, "the target is not known yet"))
ASTRAY: Final = Static(codes.SERVFAIL, authoritative=False, ede=(OTHER, "the alias leads nowhere"))
