"""What goes along with an answer: the addresses of hosts that its records name, where those are steered.

The other hosts' addresses a zone knows by itself, and gives in ``Records.additional``. Hints of addresses in SVCB and
HTTPS records follow the steering too: a client that connects to what a zone's author once wrote would go around it.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

import msgspec

from gtm.chain.chain import Service
from gtm.chain.word import Host, Outcome, Static, Steered
from gtm.dns import codes, svcb
from gtm.dns.host import host
from gtm.dns.name import Name
from gtm.dns.record import Record
from gtm.model.question import Question

MOST: Final = 16
"""Hosts of one answer that are walked for."""
_SERVICES: Final = (codes.SVCB, codes.HTTPS)

Records = tuple[Record, ...]
Known = Mapping[Question, Host | Records]
"""The addresses of steered hosts: to be drawn, or as they stand, or none."""
Visit = Callable[[Question], tuple[Outcome, bool]]
"""Walks for a host, and tells whether it is steered."""


def accompany(service: Service, outcome: Outcome, end: Static, visit: Visit) -> Outcome:
    """Let steered hosts go along with an outcome that ends as ``end``, and put what is steered into hints."""
    hosts, left = _worth(service, (*outcome.answer, *end.authority))
    known: dict[Question, Host | Records] = {Question(each, qtype): () for each in left for qtype in svcb.HINTS}
    for each in hosts:
        visits = [(question, *visit(question)) for question in (Question(each, qtype) for qtype in svcb.HINTS)]
        if any(is_steered for _, _, is_steered in visits):
            known.update((question, _addresses(question, visited)) for question, visited, _ in visits)
    if not known:
        return outcome
    glue = {Question(record.owner, record.rtype) for record in end.additional}
    optional = [record for record in end.optional if Question(record.owner, record.rtype) not in known]
    for question, found in known.items():
        if question not in glue and not isinstance(found, Host):
            optional += found
    drawn = tuple(found for found in known.values() if isinstance(found, Host) and found.question not in glue)
    end = msgspec.structs.replace(end, optional=tuple(optional), hosts=drawn)
    return msgspec.structs.replace(outcome, answer=_advised(outcome.answer, known), end=end)


def _worth(service: Service, records: Records) -> tuple[list[Name], list[Name]]:
    """List the hosts that are worth a walk, and those that are too many."""
    found: dict[Name, None] = {}
    for record in records:
        named = host(record)
        if named is not None and (named in service.steered or (hints(record) and service.chain(named))):
            found[named] = None
    return list(found)[:MOST], list(found)[MOST:]


def hints(record: Record) -> dict[int, Question]:
    """Say what the address hints of an SVCB or HTTPS record repeat: by key, the question that asks for it."""
    named = host(record) if record.rtype in _SERVICES else None
    if named is None:
        return {}
    keys = svcb.hints(record.rdata)
    return {key: Question(named, qtype) for qtype, key in svcb.HINTS.items() if key in keys}


def _addresses(question: Question, visited: Outcome) -> Host | Records:
    """Take what a host's name itself comes down to: behind a CNAME there is nothing to go along (RFC 2181 section 10.3)."""
    end = visited.end
    if isinstance(end, Steered):
        return () if visited.answer or end.choice.pick.is_alias else Host(question, end)
    return tuple(r for r in visited.answer if (r.owner, r.rtype) == (question.name, question.qtype))


def _advised(answer: Records, known: Known) -> Records:
    """Put fixed hints in, and take those out for which there is no address; drawn ones find their place later.

    No record lives longer than the addresses that are hinted at, and all of a set live equally long (RFC 2181 section 5.2).
    """
    changed = [_steered(record, known) for record in answer]
    ttl = min((record.ttl for record in changed if record.rtype in _SERVICES), default=0)
    return tuple(replace(record, ttl=ttl) if record.rtype in _SERVICES else record for record in changed)


def _steered(record: Record, known: Known) -> Record:
    asked = hints(record)
    if not asked:
        return record
    fixed: dict[int, bytes] = {}
    ttl = record.ttl
    for key, question in asked.items():
        found = known.get(question)
        if isinstance(found, Host):
            ttl = min(ttl, found.end.ttl)
        elif found is not None:
            fixed[key] = b"".join(each.rdata for each in found)
            ttl = min([ttl, *(each.ttl for each in found)])
    return replace(record, ttl=ttl, rdata=svcb.hinted(record.rdata, fixed))


def unhinted(service: Service, outcome: Outcome) -> Outcome:
    """Leave out all hints at hosts within our zones."""

    def bare(record: Record) -> Record:
        named = host(record) if hints(record) else None
        if named is None or service.chain(named) is None:
            return record
        return replace(record, rdata=svcb.hinted(record.rdata, dict.fromkeys(svcb.HINTS.values(), b"")))

    if not any(record.rtype in _SERVICES for record in outcome.answer):
        return outcome
    return msgspec.structs.replace(outcome, answer=tuple(map(bare, outcome.answer)))
