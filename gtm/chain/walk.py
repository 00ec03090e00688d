"""The walk: a query through a zone's chain, hook by hook, over facts. Pure: the same facts end in the same outcome.

    rank, admit, rank, admit, (rescue), expire        when the name and type are steered
    fallback                                          when they are not, or nothing there can be scheduled

An alias whose target lies in one of our zones is followed, so a walk may pass through several chains.
"""

from collections.abc import Callable, Iterator
from enum import Enum, auto
from functools import partial
from typing import Any, Final

from gtm.chain import law
from gtm.chain.chain import Chain, Hook, Service
from gtm.chain.facts import Facts
from gtm.chain.trace import CAUGHT, PluginError, Step, raised, shown, told
from gtm.chain.word import Choice, Leaf, Option, Outcome, Pick, Static, Steered
from gtm.dns import codes
from gtm.dns.name import Name
from gtm.dns.record import MAX_TTL, Record
from gtm.model.ending import Ending, NoData, NoName, Records, Referral, Refused, TooLong
from gtm.model.member import Address, Domain, Group, Kind, Member
from gtm.model.place import Client, Place
from gtm.model.question import Question
from gtm.model.ranking import Ranking, Refusal, Share

MAX_ALIASES: Final = 16
"""Aliases that are followed for one question."""


class Nobody(Enum):
    """A group that comes down to no address: every member was refused, or the policy found that none fits."""

    REFUSED = auto()
    EMPTY = auto()


