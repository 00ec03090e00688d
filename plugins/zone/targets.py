"""Host names inside rdata, whose addresses a client will want next."""

from typing import Final

from gtm import Name, Record, codes, name

ADDRESSES: Final = (codes.A, codes.AAAA)

# record type: octets before the host name
_HOSTS: Final = {codes.NS: 0, codes.MX: 2, codes.SRV: 6, codes.SVCB: 2, codes.HTTPS: 2}


def host(record: Record) -> Name | None:
    """Give the host that an NS, MX, SRV, SVCB or HTTPS record names; None for other types and where it names none.

    A target of ``.`` means the owner itself in an SVCB or HTTPS record with a priority (RFC 9460 section 2.5.2), and
    "no such service" elsewhere (RFC 2782, RFC 7505, RFC 9460 section 2.5.1).
    """
    skip = _HOSTS.get(record.rtype)
    if skip is None:
        return None
    named = alias(record, skip)
    if named != name.ROOT:
        return named
    serves_itself = record.rtype in (codes.SVCB, codes.HTTPS) and record.rdata[:2] != b"\0\0"
    return record.owner if serves_itself else None


def alias(record: Record, skip: int = 0) -> Name:
    """Give the name that stands in the rdata behind ``skip`` octets, such as the target of a CNAME or DNAME record."""
    return Name(name.read(record.rdata, skip)[0].lower())
