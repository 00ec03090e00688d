"""One walk, told: the same walk that the server takes, with everything that was read and said on it."""

from collections.abc import Hashable, Iterator
from dataclasses import fields
from itertools import islice, product
from math import inf
from typing import Final

import dns.rdata
import dns.rdataclass
import dns.rdatatype
import msgspec

from gtm.chain.chain import Chain, Service
from gtm.chain.classify import classify
from gtm.chain.facts import WORD, Clients, Facts, World
from gtm.chain.plan import lifetime
from gtm.chain.trace import PluginError, Step
from gtm.chain.walk import Walk
from gtm.chain.word import Leaf, Outcome, Pick, Steered
from gtm.dns import codes, name
from gtm.dns.record import Record
from gtm.model.member import Address
from gtm.model.place import Client, Known, Place
from gtm.model.question import Question

MOST: Final = 1000
"""Different answers that are listed at most."""


class Way(msgspec.Struct, frozen=True, omit_defaults=True):
    """One possible answer: its records' data, the share of queries that get it, and whether its order rotates."""

    records: tuple[str, ...]
    share: float
    rotates: bool = False


class FactRead(msgspec.Struct, frozen=True):
    """A fact, the value that was read, who read it first, and the leading address bits that it rests on."""

    name: str
    value: str | int | bool | None
    read_by: str
    prefix: int


class Explanation(msgspec.Struct, frozen=True):
    """All about one answer; ``gtm explain --json`` prints it as it is. ``ttl`` in seconds."""

    question: str
    client: str
    zone: str | None
    rcode: str
    aliases: tuple[str, ...]
    answers: tuple[Way, ...]
    ttl: int | None
    ttl_from: str | None
    ecs_scope: int
    facts: tuple[FactRead, ...]
    steps: tuple[Step, ...]

    @property
    def records(self) -> frozenset[str]:
        """Every record that may be given."""
        return frozenset(record for way in self.answers for record in way.records)


def explain(service: Service, question: Question, client: Client, world: World, now: float) -> Explanation:
    """Walk for a client as of ``now`` (seconds since 1970), and tell of it."""
    steps: list[Step] = []

    def complain(error: PluginError) -> None:
        steps.append(Step(error.hook, error.plugin, "", "", "error", error.reason))

    found = [Place()]

    def hear(plugin: str, place: Place | None) -> None:
        steps.append(Step("classify", plugin, "", "", *(_told(found[-1], place) if place else ("pass", ""))))
        found.append(place or found[-1])

    def locate(chain: Chain, visitor: Client) -> Place:
        return classify(chain, visitor, complain, hear)

    facts = Facts(client, world, Clients(1024), now)
    walk = Walk(service, facts, locate, steps)
    outcome = walk.run(question)
    chain = service.chain(question.name)
    ttl, ttl_from = _ttl(facts, outcome, now)
    end = outcome.end
    return Explanation(
        question=str(question),
        client=f"line {client.line}" if client.line else f"{client.address}/{client.prefix}",
        zone=name.show(chain.zone) if chain else None,
        rcode=codes.rcode_text(codes.NOERROR if isinstance(end, Steered) else end.rcode),
        aliases=tuple(_data(record) for record in outcome.answer if record.rtype == codes.CNAME),
        answers=tuple(_ways(outcome)),
        ttl=ttl,
        ttl_from=ttl_from,
        ecs_scope=max((read.prefix for read in facts.reads.values()), default=0),
        facts=tuple(
            FactRead(read.name, _plain(read.value), read.by, read.prefix)
            for read in facts.reads.values()
            if read.value is not None or read.world is None or read.world[0] != WORD  # nobody's word is no news
        ),
        steps=tuple(steps),
    )


def _ttl(facts: Facts, outcome: Outcome, now: float) -> tuple[int | None, str | None]:
    """Find the smallest TTL in the answer, and what set it."""
    _, most = lifetime(facts.reads.values(), outcome, now)
    end = outcome.end
    given = [(record.ttl, "zone") for record in outcome.answer]
    if isinstance(end, Steered):
        given.append((end.ttl, end.ttl_from))
    else:
        given += [(record.ttl, "zone") for record in end.authority]
    clocks = [read for read in facts.reads.values() if read.until < inf]
    if clocks and given:
        given.append((most, min(clocks, key=lambda read: read.until).name))
    return min(given, key=lambda pair: pair[0]) if given else (None, None)


def _ways(outcome: Outcome) -> Iterator[Way]:
    if isinstance(outcome.end, Steered):
        for share, records, rotates in islice(_drawn(outcome.end.choice.pick), MOST):
            yield Way(records, round(share, 6), rotates)
        return
    final = tuple(_data(r) for r in outcome.answer if r.rtype not in (codes.CNAME, codes.DNAME))
    final = final or tuple(_data(record) for record in outcome.answer[-1:])
    if final:
        yield Way(final, 1.0)


Drawn = tuple[float, tuple[str, ...], bool]


def _drawn(way: Pick | Leaf) -> Iterator[Drawn]:
    """Yield every outcome of a draw: its share, its records, and whether they rotate."""
    if isinstance(way, Leaf):
        yield from _leaf(way)
        return
    if way.give == "one" or way.is_alias:
        weights = [option.weight for option in way.options] if way.give == "one" else []
        weights = weights if any(weights) else [1] * len(way.options)
        for option, weight in zip(way.options, weights, strict=True):
            if weight:
                turning = way.give == "all" and len(way.options) > 1
                for share, records, rotates in _drawn(option.leads):
                    yield share * weight / sum(weights), records, rotates or turning
        return
    for parts in product(*(tuple(_drawn(option.leads)) for option in way.options)):
        share = 1.0
        for part in parts:
            share *= part[0]
        records = tuple(dict.fromkeys(record for part in parts for record in part[1]))
        yield share, records, len(records) > 1 and (len(parts) > 1 or any(part[2] for part in parts))


def _leaf(leaf: Leaf) -> Iterator[Drawn]:
    address = leaf.member.item
    assert isinstance(address, Address)
    if leaf.then is None:
        yield 1.0, (address.value.removesuffix("."),), False
    else:
        yield from ((way.share, way.records, way.rotates) for way in _ways(leaf.then))


def _data(record: Record) -> str:
    rdata = dns.rdata.from_wire(
        dns.rdataclass.IN, dns.rdatatype.RdataType.make(record.rtype), record.rdata, 0, len(record.rdata)
    )
    return rdata.to_text().removesuffix(".") if record.rtype in (codes.CNAME, codes.NS) else rdata.to_text()


def _plain(value: Hashable) -> str | int | bool | None:
    return value if value is None or isinstance(value, str | int | bool) else str(value)


def _told(before: Place, place: Place) -> tuple[str, str]:
    """Say what a plugin added to a place."""
    added = [(each.name, getattr(place, each.name)) for each in fields(place)]
    added = [(key, value) for key, value in added if value != getattr(before, key)]
    told = (f"{key} {value.value} /{value.prefix}" if isinstance(value, Known) else key for key, value in added)
    return "place", ", ".join(told)
