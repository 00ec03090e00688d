"""The facts, and the record of those that were read.

A plugin sees the client and the world only through the ``Facts`` that it is handed. Each read is recorded with the value
it returned, and from that record follow the plan's key, what it is tied to, the ECS scope, and what ``explain`` prints.

*Client facts* differ from query to query and key a plan. *World facts* (health, the held member) change in time and tie
it. The *clock* says until when a value holds.
"""

from collections.abc import Callable, Collection, Hashable
from datetime import datetime, time, timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from math import ceil, floor, inf
from typing import Final, Protocol, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from gtm.chain.store import Store
from gtm.chain.trace import CAUGHT, PluginError, raised, shown
from gtm.dns.name import Name
from gtm.model.member import Address, Domain, Group, Mode, Pool
from gtm.model.place import Client, Known, Place
from gtm.model.resolved import Resolved, subject

T = TypeVar("T")
WorldKey = tuple[str, str]
HEALTHY: Final = "healthy"
HELD: Final = "held"
WORD: Final = "word"
LAST: Final = "last"
RESOLVED: Final = "resolved"
DRAIN, UP, DOWN = "drain", "up", "down"
"""What an operator's word on a member may be."""
WorldValue = str | bool | tuple[str, ...] | Resolved | None
_DAY: Final = 86400.0


class World(Protocol):
    """The facts that change in time, as they stood when the walk began."""

    def value(self, key: WorldKey) -> WorldValue:
        """Look one up; every key has a value."""
        ...


class ClientFact:
    """One question about a client. There is a single object for each, so a plan's branches compare by identity."""

    __slots__ = ("locate", "name", "read")

    def __init__(self, name: str, locate: "Locate", read: Callable[[Client, Place], Known[Hashable]]) -> None:
        """Name it for people; ``read`` answers it from the client and its place, which ``locate`` finds."""
        self.name, self.locate, self.read = name, locate, read


class Clients:
    """What is known about clients, within bounds however many there are."""

    def __init__(self, size: int = 32768, report: Callable[[PluginError], None] = lambda _: None) -> None:
        """Keep about ``size`` places and ``size`` answers; ``report`` hears of lines that can't be told."""
        self._report = report
        self._facts: Store[Hashable, ClientFact] = Store(size)
        self._places: Store[Hashable, Place] = Store(size)
        self.known: Store[tuple[ClientFact, bytes], Known[Hashable]] = Store(size)

    def fact(
        self, key: Hashable, name: str, locate: "Locate", read: Callable[[Client, Place], Known[Hashable]]
    ) -> ClientFact:
        """Give the one fact for this key within a chain's classification."""
        whole = (locate[0], key)
        fact = self._facts.get(whole)
        if fact is None:
            fact = ClientFact(name, locate, read)
            self._facts.put(whole, fact)
        return fact

    def ask(self, fact: ClientFact, client: Client) -> Known[Hashable]:
        """Answer a fact about a client, classifying the client when it is new."""
        key = (fact, client.key)
        known = self.known.get(key)
        if known is None:
            group, classify = fact.locate
            place = self._places.get((group, client.key))
            if place is None:
                place = classify(client)
                self._places.put((group, client.key), place)
            known = self._read(fact, client, place)
            self.known.put(key, known)
        return known

    def _read(self, fact: ClientFact, client: Client, place: Place) -> Known[Hashable]:
        bits = client.address.max_prefixlen
        try:
            known = fact.read(client, place)
            hash(known.value)
            if 0 <= known.prefix <= bits:
                return known
            self._report(PluginError("", "classify", f"rests {fact.name} on {shown(known.prefix)} bits of an address"))
        except CAUGHT as fault:
            self._report(PluginError("", "classify", f"{raised(fault)} when asked for {fact.name}"))
        return Known(None, bits)


Locate = tuple[Hashable, Callable[[Client], Place]]
"""Whose classification it is, and how to do it."""
NOWHERE: Final[Locate] = ("", lambda _: Place())


class Read(msgspec.Struct, frozen=True):
    """One fact that was read: its value, what it rests on, and the plugin that read it first.

    ``client`` is set for a client fact, ``world`` for one that ties the plan; ``until`` is when a clock fact changes.
    """

    name: str
    value: Hashable
    by: str
    client: ClientFact | None = None
    world: WorldKey | None = None
    prefix: int = 0
    until: float = inf


