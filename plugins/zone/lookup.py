"""Finds how a question ends (RFC 1034 section 4.3.2, RFC 4592, RFC 6672)."""

from gtm import Ending, Name, NoName, Question, Record, Records, Referral, TooLong, codes, name

from .targets import alias
from .tree import Node, Tree


def find(tree: Tree, question: Question) -> Ending | None:
    """Give the ending of a question, or None when the name is outside the zone."""
    node = tree.get(question.name)
    if node is not None:
        return node.answers.get(question.qtype, node.otherwise)
    encloser = question.name
    while node is None:
        if not encloser[0]:
            return None
        encloser = Name(encloser[1 + encloser[0] :])
        node = tree.get(encloser)
    match node.below:
        case Node() as wildcard:
            ending = wildcard.answers.get(question.qtype, wildcard.otherwise)
            return synthesize(question.name, Name(b"\1*" + encloser), ending)
        case Record() as dname:
            return substitute(question, dname)
        case NoName() | Referral() as ending:
            return ending


def synthesize(asked: Name, wildcard: Name, ending: Ending) -> Ending:
    """Give a wildcard's ending to the name that was asked (RFC 4592 section 3.3.1)."""
    if not isinstance(ending, Records):
        return ending
    answer = tuple(Record(asked, record.rtype, record.ttl, record.rdata) for record in ending.answer)
    return Records(answer, ending.target, ending.additional, wildcard)


def substitute(question: Question, dname: Record) -> Ending:
    """Put a DNAME's target in the place of its owner, as a CNAME with the same TTL (RFC 6672 section 2.2).

    All that it makes counts as made from one name, as with a wildcard. The new name is not asked when the CNAME itself was. Nor is it where a DNAME leads below its own owner: it would be
    applied again and again until the name is too long, and never come to data.
    """
    kept = question.name[: -len(dname.owner)]
    made = kept + dname.rdata
    if len(made) > name.MAX_NAME:
        return TooLong((dname,))
    answer = (dname, Record(question.name, codes.CNAME, dname.ttl, made))
    target = alias(dname)
    if question.qtype in (codes.CNAME, codes.ANY) or name.is_under(target, dname.owner):
        return Records(answer, wildcard=dname.owner)
    return Records(answer, Name(kept + target), wildcard=dname.owner)
