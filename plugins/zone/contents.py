"""A zone's records by owner and type, as they stand in the master file: duplicates merged, TTLs made equal."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from gtm import Name, Record, codes, name

from .entry import Entry

Rrsets = Mapping[int, tuple[Entry, ...]]
Warn = Callable[[str], None]

RRSIG: Final = 46
_COVERING: Final = frozenset({24, RRSIG})


@dataclass(frozen=True)
class Contents:
    """What is in a zone, whether or not it can be asked for. ``steered`` are the names of access domains in it."""

    zone: Name
    names: Mapping[Name, Rrsets]
    steered: frozenset[Name] = frozenset()

    def records(self, owner: Name, *rtypes: int) -> tuple[Record, ...]:
        """Give a name's records of these types."""
        rrsets = self.names.get(owner, {})
        return tuple(entry.record for rtype in rtypes for entry in rrsets.get(rtype, ()))

    def is_cut(self, owner: Name) -> bool:
        """Tell whether a name is delegated (RFC 1034 section 4.2)."""
        return owner != self.zone and codes.NS in self.names.get(owner, ())

    def cut(self, owner: Name) -> Name | None:
        """Give the delegation that a name is, or lies below; the one nearest the apex where there are several."""
        found = None
        for ancestor in name.ancestry(owner):
            if ancestor == self.zone:
                break
            if self.is_cut(ancestor):
                found = ancestor
        return found

    def is_hidden(self, owner: Name) -> bool:
        """Tell whether a name lies below a delegation or a DNAME, where this zone answers nothing of its own."""
        cut = self.cut(owner)
        return (cut is not None and cut != owner) or self.redirecting(owner) is not None

    def redirecting(self, owner: Name) -> Name | None:
        """Give the owner of a DNAME that a name lies below (RFC 6672 section 2.3)."""
        while owner not in (self.zone, name.ROOT):
            owner = name.parent(owner)
            if codes.DNAME in self.names.get(owner, ()):
                return owner
        return None

    @cached_property
    def existing(self) -> frozenset[Name]:
        """Give every name that exists here, with the empty non-terminals above it (RFC 4592 section 2.2.2)."""
        found = {self.zone}
        for owner in (*self.names, *self.steered):
            if not name.is_under(owner, self.zone) or self.is_hidden(owner):
                continue
            for ancestor in name.ancestry(owner):
                if ancestor in found:
                    break
                found.add(ancestor)
        return frozenset(found)

    def source(self, target: Name) -> Name:
        """Give the name whose records answer for a target: its own, or the wildcard's (RFC 4592 section 3.3.1)."""
        if target in self.existing or self.cut(target) is not None or not name.is_under(target, self.zone):
            return target
        encloser = next(ancestor for ancestor in name.ancestry(target) if ancestor in self.existing)
        wildcard = Name(b"\1*" + encloser)
        return wildcard if wildcard in self.names else target


def gather(zone: Name, entries: Iterable[Entry], steered: frozenset[Name], warn: Warn) -> Contents:
    """Sort entries by owner and type; PluginFault for one outside the zone and for a second SOA."""
    names: dict[Name, dict[int, dict[bytes, Entry]]] = {}
    for entry in entries:
        owner, rtype = entry.record.owner, entry.record.rtype
        if not name.is_under(owner, zone):
            raise entry.fault(f'the name is outside the zone "{name.show(zone)}"; move the record to its own zone')
        rrset = names.setdefault(owner, {}).setdefault(rtype, {})
        if rtype == codes.SOA and owner != zone:
            raise entry.fault(f'a zone has one SOA record, at its apex "{name.show(zone)}"')
        if rtype == codes.SOA and rrset:
            other = next(iter(rrset.values()))
            raise entry.fault(f"a zone has one SOA record; the other stands in line {other.line}")
        twin = rrset.setdefault(entry.canonical, entry)
        if twin is not entry:
            warn(entry.remark(f"the record stands in line {twin.line} already; it is answered once"))
            rrset[entry.canonical] = twin if twin.record.ttl <= entry.record.ttl else entry
    levelled = {
        owner: {rtype: tuple(_level(list(rrset.values()), warn)) for rtype, rrset in rrsets.items()}
        for owner, rrsets in names.items()
    }
    return Contents(zone, levelled, steered)


def _level(entries: list[Entry], warn: Warn) -> Iterable[Entry]:
    """Give the records of an RRset one TTL, the smallest (RFC 2181 section 5.2)."""
    lowest: dict[bytes, int] = {}
    for entry in entries:
        lowest[_covered(entry)] = min(entry.record.ttl, lowest.get(_covered(entry), entry.record.ttl))
    for entry in entries:
        ttl = lowest[_covered(entry)]
        if entry.record.ttl == ttl:
            yield entry
            continue
        warn(entry.remark(f"TTL {entry.record.ttl} is lowered to {ttl}, the smallest of the name and type"))
        yield replace(entry, record=replace(entry.record, ttl=ttl))


def _covered(entry: Entry) -> bytes:
    """Signatures of different types at one name are different RRsets (RFC 4034 section 3)."""
    return entry.record.rdata[:2] if entry.record.rtype in _COVERING else b""
