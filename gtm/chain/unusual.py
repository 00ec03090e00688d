"""Answers to what is no question for data of class IN: changes that nobody may make, the server's own name, types that are no data."""

from collections.abc import Collection, Mapping
from typing import Final

from gtm.chain.splice import QR, QR_AA, RD, heads
from gtm.chain.visitor import Visitor
from gtm.dns import codes
from gtm.dns.edns import error, extended
from gtm.dns.name import Name
from gtm.dns.query import HEADER, OPCODE, Query

_NEVER: Final = {
    codes.AXFR: (codes.REFUSED, codes.PROHIBITED), codes.IXFR: (codes.REFUSED, codes.PROHIBITED), codes.TKEY: (codes.NOTIMP, 0),
    codes.MAILA: (codes.NOTIMP, 0), codes.MAILB: (codes.NOTIMP, 0),
    codes.OPT: (codes.FORMERR, codes.INVALID_QUERY_TYPE), codes.TSIG: (codes.FORMERR, codes.INVALID_QUERY_TYPE), codes.NXNAME: (codes.FORMERR, codes.INVALID_QUERY_TYPE),
}  # fmt: skip
"""Types that are no data (RFC 6895 section 3.1): the response code, and the extended error (RFC 8914)."""


def unusual(
    query: Query, form: int, visitor: Visitor, zones: Collection[Name], told: Mapping[Name, bytes]
) -> tuple[int, bytes] | None:
    """Give the response code and the reply, or None when it is an ordinary question. ``told`` is what we say of ourselves."""
    opt, ident = visitor.whole(), query.ident.to_bytes(2)
    rcode, ede, records = codes.REFUSED, 0, b""
    if query.edns and query.edns.version:
        rcode, opt = codes.BADVERS, query.edns.reply(codes.BADVERS)
    elif not query.question:  # only a cookie is wanted
        return codes.NOERROR, ident + HEADER.pack(0, QR | query.flags & RD, 0, 0, 0, 1)[2:] + opt
    elif query.tsig:
        rcode = codes.NOTAUTH
    elif query.flags & OPCODE:
        rcode = codes.REFUSED if query.name in zones else codes.NOTAUTH
    elif query.qclass == codes.CH and query.name in told:
        rcode, records = codes.NOERROR, told[query.name] if query.qtype in (codes.TXT, codes.ANY) else b""
    elif query.qclass != codes.IN:
        ede = codes.NOT_AUTHORITATIVE
    elif query.qtype in _NEVER:
        rcode, ede = _NEVER[query.qtype]
    else:
        return None
    if opt and ede:
        opt = extended(opt, error(ede))
    flags = (QR_AA if rcode == codes.NOERROR else QR) | query.flags & OPCODE | rcode & 0xF
    head = heads(flags, 1 if records else 0, 0, 1 if query.tsig else 0)[form]
    return rcode, ident + head + query.question + records + opt + query.tsig
