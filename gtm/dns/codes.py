"""Numbers of the protocol and their mnemonics, as IANA's DNS parameters register them."""

from functools import lru_cache
from typing import Final

import dns.exception
import dns.rcode
import dns.rdatatype

A: Final = 1
NS: Final = 2
CNAME: Final = 5
SOA: Final = 6
PTR: Final = 12
MX: Final = 15
AAAA: Final = 28
DNAME: Final = 39
OPT: Final = 41
DS: Final = 43
IXFR: Final = 251
AXFR: Final = 252
ANY: Final = 255

NXNAME: Final = 128
"""Asked for by nobody in earnest: it only stands in denials (RFC 9824 section 3.4)."""
TKEY, TSIG = 249, 250
MAILB, MAILA = 253, 254
TXT: Final = 16
SVCB, HTTPS, SRV = 64, 65, 33

IN: Final = 1
CH: Final = 3
NONE: Final = 254

NOERROR: Final = 0
FORMERR: Final = 1
SERVFAIL: Final = 2
NXDOMAIN: Final = 3
NOTIMP: Final = 4
REFUSED: Final = 5
YXDOMAIN: Final = 6
NOTAUTH: Final = 9
BADVERS: Final = 16
BADCOOKIE: Final = 23

OTHER: Final = 0
PROHIBITED: Final = 18
NOT_AUTHORITATIVE: Final = 20
NETWORK_ERROR: Final = 23
INVALID_QUERY_TYPE: Final = 30
"""Extended errors (RFC 8914)."""


def type_number(mnemonic: str) -> int:
    """Give the number of a record type such as ``AAAA`` or ``TYPE65280`` (RFC 3597); ValueError when there is none."""
    try:
        return int(dns.rdatatype.from_text(mnemonic))
    except (dns.exception.DNSException, ValueError) as fault:
        raise ValueError(f'"{mnemonic}" is not a record type') from fault


@lru_cache(maxsize=1024)
def type_text(number: int) -> str:
    """Give the mnemonic of a record type, ``TYPEnnn`` (RFC 3597) where it has none."""
    return dns.rdatatype.to_text(dns.rdatatype.RdataType.make(number))


@lru_cache(maxsize=64)
def rcode_text(number: int) -> str:
    """Give the mnemonic of a response code."""
    return dns.rcode.to_text(dns.rcode.Rcode.make(number))
