"""Groups that hold on to their member (R-55 to R-57): who is held follows from the facts, not from who asks when.

A group that is not preemptive is settled whenever a fact changes that its choice rests on, asked for or not, as a client
of whom nothing is known would be answered. So the held member is the same on every machine that sees the same changes.
"""

from ipaddress import ip_address
from math import inf

from gtm.chain.chain import Chain, Service
from gtm.chain.classify import nowhere
from gtm.chain.facts import Clients, Facts, World, WorldKey
from gtm.chain.walk import Walk
from gtm.health.table import State
from gtm.model.member import Group, Pool
from gtm.model.place import Client

_ANYBODY = Client(ip_address("0.0.0.0"), 0)


class Sticky:
    """The groups of a service that may hold a member, and the facts that each of them rests on."""

    def __init__(self, service: Service) -> None:
        """Find the groups: pools first, since the choice of an access domain rests on theirs."""
        pools: dict[str, tuple[Chain, Group]] = {}
        domains: dict[str, tuple[Chain, Group]] = {}
        self._asleep: set[str] = set()
        for domain in service.domains.values():
            chain = service.chain(domain.name)
            if chain is None or not domain.schedules:
                self._asleep.update((domain.key, *(member.key for member in domain.members)))
                continue
            if not domain.preemptive:
                domains[domain.key] = (chain, domain)
            for member in domain.members:
                if isinstance(member.item, Pool) and not member.item.preemptive:
                    pools.setdefault(member.item.key, (chain, member.item))
        self._service = service
        self._groups = {**pools, **domains}
        self._rests_on: dict[str, frozenset[WorldKey]] = {}
        self._until: dict[str, float] = {}

    def settle(self, state: State, changed: set[WorldKey] | None, now: float) -> dict[str, str | None]:
        """Give what is different from ``state.held``: group key to member key, or None where nobody is held any more.

        Looked at are the groups that rest on something that ``changed`` (None: all), or on a moment that has passed. A
        group of which nobody may serve keeps whom it held. One that is not sticky any more forgets, so that it begins anew
        when it is sticky again (R-55); one that serves nowhere just now, its access domain being disabled, does not.
        """
        found: dict[str, str | None] = {}
        if changed is None:
            found = dict.fromkeys(state.held.keys() - self._groups.keys() - self._asleep)
        for name, (chain, group) in self._groups.items():
            if changed is None or self._until.get(name, now) <= now or changed & self._rests_on[name]:
                holds = self._walked(chain, group, state, now)
                held = holds[name] or state.held.get(name) if name in holds else None
                if held != state.held.get(name):
                    found[name] = held
        return found

    def _walked(self, chain: Chain, group: Group, world: World, now: float) -> dict[str, str | None]:
        facts = Facts(_ANYBODY, world, Clients(1), now)
        walk = Walk(self._service, facts, nowhere)
        walk.choose(chain, group)
        self._rests_on[group.key] = frozenset(read.world for read in facts.reads.values() if read.world)
        self._until[group.key] = min((read.until for read in facts.reads.values()), default=inf)
        return walk.holds
