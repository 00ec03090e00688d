"""What a zone had better not contain: it is served, and its author is told."""

from collections.abc import Iterator
from typing import Final

from gtm import Name, codes, host, name

from .contents import RRSIG, Contents
from .entry import Entry
from .rules import NSEC
from .targets import ADDRESSES, alias

_MANY: Final = 100
_AT_CUT: Final = frozenset({codes.NS, codes.DS, RRSIG, NSEC})


def advise(contents: Contents) -> Iterator[str]:
    """Yield a warning for everything that will hardly do what its author meant."""
    servers = frozenset(host(record) for owner in contents.names for record in contents.records(owner, codes.NS))
    for owner, rrsets in contents.names.items():
        cut = contents.cut(owner)
        for rtype, rrset in rrsets.items():
            if len(rrset) > _MANY:
                yield rrset[0].remark(f"{len(rrset)} records of one type; some servers refuse more than {_MANY}")
            if cut is not None and not (owner == cut and rtype in _AT_CUT):
                if rtype not in ADDRESSES or owner not in servers:
                    yield rrset[0].remark(f'never answered: "{name.show(cut)}" is delegated')
                continue
            if rtype in (codes.NS, codes.DNAME) and owner.startswith(b"\1*"):
                yield rrset[0].remark("what it means at a wildcard is undefined (RFC 4592 sections 4.2 and 4.4)")
            if rtype == codes.DNAME and name.is_under(alias(rrset[0].record), owner):
                yield rrset[0].remark("it leads below its own name, where nothing is; name a target elsewhere")
            for entry in rrset:
                yield from _target(contents, entry)
    for owner in sorted(contents.steered):
        yield from _steered(contents, owner)


def _target(contents: Contents, entry: Entry) -> Iterator[str]:
    """Look at the host that a record names, where it is for this zone to know its addresses."""
    target = host(entry.record)
    if target is None or target in contents.steered or not name.is_under(target, contents.zone):
        return
    shown = name.show(target)
    cut = contents.cut(target)
    if cut is not None and cut != entry.record.owner and entry.record.rtype != codes.NS:
        return
    if codes.CNAME in contents.names.get(target, ()):
        yield entry.remark(f'its target "{shown}" is an alias; name a host that has addresses (RFC 2181 section 10.3)')
    elif not contents.records(contents.source(target), *ADDRESSES):
        yield entry.remark(f'its target "{shown}" has no address in this zone')


def _steered(contents: Contents, owner: Name) -> Iterator[str]:
    shown = name.show(owner)
    for cname in contents.names.get(owner, {}).get(codes.CNAME, ()):
        yield cname.remark("a steered name is the same; the CNAME record answers every type that is not steered")
    cut = contents.cut(owner)
    if cut is not None:
        yield f'steered name "{shown}": the zone delegates "{name.show(cut)}", so resolvers will not ask here for it'
    elif (above := contents.redirecting(owner)) is not None:
        yield f'steered name "{shown}": the zone redirects all below "{name.show(above)}" by a DNAME record'