class Walk:
    """One walk. ``errors`` tells afterwards what went wrong on it, ``holds`` which groups hold, and the member that each takes."""

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
        self._service, self._facts, self._locate = service, facts, locate
        self._aliases = 0
        self._refused = False
        self._qtype = 0
        self._visited: set[Name] = set()
        self._steps = steps
        self.errors: list[PluginError] = []
        self.holds: dict[str, str | None] = {}

    def run(self, question: Question) -> Outcome:
        """Answer a question."""
        answer: tuple[Record, ...] = ()
        asked = question
        self._qtype = question.qtype
        visited = self._visited = {*self._visited, question.name}
        while True:
            chain = self._service.chain(asked.name)
            if chain is None:
                return Outcome(asked, answer, Static() if answer else Static(codes.REFUSED, authoritative=False))
            end = self._answer(chain, asked)
            if isinstance(end, Steered):
                return Outcome(asked, answer, end)
            if not isinstance(end, Records):
                return self._ended(asked, answer, end)
            answer += tuple(record for record in end.answer if record not in answer)  # a DNAME may apply twice
            target = end.target
            if target is None or target in visited or self._aliases >= MAX_ALIASES:
                return Outcome(asked, answer, Static(optional=end.additional))
            visited.add(target)
            self._aliases += 1
            asked = Question(target, asked.qtype)

    def _ended(self, asked: Question, answer: tuple[Record, ...], end: Ending) -> Outcome:
        """Put a negative end behind the aliases that led there (RFC 6604: the code describes the last name)."""
        match end:
            case NoData(soa):
                static = Static(authority=(soa,) if soa else ())
            case NoName(soa):
                static = Static(codes.NXDOMAIN, authority=(soa,) if soa else ())
            case Referral(authority, glue, additional):
                static = Static(authoritative=bool(answer), authority=authority, additional=glue, optional=additional)
            case TooLong(records):
                answer += records
                static = Static(codes.YXDOMAIN)
            case _:
                static = Static() if answer else Static(codes.REFUSED, authoritative=False)
        if self.errors and isinstance(end, NoData | NoName | Refused):
            # a fault of ours must never turn into a denial that resolvers remember
            return Outcome(asked, (), Static(codes.SERVFAIL, authoritative=False))
        return Outcome(asked, answer, static)

    def _answer(self, chain: Chain, asked: Question) -> Steered | Ending:
        self._facts.locate = (chain.zone, partial(self._locate, chain))
        domain = self._domain(asked)
        if domain is None:
            return self._fallback(chain, asked)
        picked: Pick | Ending | Nobody = self.choose(chain, domain)
        rescued = picked is Nobody.REFUSED
        if rescued:
            picked = self._rescue(chain, domain)
        if picked is Nobody.EMPTY:
            return self._no_data(chain, domain)
        if picked is Nobody.REFUSED:
            return self._fallback(chain, asked)
        if not isinstance(picked, Pick):
            return self._no_data(chain, domain) if picked == NoData() else picked
        choice = Choice(domain, picked, rescued, complete=not self._refused)
        return self._expire(chain, choice)

    def _domain(self, asked: Question) -> Domain | None:
        """Find the access domain: of this type, or the CNAME that covers every type without one (R-2, AMB-26)."""
        wanted = (codes.A, codes.AAAA, codes.CNAME) if asked.qtype == codes.ANY else (asked.qtype, codes.CNAME)
        for qtype in wanted:
            domain = self._service.domains.get((asked.name, qtype))
            self._facts.reader = ""
            if domain is not None and domain.schedules and self._facts.enabled(domain):
                return domain
        return None

    def choose(self, chain: Chain, group: Group) -> Pick | Nobody:
        """Come down from a group to the addresses that may serve, by ``rank`` and ``admit`` at each level."""
        ranking = self._first(chain.rank, "rank", group, partial(law.ranking, group))
        if ranking is None:
            return Nobody.REFUSED
        asked: set[str] = set()
        if ranking.hold:
            self.holds[group.key] = None
        for tier in ranking.tiers:
            ways = [(share, self._admit(chain, group, share.member)) for share in tier.shares]
            asked.update(share.member.key for share in tier.shares)
            options = tuple(
                Option(share.member, share.weight, way) for share, way in ways if isinstance(way, Pick | Leaf)
            )
            takes = next((share.member for share, way in ways if way is not Nobody.REFUSED), None)
            if ranking.hold and takes:
                self.holds[group.key] = takes.key
            if options:
                for option in options:
                    self._say("admit", "", group, option.member, "kept", "")
                return Pick(group.key, tier.give, tier.at_random, options)
            if any(way is Nobody.EMPTY for _, way in ways):
                return Nobody.EMPTY
        rest = (self._admit(chain, group, member) for member in group.members if member.key not in asked)
        return Nobody.REFUSED if all(way is Nobody.REFUSED for way in rest) else Nobody.EMPTY

    def _admit(self, chain: Chain, group: Group, member: Member) -> Pick | Leaf | Nobody:
        self._facts.reader = ""
        if not self._facts.enabled(member.item):
            reason = "it is drained" if member.enabled else "it is disabled"
            self._say("admit", "", group, member, "refused", reason)
            return Nobody.REFUSED
        refused = False
        for plugin, hook in chain.admit:
            word = self._call(plugin, "admit", hook, member, self._facts)
            if word is None:
                self._say("admit", plugin, group, member, "pass", "")
            elif isinstance(word, Refusal):
                self._refuse(plugin, group, member, word.reason)
                refused = True
            else:
                self._err(plugin, "admit", f"returned {shown(word)}, neither None nor a Refusal")
        if refused:
            return Nobody.REFUSED
        if isinstance(member.item, Address):
            return self._leaf(member, member.item)
        below = self.choose(chain, member.item)
        if below is Nobody.REFUSED:
            return self._refuse("", group, member, "none of its addresses may serve")
        return below

    def _refuse(self, plugin: str, group: Group, member: Member, reason: str) -> Nobody:
        self._refused = True
        self._say("admit", plugin, group, member, "refused", reason)
        return Nobody.REFUSED

    def _leaf(self, member: Member, address: Address) -> Leaf:
        """Follow the CNAME that a domain address becomes, when its target is ours (RFC 1034 section 3.6.2)."""
        if address.kind is not Kind.DOMAIN or self._aliases >= MAX_ALIASES:
            return Leaf(member)
        target = Question(Name(address.rdata), self._qtype)
        if self._qtype == codes.CNAME or target.name in self._visited or self._service.chain(target.name) is None:
            return Leaf(member)
        self._aliases += 1
        before = self._facts.locate, self._visited
        followed = self.run(target)
        self._facts.locate, self._visited = before
        end = followed.end
        # what does not end in records is left for the resolver to ask
        if isinstance(end, Static) and (end.rcode or end.authority or not followed.answer):
            return Leaf(member)
        return Leaf(member, followed)

    def _rescue(self, chain: Chain, group: Group) -> Pick | Ending | Nobody:
        """Ask who serves when nobody may; health is not asked again (R-80 to R-84), disabled members stay out (R-83)."""
        word: Ranking | Ending | None = self._first(chain.rescue, "rescue", group, partial(law.rescue, group))
        if word is None:
            return Nobody.REFUSED
        if not isinstance(word, Ranking):
            return word
        for tier in word.tiers:
            options = tuple(self._rescued(chain, tier.shares))
            if options:
                for option in options:
                    self._say("admit", "", group, option.member, "kept", "")
                return Pick(group.key, tier.give, tier.at_random, options)
        return Nobody.REFUSED

    def _rescued(self, chain: Chain, shares: tuple[Share, ...]) -> Iterator[Option]:
        for share in shares:
            item = share.member.item
            if not self._facts.enabled(item):
                continue
            if isinstance(item, Address):
                yield Option(share.member, share.weight, self._leaf(share.member, item))
                continue
            below = self._rescue(chain, item)
            if isinstance(below, Pick):
                yield Option(share.member, share.weight, below)

    def _expire(self, chain: Chain, choice: Choice) -> Steered:
        ttl, ttl_from = choice.domain.ttl, choice.domain.key
        for plugin, hook in chain.expire:
            word = self._call(plugin, "expire", hook, choice, ttl, self._facts)
            if word is None:
                self._say("expire", plugin, choice.domain, None, "pass", "")
            elif isinstance(word, int) and not isinstance(word, bool) and 0 <= word <= MAX_TTL:
                self._say("expire", plugin, choice.domain, None, f"{word} s", "")
                if word <= ttl:
                    ttl, ttl_from = word, plugin
            else:
                self._err(plugin, "expire", f"returned {shown(word)}; a TTL is a whole number within 0 to {MAX_TTL}")
        return Steered(choice, ttl, ttl_from)

    def _fallback(self, chain: Chain, asked: Question) -> Ending:
        word: Ending | None = self._first(chain.fallback, "fallback", asked, law.ending)
        exists = asked.name in self._service.steered
        if word is None:
            return NoData() if exists else Refused()
        if isinstance(word, NoName) and exists:
            return NoData(word.soa)
        return word

    def _no_data(self, chain: Chain, domain: Domain) -> NoData:
        """Say that nothing fits this client, with the zone's own SOA (R-65, AMB-15)."""
        self._say("rank", "", domain, None, "empty", "the policy finds nothing for this client")
        word = self._first(chain.fallback, "fallback", Question(chain.zone, codes.SOA), law.ending)
        if not isinstance(word, Records) or not word.answer:
            return NoData()
        soa = word.answer[0]
        return NoData(Record(soa.owner, soa.rtype, min(soa.ttl, int.from_bytes(soa.rdata[-4:])), soa.rdata))

    def _first(
        self, hooks: tuple[Hook, ...], hook: str, subject: Group | Question, law_of: Callable[[Any], str | None]
    ) -> Any:
        """Ask plugin after plugin until one answers lawfully."""
        for plugin, function in hooks:
            word = self._call(plugin, hook, function, subject, self._facts)
            if word is None:
                self._say(hook, plugin, subject, None, "pass", "")
                continue
            wrong = law.judged(law_of, word)
            if wrong is None:
                if self._steps is not None:
                    self._say(hook, plugin, subject, None, *told(word))
                return word
            self._err(plugin, hook, wrong)
        return None

    def _call(self, plugin: str, hook: str, function: Callable[..., Any], *given: object) -> Any:
        self._facts.reader = plugin
        try:
            return function(*given)
        except CAUGHT as fault:
            self._err(plugin, hook, raised(fault))
            return None

    def _err(self, plugin: str, hook: str, reason: str) -> None:
        self.errors.append(PluginError(plugin, hook, reason))
        if self._steps is not None:
            self._steps.append(Step(hook, plugin, "", "", "error", reason))

    def _say(self, hook: str, plugin: str, subject: Group | Question, member: Member | None, *word: str) -> None:
        if self._steps is None:
            return
        where = str(subject) if isinstance(subject, Question) else subject.key
        self._steps.append(Step(hook, plugin, where, member.key if member else "", word[0], word[1]))
