"""What no zone may contain: each rule refuses the whole zone, for half a zone is worse than the one before."""

from pathlib import Path

from gtm import Name, PluginFault, codes, name

from .contents import RRSIG, Contents, Rrsets
from .entry import Entry

NSEC = 47
_BESIDE_CNAME = frozenset({codes.CNAME, RRSIG, NSEC, 24, 25, 30})
_LARGEST = 65535


def check(contents: Contents, file: Path | None = None) -> None:
    """Raise PluginFault for the first rule that is broken; ``file`` is where the zone begins."""
    _apex(contents, file)
    for owner, rrsets in contents.names.items():
        _alias(owner, rrsets)
        _redirection(contents, owner, rrsets)
        for rrset in rrsets.values():
            _size(rrset)


def _apex(contents: Contents, file: Path | None) -> None:
    rrsets = contents.names.get(contents.zone, {})
    for rtype in (codes.SOA, codes.NS):
        if rtype not in rrsets:
            mnemonic = codes.type_text(rtype)
            raise PluginFault(
                f'zone "{name.show(contents.zone)}" has no {mnemonic} record at its apex; it needs one', file
            )


def _alias(owner: Name, rrsets: Rrsets) -> None:
    """Allow one CNAME, and nothing else beside it but what signs it (RFC 1034 section 3.6.2, RFC 4034 section 3)."""
    cnames = rrsets.get(codes.CNAME)
    if not cnames:
        return
    if len(cnames) > 1:
        raise cnames[1].fault(f"a name has one CNAME record; the other stands in line {cnames[0].line}")
    for rtype, others in rrsets.items():
        if rtype not in _BESIDE_CNAME:
            later = max(cnames[0], others[0], key=_place)
            raise later.fault(f'"{name.show(owner)}" has a CNAME record and others; a CNAME stands alone')


def _redirection(contents: Contents, owner: Name, rrsets: Rrsets) -> None:
    """Allow one DNAME, no NS beside it but at the apex, nothing below it (RFC 6672 sections 2.3 and 2.4)."""
    dnames = rrsets.get(codes.DNAME, ())
    if len(dnames) > 1:
        raise dnames[1].fault(f"a name has one DNAME record; the other stands in line {dnames[0].line}")
    if dnames and contents.is_cut(owner):
        raise dnames[0].fault("a name is delegated by NS records or redirected by a DNAME record, not both")
    above = contents.redirecting(owner)
    if above is not None:
        first = next(iter(rrsets.values()))[0]
        raise first.fault(f'the name lies below the DNAME record of "{name.show(above)}", where nothing may stand')


def _size(rrset: tuple[Entry, ...]) -> None:
    """Hold an RRset to what fits into a message (RFC 1035 section 4.2.2) with header and question."""
    owner = rrset[0].record.owner
    size = 12 + len(owner) + 4 + sum(12 + len(entry.record.rdata) for entry in rrset)
    if size > _LARGEST:
        raise rrset[0].fault(f"the records make a message of {size} octets; {_LARGEST} is the most")


def _place(entry: Entry) -> tuple[str, int]:
    return str(entry.file or ""), entry.line
