"""What an answer is one of: answers of one kind count together when they are limited (rate limiting), whatever names were asked."""

from gtm.chain.word import Outcome, Static
from gtm.dns import codes
from gtm.dns.name import Name
from gtm.model.question import Question


def kind(zone: Name, question: Question, outcome: Outcome) -> tuple[int, bool]:
    """Give a number for the kind, and whether many names have answers of it: those that do not exist, or a wildcard makes."""
    end = outcome.end
    if isinstance(end, Static) and end.rcode == codes.YXDOMAIN:
        return hash((zone, end.rcode)), False
    if isinstance(end, Static) and not outcome.answer:
        if end.rcode not in (codes.NOERROR, codes.NXDOMAIN):
            return hash(end.rcode), True
        if not end.authority or end.authority[0].rtype == codes.SOA:
            return hash((zone, end.rcode)), True
        return hash(end.authority[0].owner), True  # a referral
    if outcome.wildcard is not None:
        return hash((outcome.wildcard, question.qtype)), True
    return hash((question.name, question.qtype)), False
