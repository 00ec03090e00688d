"""Groups that hold on to their member (R-55 to R-57): who is held follows from the facts, not from who asks when.

A group that is not preemptive is settled whenever a fact changes that its choice rests on, asked for or not, as a client
of whom nothing is known would be answered. So the held member is the same on every machine that sees the same changes.
"""

from collections.abc import Iterable, Mapping
from ipaddress import ip_address

from gtm.chain.chain import Chain, Service
from gtm.chain.classify import nowhere
from gtm.chain.facts import HELD, Clients, Facts, World, WorldKey
from gtm.chain.walk import Walk
from gtm.model.member import Group, Pool
from gtm.model.place import Client

_ANYBODY = Client(ip_address("0.0.0.0"), 0)


class Sticky:
    """The groups of a service that may hold a member, and the facts that each of them rests on."""

    def __init__(self, service: Service) -> None:
        """Find the groups: pools first, since the choice of an access domain rests on theirs."""
        pools: dict[str, tuple[Chain, Group]] = {}
        domains: dict[str, tuple[Chain, Group]] = {}
        for domain in service.domains.values():
            chain = service.chain(domain.name)
            if chain is None or not domain.schedules:
                continue
            if not domain.preemptive:
                domains[domain.key] = (chain, domain)
            for member in domain.members:
                if isinstance(member.item, Pool) and not member.item.preemptive:
                    pools.setdefault(member.item.key, (chain, member.item))
        self._service = service
        self._groups = {**pools, **domains}
        self._rests_on: dict[str, frozenset[WorldKey]] = {}

    def settle(self, world: World, changed: Iterable[WorldKey] | None, now: float) -> Mapping[str, str]:
        """Give the held members that differ from the world's, as group key to member key; all are looked at when ``changed`` is None."""
        keys = None if changed is None else set(changed)
        found: dict[str, str] = {}
        for name, (chain, group) in self._groups.items():
            if keys is not None and not keys & self._rests_on.get(name, frozenset()):
                continue
            facts = Facts(_ANYBODY, world, Clients(1), now)
            walk = Walk(self._service, facts, nowhere)
            walk.choose(chain, group)
            self._rests_on[name] = frozenset(read.world for read in facts.reads.values() if read.world)
            held = walk.holds.get(name)
            if held is not None and held != world.value((HELD, name)):
                found[name] = held
        return found
