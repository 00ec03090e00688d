"""Who gets how much now: the walk of a client of whom nothing is known, and the shares that its draws have."""

from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Final

from gtm.chain.chain import Service
from gtm.chain.classify import nowhere
from gtm.chain.facts import Clients, Facts
from gtm.chain.walk import Walk
from gtm.chain.word import Pick, Steered
from gtm.health.table import State
from gtm.health.world import Looking
from gtm.model.available import pool_refused
from gtm.model.member import Domain, Pool
from gtm.model.place import Client
from gtm.model.question import Question

_ANYBODY: Final = Client(ip_address("0.0.0.0"), 0)


@dataclass(frozen=True, slots=True)
class Shares:
    """The fraction of queries in whose answer a member comes first, by the keys on the way to it: pool, or pool and address."""

    rescued: bool
    of: dict[tuple[str, ...], float] = field(default_factory=dict)

    def share(self, *way: str) -> float:
        """Look a share up, to the millionth."""
        return round(self.of.get(way, 0.0), 6)


def shares(service: Service, domain: Domain, state: State, now: float) -> Shares | None:
    """Find the shares in an access domain as of ``now`` (seconds since 1970); None where it is not steered."""
    facts = Facts(_ANYBODY, state, Clients(1), now)
    if not domain.schedules or not facts.enabled(domain):
        return None
    end = Walk(service, facts, nowhere).run(Question(domain.name, domain.qtype)).end
    if not isinstance(end, Steered):
        return Shares(rescued=_nobody(domain, Looking(state)))
    found = Shares(rescued=end.choice.rescued)
    _follow(end.choice.pick, (), 1.0, found.of)
    return found


def _nobody(domain: Domain, sight: Looking) -> bool:
    """Tell whether no pool is available, so that what is answered is what ``when_all_down`` says."""
    pools = [member.item for member in domain.members if isinstance(member.item, Pool)]
    return not any(sight.enabled(pool) and pool_refused(pool, sight) is None for pool in pools)


def _follow(pick: Pick, way: tuple[str, ...], share: float, found: dict[tuple[str, ...], float]) -> None:
    weights = [option.weight for option in pick.options] if pick.give == "one" else []
    weights = weights if any(weights) else [1] * len(pick.options)
    for option, weight in zip(pick.options, weights, strict=True):
        path = (*way, option.member.key)
        part = share * weight / sum(weights)
        found[path] = found.get(path, 0.0) + part
        if isinstance(option.leads, Pick):
            _follow(option.leads, path, part, found)
