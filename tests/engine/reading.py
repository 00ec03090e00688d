"""Replies read with dnspython, and what they hold."""

import dns.flags
import dns.message


def read(wire, *, rcode=0, flags=dns.flags.QR | dns.flags.AA | dns.flags.RD):
    """Read a reply, and check its code and header bits on the way."""
    assert wire is not None
    message = dns.message.from_wire(wire)
    assert message.rcode() == rcode
    assert message.flags & 0x87F0 == flags & 0x87F0, dns.flags.to_text(message.flags)
    return message


def values(wire, **wanted):
    """List the data of a reply's answer section as text."""
    return [str(rdata) for rrset in read(wire, **wanted).answer for rdata in rrset]


def subnet(message):
    """Give the client subnet option of a reply, or None."""
    return next((option for option in message.options if option.otype == 8), None)
