"""What a server says of itself in class CH (RFC 4892)."""

from collections.abc import Mapping
from struct import Struct
from typing import Final

from gtm.dns import codes, name
from gtm.dns.name import Name

_FIXED: Final = Struct("!HHHIH")
_OWNER: Final = 0xC00C
_LONGEST: Final = 255


def told(identity: str, version: str) -> Mapping[Name, bytes]:
    """Give for each name that may be asked its answer: a TXT record, encoded behind the question. What is empty is left out."""
    both = {"id.server": identity, "hostname.bind": identity, "version.server": version, "version.bind": version}
    return {name.parse(owner): _record(text.encode()[:_LONGEST]) for owner, text in both.items() if text}


def _record(text: bytes) -> bytes:
    return _FIXED.pack(_OWNER, codes.TXT, codes.CH, 0, len(text) + 1) + bytes((len(text),)) + text