class Facts:
    """What a walk may know. Reading is recording."""

    def __init__(self, client: Client, world: World, clients: Clients, now: float) -> None:
        """Begin a walk for a client; ``now`` in seconds since 1970."""
        self._client, self._world, self._clients, self._now = client, world, clients, now
        self.reads: dict[Hashable, Read] = {}
        self.reader = ""
        self.locate: Locate = NOWHERE

    def line(self, among: Collection[str]) -> str | None:
        """Give the client's most specific line of those named (R-61), or None when it is on none of them."""
        wanted = frozenset(among)
        name = f"line among {', '.join(sorted(wanted))}"
        return self._about(("line", wanted), name, lambda _, place: place.lines.best(wanted))

    @property
    def continent(self) -> str | None:
        """The client's continent as two letters, such as ``EU``."""
        return self._about("continent", "continent", lambda _, place: place.continent)

    @property
    def country(self) -> str | None:
        """The client's country, ISO 3166-1 alpha-2, such as ``DE``."""
        return self._about("country", "country", lambda _, place: place.country)

    @property
    def subdivision(self) -> str | None:
        """The client's province or state, ISO 3166-2, such as ``CN-BJ``."""
        return self._about("subdivision", "subdivision", lambda _, place: place.subdivision)

    @property
    def city(self) -> str | None:
        """The client's city, by its English name."""
        return self._about("city", "city", lambda _, place: place.city)

    @property
    def asn(self) -> int | None:
        """The number of the AS that the client's network belongs to."""
        return self._about("asn", "AS number", lambda _, place: place.asn)

    @property
    def organization(self) -> str | None:
        """The holder of that AS."""
        return self._about("organization", "organization", lambda _, place: place.organization)

    def client_network(self, v4: int = 24, v6: int = 56) -> IPv4Network | IPv6Network:
        """Give the client's network, no finer than these prefix lengths. Each network makes a plan of its own, so ask for less if it serves."""

        def read(client: Client, _: Place) -> Known[IPv4Network | IPv6Network]:
            prefix = min(v4 if client.address.version == 4 else v6, client.prefix)
            return Known(ip_network((client.address, prefix), strict=False), prefix)

        return self._about(("network", v4, v6), f"client network /{v4}, /{v6}", read)

    def healthy(self, address: Address) -> bool:
        """Tell whether an address's checks let it serve (R-21); its mode and whether it is enabled are in the address itself."""
        return bool(self._of_world((HEALTHY, address.key), "health of %s"))

    def word(self, item: Domain | Pool | Address) -> str | None:
        """Give the operator's word on an item (``drain``, ``up`` or ``down``), if there is one: an override."""
        value = self._of_world((WORD, item.key), "override of %s")
        return value if isinstance(value, str) else None

    def enabled(self, item: Domain | Pool | Address) -> bool:
        """Tell whether an item takes part at all: not disabled, and not drained."""
        return item.enabled and self.word(item) != DRAIN

    def mode(self, item: Pool | Address) -> Mode:
        """Tell who decides whether an item is available: its health, or the operator, by an override or in the Corefile."""
        word = self.word(item)
        if word in (UP, DOWN):
            return Mode(word)
        return item.mode if isinstance(item, Address) else Mode.AUTO

    def last(self, domain: Domain) -> tuple[str, ...]:
        """Give the keys of the addresses that were available last, before none of the domain's was any more."""
        value = self._of_world((LAST, domain.key), "addresses of %s that were available last")
        return value if isinstance(value, tuple) else ()

    def held(self, group: Group) -> str | None:
        """Give the key of the member that the group holds on to, if it does (R-57)."""
        value = self._of_world((HELD, group.key), "member held by %s")
        return value if isinstance(value, str) else None

    def resolved(self, target: Name, qtype: int) -> Resolved | None:
        """Give the addresses of a name outside our zones (A or AAAA), or None while nothing is known of it.

        Known are the targets that some plugin of the configuration has named in ``resolves``.
        """
        value = self._of_world((RESOLVED, subject(target, qtype)), "addresses of %s")
        return value if isinstance(value, Resolved) else None

    def clock(self, name: str, schedule: Callable[[float], tuple[T, float]]) -> T:
        """Read the clock through a schedule: it is given the time, and returns a value and the moment at which that changes.

        Both are in seconds since 1970. No answer outlives that moment.
        """
        key = ("clock", name)
        found = self.reads.get(key)
        if found is None:
            value, until = schedule(self._now)
            found = Read(f"clock: {name}", value, self.reader, until=until)
            self.reads[key] = found
        return found.value  # type: ignore[return-value]

    def hours(self, start: str, end: str, zone: str = "UTC") -> bool:
        """Tell whether it is between two times of the day (``"09:00"``, ``"17:30"``) in a time zone; the end is not included."""
        return self.clock(f"{start} to {end} {zone}", lambda now: _between(now, start, end, ZoneInfo(zone)))

    def _about(self, key: Hashable, name: str, read: Callable[[Client, Place], Known[T]]) -> T:
        fact = self._clients.fact(key, name, self.locate, read)
        found = self.reads.get(fact)
        if found is None:
            known = self._clients.ask(fact, self._client)
            found = Read(name, known.value, self.reader, client=fact, prefix=known.prefix)
            self.reads[fact] = found
        return found.value  # type: ignore[return-value]

    def _of_world(self, key: WorldKey, name: str) -> WorldValue:
        found = self.reads.get(key)
        if found is None:
            found = Read(name % key[1], self._world.value(key), self.reader, world=key)
            self.reads[key] = found
        return found.value  # type: ignore[return-value]


def _between(now: float, start: str, end: str, zone: ZoneInfo) -> tuple[bool, float]:
    """Read the wall clock, and find the moment at which the answer changes; the hours of a changed clock are as it shows them."""
    opens, closes = _time(start), _time(end)

    def is_open(moment: float) -> bool:
        shown = datetime.fromtimestamp(moment, zone).time()
        return opens <= shown < closes if opens < closes else shown >= opens or shown < closes

    today = datetime.fromtimestamp(now, zone).date()
    moments = [
        datetime.combine(today + timedelta(days=day), each, zone).replace(fold=fold).timestamp()
        for day in range(3)
        for each in (opens, closes)
        for fold in (0, 1)
    ]
    moments.append(_clock_change(now, now + 2 * _DAY, zone))
    value = is_open(now)
    return value, min((at for at in moments if at > now and is_open(at) is not value), default=now + _DAY)


def _time(text: str) -> time:
    hour, _, minute = text.partition(":")
    return time(int(hour) % 24, int(minute or 0))  # 24:00 is the next day's 0:00


def _clock_change(low: float, high: float, zone: ZoneInfo) -> float:
    """Find the second at which the offset of a zone changes between two moments; ``high`` where it does not."""
    before = datetime.fromtimestamp(low, zone).utcoffset()
    if datetime.fromtimestamp(high, zone).utcoffset() == before:
        return high
    below, above = floor(low), ceil(high)
    while above - below > 1:
        middle = (below + above) // 2
        if datetime.fromtimestamp(middle, zone).utcoffset() == before:
            below = middle
        else:
            above = middle
    return above
