"""From an access domain down to the addresses that may serve: rank, admit, rank, admit, (rescue), expire."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from enum import Enum, auto
from functools import partial
from typing import Any

from gtm.chain import law
from gtm.chain.ask import Asker
from gtm.chain.chain import Chain
from gtm.chain.word import Choice, Leaf, Option, Outcome, Pick, Steered
from gtm.dns.record import MAX_TTL
from gtm.model.ending import Ending
from gtm.model.member import Address, Domain, Group, Kind, Member
from gtm.model.ranking import Ranking, Refusal, Share


class Nobody(Enum):
    """A group that comes down to no address: every member was refused, or the policy found that none fits."""

    REFUSED = auto()
    EMPTY = auto()


class Chooser(ABC):
    """Chooses. ``holds`` tells afterwards which groups hold, and the member that each takes."""

    def __init__(self, asker: Asker) -> None:
        """Ask through ``asker``."""
        self._asker, self._facts = asker, asker.facts
        self._refused = False
        self.holds: dict[str, str | None] = {}

    @abstractmethod
    def lead(self, address: Address) -> Outcome | None:
        """Say what a domain address leads to within our zones."""

    def steer(self, chain: Chain, domain: Domain) -> Steered | Ending | Nobody:
        """Choose for an access domain, rescue it where nobody may serve, and say how long that holds."""
        picked: Pick | Ending | Nobody = self.choose(chain, domain)
        rescued = picked is Nobody.REFUSED
        if rescued:
            picked = self._rescue(chain, domain)
        if not isinstance(picked, Pick):
            return picked
        return self._expire(chain, Choice(domain, picked, rescued, complete=not self._refused))

    def choose(self, chain: Chain, group: Group) -> Pick | Nobody:
        """Come down from a group to the addresses that may serve, by ``rank`` and ``admit`` at each level."""
        ranking = self._asker.first(chain.rank, "rank", group, partial(law.ranking, group))
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
                self._keep(group, options)
                return Pick(group.key, tier.give, tier.at_random, options)
            if any(way is Nobody.EMPTY for _, way in ways):
                return Nobody.EMPTY
        rest = (self._admit(chain, group, member) for member in group.members if member.key not in asked)
        return Nobody.REFUSED if all(way is Nobody.REFUSED for way in rest) else Nobody.EMPTY

    def _keep(self, group: Group, options: tuple[Option, ...]) -> None:
        for option in options:
            self._asker.say("admit", "", group, option.member, "kept", "")

    def _admit(self, chain: Chain, group: Group, member: Member) -> Pick | Leaf | Nobody:
        self._facts.reader = ""
        if not self._facts.enabled(member.item):
            reason = "it is drained" if member.enabled else "it is disabled"
            self._asker.say("admit", "", group, member, "refused", reason)
            return Nobody.REFUSED
        refused = False
        for plugin, hook in chain.admit:
            word = self._asker.call(plugin, "admit", hook, member, self._facts)
            if word is None:
                self._asker.say("admit", plugin, group, member, "pass", "")
            elif isinstance(word, Refusal):
                self._refuse(plugin, group, member, word.reason)
                refused = True
            else:
                self._asker.unlawful(plugin, "admit", word, "neither None nor a Refusal")
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
        self._asker.say("admit", plugin, group, member, "refused", reason)
        return Nobody.REFUSED

    def _leaf(self, member: Member, address: Address) -> Leaf:
        return Leaf(member, self.lead(address) if address.kind is Kind.DOMAIN else None)

    def _rescue(self, chain: Chain, group: Group) -> Pick | Ending | Nobody:
        """Ask who serves when nobody may; health is not asked again (R-80 to R-84), disabled members stay out (R-83)."""
        word: Any = self._asker.first(chain.rescue, "rescue", group, partial(law.rescue, group))
        if word is None:
            return Nobody.REFUSED
        if not isinstance(word, Ranking):
            return word  # type: ignore[no-any-return]  # the law left nothing but an Ending
        for tier in word.tiers:
            options = tuple(self._rescued(chain, tier.shares))
            if options:
                self._keep(group, options)
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
            word = self._asker.call(plugin, "expire", hook, choice, ttl, self._facts)
            if word is None:
                self._asker.say("expire", plugin, choice.domain, None, "pass", "")
            elif isinstance(word, int) and not isinstance(word, bool) and 0 <= word <= MAX_TTL:
                self._asker.say("expire", plugin, choice.domain, None, f"{word} s", "")
                if word <= ttl:
                    ttl, ttl_from = word, plugin
            else:
                self._asker.unlawful(plugin, "expire", word, f"a TTL is a whole number within 0 to {MAX_TTL}")
        return Steered(choice, ttl, ttl_from)
