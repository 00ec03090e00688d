"""The zone as it answers: for each existing name the ending of every question, worked out when the zone is read.

So a lookup is dictionaries only. Names below a delegation or a DNAME are not in the tree; empty non-terminals and names of
access domains are.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from gtm import Ending, Name, NoData, NoName, Record, Records, Referral, codes, host, name

from .contents import RRSIG, Contents
from .rules import NSEC
from .targets import ADDRESSES, alias

_ANY_FIRST: Final = (codes.A, codes.AAAA, codes.CNAME)
_ANY_LAST: Final = frozenset({RRSIG, NSEC, 50})


@dataclass(frozen=True, slots=True)
class Node:
    """An existing name: how a question for it ends, by type, and how one for a name below it that has no node.

    ``below`` is a Node for a wildcard (its endings, under the asked name), a Record for a DNAME, and an ending otherwise.
    """

    answers: Mapping[int, Ending]
    otherwise: Ending
    below: "Node | Record | Referral | NoName"


Tree = Mapping[Name, Node]


def grow(contents: Contents) -> Tree:
    """Work out the tree of a zone that has kept the rules."""
    soa = contents.records(contents.zone, codes.SOA)[0]
    # RFC 2308 section 5
    negative = Record(soa.owner, soa.rtype, min(soa.ttl, int.from_bytes(soa.rdata[-4:])), soa.rdata)
    nodes: dict[Name, Node] = {}
    # longest first: a node holds the wildcard below it
    for owner in sorted(contents.existing, key=len, reverse=True):
        nodes[owner] = _node(contents, owner, negative, nodes.get(Name(b"\1*" + owner)))
    return nodes


def _node(contents: Contents, owner: Name, negative: Record, wildcard: Node | None) -> Node:
    if contents.is_cut(owner):
        return _delegation(contents, owner, negative)
    answers = {rtype: _positive(contents, owner, rtype) for rtype in contents.names.get(owner, {})}
    otherwise: Ending = NoData(negative)
    if answers:
        answers[codes.ANY] = answers[_smallest(answers)]
    if codes.CNAME in answers:
        cname = answers[codes.CNAME].answer
        otherwise = Records(cname, alias(cname[0]))
    if codes.DNAME in answers:
        return Node(answers, otherwise, answers[codes.DNAME].answer[0])
    return Node(answers, otherwise, wildcard or NoName(negative))


def _delegation(contents: Contents, cut: Name, negative: Record) -> Node:
    """Refer everything to the servers of a delegation, but its DS record, which is ours (RFC 4035 section 3.1.4.1)."""
    servers = contents.records(cut, codes.NS)
    hosts = [found for found in map(host, servers) if found is not None]
    glue = _addresses(contents, (found for found in hosts if name.is_under(found, cut)))
    known = (found for found in hosts if not name.is_under(found, cut) and found not in contents.steered)
    referral = Referral(servers, glue, _addresses(contents, known))
    ds = contents.records(cut, codes.DS)
    return Node({codes.DS: Records(ds) if ds else NoData(negative)}, referral, referral)


def _positive(contents: Contents, owner: Name, rtype: int) -> Records:
    records = contents.records(owner, rtype)
    return Records(records, additional=_addresses(contents, _hosts(contents, records)))


def _hosts(contents: Contents, records: Iterable[Record]) -> Iterator[Name]:
    """Name the hosts whose addresses may go along: steered ones not, their addresses are for a policy to choose."""
    for record in records:
        found = host(record)
        # a service at a wildcard that serves itself has as many hosts as there are names
        is_any = found == record.owner and found.startswith(b"\1*") and record.rtype in (codes.SVCB, codes.HTTPS)
        if found is not None and found not in contents.steered and not is_any:
            yield found


def _addresses(contents: Contents, hosts: Iterable[Name]) -> tuple[Record, ...]:
    """Give the addresses of hosts, those that a wildcard makes included (RFC 1034 section 4.3.2 step 6)."""
    return tuple(
        replace(record, owner=found)
        for found in dict.fromkeys(hosts)
        for record in contents.records(contents.source(found), *ADDRESSES)
    )


def _smallest(answers: Mapping[int, Records]) -> int:
    """Choose the one RRset that answers ANY (RFC 8482 section 4.1): addresses or an alias, else the lowest type number."""
    for rtype in _ANY_FIRST:
        if rtype in answers:
            return rtype
    return min(answers, key=lambda rtype: (rtype in _ANY_LAST, rtype))
