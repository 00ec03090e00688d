"""The walk: a query through a zone's chain, hook by hook, over facts. Pure: the same facts end in the same outcome.

    rank, admit, rank, admit, (rescue), expire        when the name and type are steered
    fallback                                          when they are not, or nothing there can be scheduled

An alias whose target lies in one of our zones is followed, so a walk may pass through several chains. Hosts that the
answer names, and that are steered, are walked as well.
"""

from collections.abc import Callable
from functools import partial
from typing import Final

from gtm.chain import ends, law
from gtm.chain.ask import Asker
from gtm.chain.chain import Chain, Service
from gtm.chain.choose import Chooser, Nobody
from gtm.chain.company import accompany, unhinted
from gtm.chain.facts import Facts
from gtm.chain.flat import Flattener
from gtm.chain.trace import Step
from gtm.chain.word import Outcome, Static, Steered
from gtm.dns import codes
from gtm.dns.host import NAMING
from gtm.dns.name import Name
from gtm.dns.record import Record
from gtm.model.ending import Alias, Ending, NoData, NoName, Records, Referral, Refused, TooLong
from gtm.model.member import Address, Domain
from gtm.model.place import Client, Place
from gtm.model.question import Question

MAX_ALIASES: Final = 16
"""Aliases that are followed for one question."""

_NOBODY: Final = "no pool fits this client"


