"""Hosts that records name: whoever reads such a record wants their addresses next."""

from typing import Final

from gtm.dns import codes, name
from gtm.dns.name import Name
from gtm.dns.record import Record

# record type: octets before the host's name
NAMING: Final = {codes.NS: 0, codes.MX: 2, codes.SRV: 6, codes.SVCB: 2, codes.HTTPS: 2}


def host(record: Record) -> Name | None:
    """Give the host that an NS, MX, SRV, SVCB or HTTPS record names; None for other types and where it names none.

    A target of ``.`` means the owner itself in an SVCB or HTTPS record with a priority (RFC 9460 section 2.5.2), and
    "no such service" elsewhere (RFC 2782, RFC 7505, RFC 9460 section 2.5.1).
    """
    skip = NAMING.get(record.rtype)
    if skip is None:
        return None
    named = Name(name.read(record.rdata, skip)[0].lower())
    if named != name.ROOT:
        return named
    serves_itself = record.rtype in (codes.SVCB, codes.HTTPS) and record.rdata[:2] != b"\0\0"
    return record.owner if serves_itself else None
