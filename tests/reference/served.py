"""The real server under test: a service built from values, asked over wire octets, read back with dnspython."""

from dataclasses import dataclass, replace
from functools import lru_cache
from random import Random

import dns.edns
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype

from gtm import Known, Plugin, Setup, codes, hookimpl
from gtm import name as names
from gtm.chain import chain as chains
from gtm.chain.chain import Service, steered_names
from gtm.health.table import Belief, Table
from gtm_plugins.health import HealthFilter
from gtm_plugins.nearest import Nearest
from gtm_plugins.rescue import Rescue
from gtm_plugins.round_robin import RoundRobin
from gtm_plugins.sequence import Sequence
from gtm_plugins.ttl import Ttl
from gtm_plugins.weighted import Weighted
from gtm_plugins.zone import ZonePlugin
from tests.chain.making import Believing

ZONE = names.parse("example.com")
NOON = 1_750_000_000.0
ZONE_TTL, NEGATIVE_TTL = 600, 60
RECORDS = f"""
$TTL {ZONE_TTL}
@    SOA   ns.example.net. host.example.net. 1 3600 600 86400 {NEGATIVE_TTL}
@    NS    ns.example.net.
shop A     198.51.100.1
shop AAAA  2001:db8::1
www  A     198.51.100.2
www  AAAA  2001:db8::2
"""
SHOP, WWW = names.parse("shop.example.com"), names.parse("www.example.com")
OF_ZONE = {
    (SHOP, codes.A): ("198.51.100.1",),
    (SHOP, codes.AAAA): ("2001:db8::1",),
    (WWW, codes.A): ("198.51.100.2",),
    (WWW, codes.AAAA): ("2001:db8::2",),
}
"""What the zone says where nothing is steered."""

CLIENTS = {
    "10.1.0": ("branch", "carrier", "country"),
    "10.2.0": ("carrier", "country"),
    "10.3.0": ("country",),
    "10.4.0": ("elsewhere",),
    "10.5.0": (),
}
"""Networks of 24 bits, and the lines that clients there are on, most specific first."""


@dataclass(frozen=True)
class On:
    """The lines of one network."""

    lines: tuple

    def best(self, among):
        return Known(next((line for line in self.lines if line in among), None), 24)


class Clients(Plugin):
    """A stranger's plugin: lines by a table of networks."""

    name = "clients"

    @hookimpl
    def classify(self, client, place):
        return replace(place, lines=On(CLIENTS.get(str(client.address).rpartition(".")[0], ())))


PLUGINS = (Clients, HealthFilter, Nearest, Sequence, Weighted, RoundRobin, Ttl, Rescue)


@lru_cache
def chain_of(plugins, steered):
    """Build the zone's chain; it is pure, so equal ones are one."""
    setup = Setup(zone=ZONE, steered=steered)
    found = [kind(kind.Options(), setup) for kind in plugins]
    return chains.build(ZONE, [*found, ZonePlugin(ZonePlugin.Options(records=RECORDS), setup)])


def serve(domains, plugins=PLUGINS):
    """Build the service of these access domains."""
    chain = chain_of(plugins, steered_names(domains))
    return Service({ZONE: chain}, {(domain.name, domain.qtype): domain for domain in domains})


@dataclass(frozen=True)
class Answer:
    """What came back: records as (type, value) in the order of the wire."""

    rcode: int
    records: tuple
    ttls: frozenset
    is_authoritative: bool
    has_soa: bool
    scope: int | None

    @property
    def values(self):
        return tuple(value for _, value in self.records)


@lru_cache
def query(name, qtype, subnet=None):
    options = [dns.edns.ECSOption(*subnet)] if subnet else []
    text = names.show(name)
    # room for every answer: truncation is another story
    message = dns.message.make_query(text, qtype, use_edns=0, payload=4096, options=options, id=4711)
    return message.to_wire()


@lru_cache(maxsize=4096)
def read(octets):
    message = dns.message.from_wire(octets, one_rr_per_rrset=True)
    assert message.id == 4711
    assert message.flags & dns.flags.QR
    scopes = [option.scopelen for option in message.options if isinstance(option, dns.edns.ECSOption)]
    return Answer(
        message.rcode(),
        tuple((int(found.rdtype), found[0].to_text().removesuffix(".")) for found in message.answer),
        frozenset(found.ttl for found in message.answer),
        bool(message.flags & dns.flags.AA),
        any(found.rdtype == dns.rdatatype.SOA and found.ttl == NEGATIVE_TTL for found in message.authority),
        scopes[0] if scopes else None,
    )


class Server:
    """An engine that is always told of every change, restarts included."""

    def __init__(self, domains, plugins=PLUGINS):
        self._plugins = plugins
        self._service = serve(domains, plugins)
        self._table = Table()
        self._start({})

    def _start(self, held):
        self.engine = Believing(self._service, Random(7))
        self.engine.hold(held, NOON)
        self.engine.publish(self._table, NOON)

    def tell(self, verdicts):
        self._table = self._table.saying({key: Belief(verdict) for key, verdict in verdicts.items()})
        self.engine.publish(self._table, NOON)

    def reload(self, domains):
        self._service = serve(domains, self._plugins)
        self.engine.exchange(self._service, NOON)

    def restart(self):
        self._start(dict(self.engine.state.held))

    def ask(self, name, qtype, network, *, by_subnet=False):
        """Ask as a client in a network: by its own address, or by EDNS client subnet through a resolver in the last one."""
        peer = next(reversed(CLIENTS)) if by_subnet else network
        packet = query(name, int(qtype), (f"{network}.0", 24) if by_subnet else None)
        return read(self.engine.answer(packet, f"{peer}.1", NOON))
