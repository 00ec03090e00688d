"""Flattening: whatever a target comes down to, as addresses under another name (the ending ``Alias``)."""

from collections.abc import Iterable
from ipaddress import ip_address

from gtm.chain import ends
from gtm.chain.chain import Service
from gtm.chain.facts import Facts
from gtm.chain.word import Choice, Leaf, Option, Outcome, Pick, Static, Steered
from gtm.dns import codes, name
from gtm.dns.name import Name
from gtm.model.ending import Alias
from gtm.model.member import Address, Domain, Kind, Member
from gtm.model.question import Question


class Flattener:
    """Flattens for one question."""

    def __init__(self, asked: Question, service: Service, facts: Facts) -> None:
        """Answer ``asked``, whose type is that of the addresses; those of foreign names are read from the facts."""
        self._asked, self._service, self._facts = asked, service, facts
        self._ttl, self._ttl_from = 0, ""
        self._lack: Static | None = None

    def flatten(self, alias: Alias, followed: Outcome | None) -> Steered | Static | None:
        """Give what the target was followed to, if it is ours; the TTL is the smallest on the way.

        None where the target has no address; SERVFAIL where nobody can tell (yet).
        """
        self._ttl, self._ttl_from = alias.ttl, "alias"
        pick = self._foreign(alias.target) if followed is None else self._outcome(followed)
        if pick is None:
            return self._lack
        end = followed.end if followed else None
        choice = end.choice if isinstance(end, Steered) else Choice(Domain(self._asked.name, self._asked.qtype), pick)
        return Steered(Choice(choice.domain, pick, choice.rescued, choice.complete), self._ttl, self._ttl_from)

    def _outcome(self, outcome: Outcome) -> Pick | None:
        self._lower((record.ttl, str(Question(record.owner, record.rtype))) for record in outcome.answer)
        end = outcome.end
        if isinstance(end, Steered):
            self._lower([(end.ttl, end.ttl_from)])
            return self._pick(end.choice.pick)
        if end.rcode:
            if end.rcode != codes.NXDOMAIN:
                self._lack = end if end.rcode == codes.SERVFAIL else ends.ASTRAY
            return None
        last = outcome.question.name
        found = [record.rdata for record in outcome.answer if record.rtype == self._asked.qtype]
        if found:
            return self._addresses(last, found)
        if self._service.chain(last) is None or any(record.rtype == codes.NS for record in end.authority):
            return self._foreign(last)
        if outcome.answer and outcome.answer[-1].owner == last:
            self._lack = ends.ASTRAY  # a CNAME was not followed: a circle, or too long a way
        return None

    def _pick(self, pick: Pick) -> Pick | None:
        led = ((option, self._leads(option.leads)) for option in pick.options)
        options = tuple(Option(option.member, option.weight, leads) for option, leads in led if leads is not None)
        return Pick(pick.group, pick.give, pick.at_random, options) if options else None

    def _leads(self, way: Pick | Leaf) -> Pick | Leaf | None:
        if isinstance(way, Pick):
            return self._pick(way)
        if not way.is_alias:
            return way
        if way.then is not None:
            return self._outcome(way.then)
        assert isinstance(way.member.item, Address)
        target = Name(way.member.item.rdata)
        return None if self._service.chain(target) else self._foreign(target)

    def _foreign(self, target: Name) -> Pick | None:
        known = self._facts.resolved(target, self._asked.qtype)
        if known is None:
            self._lack = ends.UNKNOWN
            return None
        self._lower([(known.ttl, name.show(target))])
        return self._addresses(target, known.addresses) if known.addresses else None

    def _addresses(self, target: Name, found: Iterable[bytes]) -> Pick:
        kind = Kind.IPV4 if self._asked.qtype == codes.A else Kind.IPV6
        values = (str(ip_address(rdata)) for rdata in found)
        members = (Member(Address(f"address:{value}", value, kind), at) for at, value in enumerate(values, 1))
        options = tuple(Option(member, 1, Leaf(member)) for member in members)
        return Pick(f"alias:{name.show(target)}", "all", at_random=False, options=options)

    def _lower(self, given: Iterable[tuple[int, str]]) -> None:
        self._ttl, self._ttl_from = min([(self._ttl, self._ttl_from), *given], key=lambda pair: pair[0])
