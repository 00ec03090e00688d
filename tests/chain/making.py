"""Small values for tests: pools, access domains and services in a line each, and packets to ask them with."""

from random import Random

import dns.edns
import dns.flags
import dns.message
import dns.rdata
import dns.rdataclass
import dns.rdatatype

from gtm import (
    Address,
    Domain,
    Kind,
    Known,
    Member,
    NoName,
    Place,
    Plugin,
    Pool,
    Ranking,
    Record,
    Records,
    Refusal,
    Share,
    Tier,
    hookimpl,
)
from gtm import name as names
from gtm.chain import chain as chains
from gtm.chain.chain import Service
from gtm.chain.facts import Clients, Facts
from gtm.chain.walk import Walk
from gtm.dns import codes
from gtm.engine import Engine
from gtm.health.table import State
from gtm.health.world import World
from gtm.model.place import Client
from gtm.model.question import Question

ZONE = names.parse("example.com")
ORG = names.parse("example.org")
NOON = 1_750_000_000.0
PEER = "198.51.100.1"
SOMEBODY = Client.of("192.0.2.77")
SOA = Record(
    ZONE, codes.SOA, 300, names.parse("ns.example.com") + names.parse("host.example.com") + bytes(19) + b"\x3c"
)


class Believing(Engine):
    """An engine together with the world that it answers from."""

    def __init__(self, served, *more):
        super().__init__(served, *more)
        self.world = World(served)

    @property
    def table(self):
        return self.world.table

    def publish(self, table, now):
        self.world.learn(table, now)
        self.learn(self.world.state)

    def heed(self, words, now):
        self.world.heed(words, now)
        self.learn(self.world.state)

    def hold(self, held, now):
        self.world.hold(held, now)
        self.learn(self.world.state)

    def tick(self, now):
        self.world.settle(now)
        self.learn(self.world.state)

    def exchange(self, served, now):
        self.world.exchange(served, now)
        super().exchange(served, self.world.state)


def address(value, **more):
    kind = Kind.IPV6 if ":" in value else Kind.IPV4 if value[-1].isdigit() else Kind.DOMAIN
    return Address(f"address:{value}", value, kind, **more)


def pool(name, *items, **more):
    """Make a pool of addresses, or of pairs of an address and its weight."""
    pairs = [item if isinstance(item, tuple) else (item, 1) for item in items]
    members = tuple(
        Member(address(value) if isinstance(value, str) else value, position, weight)
        for position, (value, weight) in enumerate(pairs, 1)
    )
    kind = members[0].item.kind if members else Kind.IPV4
    return Pool(name, kind, members, **{"policy": "all", **more})


def domain(text, *pools, qtype=codes.A, **more):
    """Make an access domain of pools, or of pairs of a pool and its lines."""
    pairs = [item if isinstance(item, tuple) else (item, ()) for item in pools]
    members = tuple(Member(item, position, 1, lines) for position, (item, lines) in enumerate(pairs, 1))
    return Domain(names.parse(text), qtype, members, **{"policy": "all", **more})


def service(plugins, *domains, zone=ZONE, others=()):
    """Serve domains with one chain, and further zones with chains of their own."""
    built = {zone: chains.build(zone, plugins), **{other: chains.build(other, own) for other, own in others}}
    return Service(built, {(found.name, found.qtype): found for found in domains})


def engine(plugins, *domains, report=None, **more):
    """Make an engine whose chance is always the same."""
    return Believing(service(plugins, *domains, **more), Random(7), *([report] if report else []))


def query(text, rtype="A", *, ident=4711, edns=None, subnet=None, flags=dns.flags.RD, size=1232, do=False):
    """Write a query with dnspython."""
    options = []
    if subnet:
        network, _, prefix = subnet.partition("/")
        options = [dns.edns.ECSOption(network, int(prefix))]
    use = 0 if edns or subnet or do else -1
    message = dns.message.make_query(text, rtype, use_edns=use, want_dnssec=do, payload=size, options=options)
    message.id, message.flags = ident, flags
    return message.to_wire()


def walked(served, text="www.example.com", rtype="A", client=SOMEBODY, *, world=None, now=NOON, steps=None):
    """Walk once: the walk, its outcome and its facts."""
    facts = Facts(client, world or State(), Clients(64), now)
    walk = Walk(served, facts, lambda _chain, _client: Place(), steps)
    return walk, walk.run(Question.of(text, rtype)), facts


def drawn(outcome):
    """List the values that an outcome's draw chooses among, group by group."""
    return [_values(option.leads) for option in outcome.end.choice.pick.options]


def _values(leads):
    if hasattr(leads, "member"):
        return leads.member.item.value
    return [_values(option.leads) for option in leads.options]


class Stranger(Plugin):
    """A plugin from elsewhere: made without options."""

    name = "stranger"

    def __init__(self):
        pass


class All(Stranger):
    """Ranks every group alike, whatever its policy."""

    name = "all"

    @hookimpl
    def rank(self, group):
        return Ranking((Tier.of(*group.members),))


class InTurn(Stranger):
    """Ranks by position, one member a tier."""

    name = "in_turn"

    @hookimpl
    def rank(self, group):
        return Ranking(tuple(Tier.of(member) for member in group.members), hold=not group.preemptive)


class Healthy(Stranger):
    """Keeps out addresses that are down, and nothing else."""

    name = "healthy"

    @hookimpl
    def admit(self, member, facts):
        if hasattr(member.item, "value") and not facts.healthy(member.item):
            return Refusal("down")
        return None


class Static(Stranger):
    """Falls back to endings by (name, type), to NXDOMAIN for all other names of the zone."""

    name = "static"

    def __init__(self, endings=None):
        self._endings = {(names.parse(n), t): ending for (n, t), ending in (endings or {}).items()}

    @hookimpl
    def fallback(self, question):
        if question == Question(ZONE, codes.SOA):
            return Records((SOA,))
        return self._endings.get((question.name, question.qtype), NoName(SOA))


class Org(Static):
    """Another zone's records."""

    name = "org"


class Weighted(Stranger):
    """One by weight, everywhere."""

    name = "weighted"

    @hookimpl
    def rank(self, group):
        return Ranking((Tier(tuple(Share(m, m.weight) for m in group.members), "one"),))


class Nearby(Stranger):
    """Where 192/8 is Germany and the rest France, pools are chosen by it."""

    name = "nearby"

    @hookimpl
    def classify(self, client):
        return Place(country=Known("DE" if str(client.address).startswith("192.") else "FR", 8))

    @hookimpl
    def rank(self, group, facts):
        if not group.key.startswith("domain:"):
            return None
        return Ranking(tuple(Tier.of(member) for member in group.members if facts.country in member.lines))


def alias(owner, target, ttl=60):
    """Make the ending of a CNAME whose target is still to be asked."""
    record = Record(names.parse(owner), codes.CNAME, ttl, names.parse(target))
    return Records((record,), names.parse(target))


def record(owner, rtype, text, ttl=3600):
    """Make a record with dnspython."""
    rdata = dns.rdata.from_text(dns.rdataclass.IN, rtype, text)
    return Record(names.parse(owner), int(rdata.rdtype), ttl, rdata.to_wire())


def host(owner, octets=b"\xc0\x00\x02\x01", ttl=60):
    """Make the ending of one A record."""
    return Records((Record(names.parse(owner), codes.A, ttl, octets),))
