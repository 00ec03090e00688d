"""Names inside rdata."""

from typing import Final

from gtm import Name, Record, codes, name

ADDRESSES: Final = (codes.A, codes.AAAA)


def alias(record: Record, skip: int = 0) -> Name:
    """Give the name that stands in the rdata behind ``skip`` octets, such as the target of a CNAME or DNAME record."""
    return Name(name.read(record.rdata, skip)[0].lower())
