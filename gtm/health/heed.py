"""Which addresses' health decides about an answer: those that some plugin of the chain asks for when it matters. Pure."""

from dataclasses import replace
from ipaddress import ip_address

from gtm.chain.chain import Service
from gtm.chain.classify import nowhere
from gtm.chain.facts import HEALTHY, Clients, Facts
from gtm.chain.walk import Walk
from gtm.health.table import State
from gtm.model.member import Address, Domain, Pool
from gtm.model.place import Client

_ANYBODY = Client(ip_address("0.0.0.0"), 0)


def ignored(service: Service, domain: Domain, now: float) -> frozenset[str]:
    """Give the keys of a domain's addresses whose health nobody asks for, though all of them are dead: a chain without ``health``."""
    chain = service.chain(domain.name)
    pools = [member for member in domain.members if isinstance(member.item, Pool)]
    items = (member.item for pool in pools if isinstance(pool.item, Pool) for member in pool.item.members)
    keys = frozenset(item.key for item in items if isinstance(item, Address))
    if chain is None:
        return keys
    facts = Facts(_ANYBODY, State(down=keys), Clients(1), now)
    for pool in pools:  # each by itself: a pool behind one that answers is not asked about
        Walk(service, facts, nowhere).choose(chain, replace(domain, members=(pool,)))
    return keys - {read.world[1] for read in facts.reads.values() if read.world and read.world[0] == HEALTHY}
