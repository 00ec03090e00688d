"""Laws between groups and the chains that serve them: policies and lines that nobody knows."""

from collections.abc import Iterable, Mapping, Sequence

from gtm.config.addresses import written
from gtm.config.chains import Zone
from gtm.config.domains import Placed
from gtm.config.report import Report
from gtm.config.schema import DomainTable, Membership, PoolTable
from gtm.config.source import At
from gtm.config.tables import Entry, Named
from gtm.config.wording import listed, nearest, quote
from gtm.dns import name
from gtm.dns.name import Name
from gtm.model.member import Pool
from gtm.model.place import DEFAULT_LINE


class Laws:
    """Checks domains and pools against the zones in which they serve, each pool with the first zone that it does not fit."""

    def __init__(self, zones: Mapping[Name, Zone], own: Iterable[str], report: Report) -> None:
        """Know the zones, and the operator's ``own`` lines."""
        self._zones = zones
        self._report = report
        self._policies = frozenset().union(*(zone.policies for zone in zones.values()))
        self._lines = {
            key: zone.lines | set(own) | {DEFAULT_LINE} if zone.lines else frozenset((DEFAULT_LINE,))
            for key, zone in zones.items()
        }

    def domains(self, placed: Sequence[Placed]) -> None:
        """Check the policy of each domain, and the lines of its pools."""
        for found in placed:
            entry = found.entry
            self.policy(entry, (found.zone,))
            for position, element in enumerate(entry.table.pools):
                if isinstance(element, Membership) and element.lines:
                    self.lines(element.lines, entry.at.to("pools", position, "lines"), (found.zone,))

    def pools(self, entries: Named[PoolTable], placed: Sequence[Placed]) -> None:
        """Check the policy of each pool and the lines of its addresses; a pool that is not used, against every zone."""
        zones: dict[str, dict[Name, None]] = {}
        for found in placed:
            for member in found.domain.members:
                if isinstance(member.item, Pool):
                    zones.setdefault(member.item.name, {})[found.zone] = None
        for key, entry in entries.items():
            if entry is None:
                continue
            used = tuple(zones.get(key, ()))
            self.policy(entry, used)
            for wanted in written(entry):
                if wanted.table.lines:
                    self.lines(wanted.table.lines, wanted.at.to("lines"), used)

    def policy(self, entry: Entry[DomainTable] | Entry[PoolTable], zones: Sequence[Name]) -> None:
        """Check a policy against the zones in which it is used; where there are none, against all alike."""
        word, at = entry.table.policy, entry.at.to("policy")
        if not zones and word not in self._policies and self._are_whole(self._zones):
            self._report.unknown(at, word, "a policy", self._policies)
        for zone in zones:
            known = self._zones[zone].policies
            if word in known:
                continue
            if word in self._policies:
                chain = f"the chain of {quote(name.show(zone))}"
                self._report.fault(
                    at, f"{quote(word)} is not a policy of {chain}, which serves {listed(known) or 'none'}"
                )
            elif self._zones[zone].is_whole or nearest(word, known):
                self._report.unknown(at, word, "a policy", known)
            else:
                continue
            return

    def lines(self, codes: Sequence[str], at: At, zones: Sequence[Name]) -> None:
        """Check lines against the zones in which they are used; where there are none, against all alike."""
        for position, code in enumerate(codes):
            if not zones and not any(code in known for known in self._lines.values()) and self._are_whole(self._zones):
                everywhere = frozenset().union(*self._lines.values())
                self._report.unknown(at.to(position), code, "a line", everywhere or (DEFAULT_LINE,))
            for zone in zones:
                if code not in self._lines[zone] and self._line(code, at.to(position), zone):
                    break

    def _line(self, code: str, at: At, zone: Name) -> bool:
        """Say that a zone does not know a line, unless a plugin that could not be had may be the one that does."""
        if self._zones[zone].lines:
            self._report.unknown(at, code, "a line", self._lines[zone])
            return True
        if self._zones[zone].is_whole:
            chain = f"no plugin in the chain of {quote(name.show(zone))} tells lines"
            self._report.fault(
                at, f"{quote(code)} is not a line here: {chain}; add one that does, or leave the line out"
            )
            return True
        return False

    def _are_whole(self, zones: Mapping[Name, Zone]) -> bool:
        return all(zone.is_whole for zone in zones.values())