class Walk(Chooser):
    """One walk. ``errors`` tells afterwards what went wrong on it.

    ``is_steered``: what was found is not just what a zone says.
    """

    def __init__(
        self,
        service: Service,
        facts: Facts,
        locate: Callable[[Chain, Client], Place],
        steps: list[Step] | None = None,
    ) -> None:
        """Prepare a walk over what is served; ``locate`` finds a client's place when a fact needs it.

        Every word that is said on the way is added to ``steps``, where somebody wants to know.
        """
        super().__init__(Asker(facts, steps))
        self._service, self._locate, self._steps = service, locate, steps
        self._aliases = 0
        self._qtype = 0
        self._visited: set[Name] = set()
        self._wildcard: Name | None = None
        self.is_steered = False
        self.errors = self._asker.errors

    def run(self, question: Question) -> Outcome:
        """Answer a question, with the hosts that the answer names."""
        outcome = self.follow(question)
        end = outcome.end
        if isinstance(end, Static) and any(record.rtype in NAMING for record in (*outcome.answer, *end.authority)):
            return accompany(self._service, outcome, end, self._visit)
        return outcome

    def _visit(self, question: Question) -> tuple[Outcome, bool]:
        """Walk for a host that an answer names, and tell whether it is steered."""
        walk = Walk(self._service, self._facts, self._locate, self._steps)
        outcome = walk.follow(question)
        self.errors += walk.errors
        return outcome, walk.is_steered

    def follow(self, question: Question) -> Outcome:
        """Answer a question, aliases followed."""
        answer: tuple[Record, ...] = ()
        asked = question
        self._qtype = question.qtype
        visited = self._visited = {*self._visited, question.name}
        while True:
            chain = self._service.chain(asked.name, asked.qtype)
            if chain is None:
                return self._out(asked, answer, Static() if answer else ends.REFUSED)
            end: Steered | Static | Ending = self._answer(chain, asked)
            if isinstance(end, Alias):
                end = self._flattened(chain, asked, end)
            if isinstance(end, Steered | Static):
                return self._out(asked, answer, end)
            if not isinstance(end, Records):
                return self._ended(asked, answer, end)
            self._wildcard = self._wildcard or end.wildcard
            answer += tuple(record for record in end.answer if record not in answer)  # a DNAME may apply twice
            target = end.target
            if target is None or target in visited or self._aliases >= MAX_ALIASES:
                return self._out(asked, answer, Static(optional=end.additional))
            visited.add(target)
            self._aliases += 1
            asked = Question(target, asked.qtype)

    def _out(self, asked: Question, answer: tuple[Record, ...], end: Steered | Static) -> Outcome:
        return Outcome(asked, answer, end, self._wildcard)

    def _ended(self, asked: Question, answer: tuple[Record, ...], end: Ending) -> Outcome:
        """Put a negative end behind the aliases that led there (RFC 6604: the code describes the last name)."""
        match end:
            case NoData(soa, remark):
                static = Static(authority=(soa,) if soa else (), ede=(codes.OTHER, remark) if remark else None)
            case NoName(soa):
                static = Static(codes.NXDOMAIN, authority=(soa,) if soa else ())
            case Referral(authority, glue, additional):
                static = Static(authoritative=bool(answer), authority=authority, additional=glue, optional=additional)
            case TooLong(records):
                answer += tuple(record for record in records if record not in answer)
                static = Static(codes.YXDOMAIN)
            case _:
                static = Static() if answer else ends.REFUSED
        if self.errors and isinstance(end, NoData | NoName | Refused):
            # a fault of ours must never turn into a denial that resolvers remember
            return self._out(asked, (), ends.BROKEN)
        return self._out(asked, answer, static)

    def _answer(self, chain: Chain, asked: Question) -> Steered | Ending:
        self._facts.locate = (chain.zone, partial(self._locate, chain))
        domain = self._domain(asked)
        if domain is None:
            return self._fallback(chain, asked)
        self.is_steered = True
        chosen = self.steer(chain, domain)
        if chosen is Nobody.REFUSED:
            return self._fallback(chain, asked)
        if chosen is Nobody.EMPTY or chosen == NoData():
            self._asker.say("rank", "", domain, None, "empty", "the policy finds nothing for this client")
            return self._no_data(chain, _NOBODY)
        return chosen

    def _domain(self, asked: Question) -> Domain | None:
        """Find the access domain: of this type, or the CNAME that covers every type without one (R-2, AMB-26)."""
        wanted = (codes.A, codes.AAAA, codes.CNAME) if asked.qtype == codes.ANY else (asked.qtype, codes.CNAME)
        for qtype in wanted:
            domain = self._service.domains.get((asked.name, qtype))
            self._facts.reader = ""
            if domain is not None and domain.schedules and self._facts.enabled(domain):
                return domain
        return None

    def lead(self, address: Address) -> Outcome | None:
        """Follow the CNAME that a domain address becomes, when its target is ours (RFC 1034 section 3.6.2)."""
        target = Question(Name(address.rdata), self._qtype)
        if self._qtype == codes.CNAME or not self._is_new(target.name) or self._service.chain(target.name) is None:
            return None
        followed = self._detour(target)
        end = followed.end
        # what does not end in records is left for the resolver to ask
        if isinstance(end, Static) and (end.rcode or end.authority or not followed.answer):
            return None
        return unhinted(self._service, followed)

    def _is_new(self, name: Name) -> bool:
        return name not in self._visited and self._aliases < MAX_ALIASES

    def _detour(self, target: Question) -> Outcome:
        """Follow a name within the walk for another, and come back."""
        self._aliases += 1
        before = self._facts.locate, self._visited
        followed = self.follow(target)
        self._facts.locate, self._visited = before
        return followed

    def _flattened(self, chain: Chain, asked: Question, alias: Alias) -> Steered | Ending | Static:
        """Answer with the addresses of an alias's target, as of this name."""
        self.is_steered = True
        self._wildcard = self._wildcard or alias.wildcard
        if asked.qtype not in (codes.A, codes.AAAA):
            return self._no_data(chain)
        if self._service.chain(alias.target) is None:
            followed = None
        elif self._is_new(alias.target):
            followed = self._detour(Question(alias.target, asked.qtype))
        else:
            return ends.ASTRAY
        found = Flattener(asked, self._service, self._facts).flatten(alias, followed)
        return self._no_data(chain) if found is None else found

    def _fallback(self, chain: Chain, asked: Question) -> Ending:
        word: Ending | None = self._asker.first(chain.fallback, "fallback", asked, law.ending)
        exists = asked.name in self._service.steered
        if word is None:
            return NoData() if exists else Refused()
        if isinstance(word, NoName) and exists:
            return NoData(word.soa)
        return word

    def _no_data(self, chain: Chain, remark: str = "") -> NoData:
        """Say that there is nothing for this client, with the zone's own SOA (R-65, AMB-15)."""
        word = self._asker.first(chain.fallback, "fallback", Question(chain.zone, codes.SOA), law.ending)
        if not isinstance(word, Records) or not word.answer:
            return NoData(remark=remark)
        soa = word.answer[0]
        negative = Record(soa.owner, soa.rtype, min(soa.ttl, int.from_bytes(soa.rdata[-4:])), soa.rdata)
        return NoData(negative, remark)
