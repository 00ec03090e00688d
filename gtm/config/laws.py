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
        self._known = {
            key: zone.lines | set(own) | {DEFAULT_LINE} if zone.lines else frozenset((DEFAULT_LINE,))
            for key, zone in zones.items()
        }
        self._everywhere = frozenset().union(*self._known.values())
        self._is_found = bool(zones) and all(zone.is_found for zone in zones.values())
        self._is_whole = bool(zones) and all(zone.is_whole for zone in zones.values())

    def placed(self, placed: Sequence[Placed]) -> None:
        """Check access domains against the zone that each lies in."""
        for found in placed:
            self._domain(found.entry, (found.zone,))

    def strays(self, entries: Sequence[Entry[DomainTable]]) -> None:
        """Check access domains that lie in no zone against all of them."""
        for entry in entries:
            self._domain(entry, ())

    def _domain(self, entry: Entry[DomainTable], zones: Sequence[Name]) -> None:
        """Check the policy of a domain, its last resort, and the lines of its pools."""
        self._policy(entry, zones)
        lacking = [zone for zone in zones if self._zones[zone].is_whole and not self._zones[zone].chain.rescue]
        if lacking and entry.table.when_all_down != "all":
            self._report.warn(
                entry.at.to("when_all_down"),
                f"no plugin in the chain of {_shown(lacking[0])} answers when nobody may serve, so this has no effect",
            )
        for position, element in enumerate(entry.table.pools):
            if isinstance(element, Membership) and element.lines:
                self._codes(element.lines, entry.at.to("pools", position, "lines"), zones)

    def pools(self, entries: Named[PoolTable], placed: Sequence[Placed]) -> None:
        """Check the policy of each pool and the lines of its addresses; a pool that is not used, against every zone."""
        zones: dict[str, dict[Name, None]] = {}
        for found in placed:
            for member in found.domain.members:
                if isinstance(member.item, Pool):
                    zones.setdefault(member.item.title, {})[found.zone] = None
        for key, entry in entries.items():
            if entry is None:
                continue
            used = tuple(zones.get(key, ()))
            self._policy(entry, used)
            for wanted in written(entry):
                if wanted.table.lines:
                    self._codes(wanted.table.lines, wanted.at.to("lines"), used)

    def _policy(self, entry: Entry[DomainTable] | Entry[PoolTable], zones: Sequence[Name]) -> None:
        """Check a policy against the zones in which it is used; where there are none, against all together."""
        word = entry.table.policy
        failing = next((zone for zone in zones if word not in self._zones[zone].policies), None)
        if word not in self._policies and (failing is not None or not zones):
            if self._is_found or nearest(word, self._policies):
                self._report.unknown(entry.at.to("policy"), word, "a policy", self._policies)
        elif failing is not None and self._zones[failing].is_found:
            served = listed(self._zones[failing].policies) or "none"
            self._report.fault(
                entry.at.to("policy"),
                f"{quote(word)} is not served by the chain of {_shown(failing)}; known there: {served}",
            )

    def _codes(self, codes: Sequence[str], at: At, zones: Sequence[Name]) -> None:
        """Check lines against the zones in which they are used; where there are none, against all together."""
        for position, code in enumerate(codes):
            failing = next((zone for zone in zones if code not in self._known[zone]), None)
            if failing is not None:
                self._line(code, at.to(position), failing)
            elif zones or code in self._everywhere:
                continue
            elif self._is_whole or nearest(code, self._everywhere):
                self._report.unknown(at.to(position), code, "a line", self._everywhere)

    def _line(self, code: str, at: At, zone: Name) -> None:
        """Say that a zone does not know a line, unless a plugin that could not be made may be the one that does."""
        if self._zones[zone].lines:
            self._report.unknown(at, code, "a line", self._known[zone])
        elif self._zones[zone].is_whole:
            chain = f"no plugin in the chain of {_shown(zone)} tells lines"
            self._report.fault(
                at, f"{quote(code)} is not a line here: {chain}; add one that does, or leave the line out"
            )


def _shown(zone: Name) -> str:
    return quote(name.show(zone))
