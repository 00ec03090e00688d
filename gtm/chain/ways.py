"""The ways in which an outcome can be drawn, as text: what is answered, in which share of queries."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from ipaddress import ip_address
from itertools import islice, product
from typing import Final

import dns.rdata
import dns.rdataclass
import dns.rdatatype
import msgspec

from gtm.chain.company import hints
from gtm.chain.word import Leaf, Outcome, Pick, Static, Steered
from gtm.dns import codes, name, svcb
from gtm.dns.record import Record
from gtm.model.member import Address
from gtm.model.question import Question

MOST: Final = 1000
"""Different answers that are listed at most."""


class Way(msgspec.Struct, frozen=True, omit_defaults=True):
    """One possible answer: its records' data, the share of queries that get it, and whether its order rotates."""

    records: tuple[str, ...]
    share: float
    rotates: bool = False


class Company(msgspec.Struct, frozen=True):
    """A host whose addresses go along with the answer: its name and a type, and the ways in which those are drawn."""

    host: str
    type: str
    answers: tuple[Way, ...]


def ways(outcome: Outcome) -> Iterator[Way]:
    """Yield every way to answer: of an answer that is not drawn there is one, and none where it has no record."""
    end = outcome.end
    if isinstance(end, Steered):
        yield from _listed(_drawn(end.choice.pick))
        return
    final = tuple(r for r in outcome.answer if r.rtype not in (codes.CNAME, codes.DNAME)) or outcome.answer[-1:]
    if final:
        yield from _listed(_advised(final, end))


def company(end: Static) -> Iterator[Company]:
    """Yield the hosts that go along with an answer."""
    fixed: dict[tuple[bytes, int], list[str]] = {}
    for record in (*end.additional, *end.optional):
        fixed.setdefault((record.owner, record.rtype), []).append(data(record))
    for (owner, rtype), records in fixed.items():
        yield Company(name.show(owner), codes.type_text(rtype), (Way(tuple(records), 1.0),))
    for each in end.hosts:
        asked = each.question
        yield Company(name.show(asked.name), codes.type_text(asked.qtype), tuple(_listed(_drawn(each.end.choice.pick))))


Drawn = tuple[float, tuple[str, ...], bool]


def _listed(drawn: Iterable[Drawn]) -> Iterator[Way]:
    for share, records, rotates in islice(drawn, MOST):
        yield Way(records, round(share, 6), rotates)


def _advised(records: tuple[Record, ...], end: Static) -> Iterator[Drawn]:
    """Yield the records with every combination of what may be drawn into their hints."""
    asked = {record: frozenset(hints(record).values()) for record in records}
    hosts = [each for each in end.hosts if any(each.question in questions for questions in asked.values())]
    for parts in product(*(tuple(_drawn(each.end.choice.pick)) for each in hosts)):
        share, given = 1.0, {}
        for each, part in zip(hosts, parts, strict=True):
            share *= part[0]
            given[each.question] = b"".join(ip_address(value).packed for value in part[1])
        filled = (
            _filled(record, {q: octets for q, octets in given.items() if q in asked[record]}) for record in records
        )
        yield share, tuple(map(data, filled)), any(part[2] for part in parts)


def _filled(record: Record, given: Mapping[Question, bytes]) -> Record:
    values = {svcb.HINTS[question.qtype]: octets for question, octets in given.items()}
    return replace(record, rdata=svcb.hinted(record.rdata, values)) if values else record


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
        yield from ((way.share, way.records, way.rotates) for way in ways(leaf.then))


def data(record: Record) -> str:
    """Write a record's data as a zone file does; a CNAME's or NS's without the final dot."""
    rdata = dns.rdata.from_wire(
        dns.rdataclass.IN, dns.rdatatype.RdataType.make(record.rtype), record.rdata, 0, len(record.rdata)
    )
    return rdata.to_text().removesuffix(".") if record.rtype in (codes.CNAME, codes.NS) else rdata.to_text()
