"""What is to be looked up in the background: the names outside our zones to which those lead that plugins need."""

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_address

from gtm.chain.chain import Service
from gtm.chain.facts import Clients, Facts, WorldKey
from gtm.chain.plugin import Foreign
from gtm.chain.trace import CAUGHT
from gtm.config import parse
from gtm.config.loaded import Socket, Sought
from gtm.config.report import Report
from gtm.config.source import At
from gtm.config.wording import quote
from gtm.dns import codes, name
from gtm.dns.name import Name
from gtm.model.ending import Alias, Ending, Records, Referral
from gtm.model.member import Address, Domain, Kind, Pool
from gtm.model.place import Client
from gtm.model.question import Question
from gtm.model.resolved import subject

Wishes = Iterable[tuple[At, Foreign]]
PORT = 53


def gather(wishes: Wishes, service: Service, report: Report) -> Mapping[str, Sought]:
    """Give what is to be looked up, by the subject of its fact; a fault where two want to ask different resolvers."""
    found: dict[str, Sought] = {}
    for at, wish in wishes:
        if wish.qtype not in (codes.A, codes.AAAA):
            report.fault(at, f"{codes.type_text(wish.qtype)} can't be looked up; addresses can, A and AAAA")
            continue
        server = report.attempt(at, parse.server, wish.resolver, PORT) if wish.resolver else None
        for target in _beyond(service, Question(wish.target, wish.qtype)):
            sought = Sought(target, wish.qtype, server)
            first = found.setdefault(subject(target, wish.qtype), sought)
            if first != sought:
                both = f"{_shown(first.resolver)} and {_shown(server)}"
                report.fault(at, f"{quote(name.show(target))} is looked up by {both}; name the same resolver for both")
    return found


def _beyond(service: Service, question: Question) -> Iterator[Name]:
    """Yield the names at which the ways from a target leave our zones: itself, if it is in none of them."""
    ways, seen = [question.name], set[Name]()
    while ways:
        target = ways.pop()
        if target in seen:
            continue
        seen.add(target)
        if service.chain(target) is None:
            yield target
            continue
        for qtype in (question.qtype, codes.CNAME):
            ways += _aliases(service.domains.get((target, qtype)))
        match _said(service, Question(target, question.qtype)):
            case Records(target=further) | Alias(target=further):
                ways += [further] if further is not None else []
            case Referral():  # delegated
                yield target


def _aliases(domain: Domain | None) -> list[Name]:
    """List the host names among the addresses of an access domain."""
    pools = [member.item for member in domain.members if isinstance(member.item, Pool)] if domain else []
    items = [member.item for pool in pools for member in pool.members]
    return [Name(item.rdata) for item in items if isinstance(item, Address) and item.kind is Kind.DOMAIN]


def _said(service: Service, question: Question) -> Ending | None:
    """Ask the zone of a name what it says where nothing is steered."""
    chain = service.chain(question.name)
    facts = Facts(Client(ip_address("0.0.0.0"), 0), _Unknown(), Clients(1), 0.0)
    for _, fallback in chain.fallback if chain else ():
        try:
            word: Ending | None = fallback(question, facts)
        except CAUGHT:  # it is told of when a query meets it
            continue
        if word is not None:
            return word
    return None


class _Unknown:
    """A world of which nothing is known."""

    def value(self, key: WorldKey) -> None:
        """Know nothing."""


def _shown(resolver: Socket | None) -> str:
    return "the system's resolver" if resolver is None else f"{resolver[0]} port {resolver[1]}"
