"""The heart, without sockets, files or clock: a packet, a peer and the time come in, a reply or nothing goes out.

octets - which question? - which plan? - draw - splice - octets        a hit: no plugin, no library, no message object
                                |
                               walk                                    else: once for each new combination of facts
"""

from collections.abc import Callable
from random import Random
from typing import Final

from gtm.chain.chain import Chain, Service
from gtm.chain.classify import classify
from gtm.chain.draw import Draws
from gtm.chain.facts import Clients, Facts
from gtm.chain.kind import kind
from gtm.chain.plan import Node, Plans, lifetime
from gtm.chain.splice import FAILED, RD, Book, Plan, prepare
from gtm.chain.trace import CAUGHT, PluginError, raised, short
from gtm.chain.unusual import unusual
from gtm.chain.visitor import NO_OPT, Reception, Visitor
from gtm.chain.walk import Walk
from gtm.chain.word import Outcome, Static, Steered
from gtm.dns import chaos, codes, name
from gtm.dns.edns import error, extended
from gtm.dns.query import HEADER, Fault, Query, decode
from gtm.dns.transport import UDP, Transport
from gtm.health.table import State
from gtm.limit import Limiter, Word
from gtm.model.conduct import Conduct
from gtm.model.place import Client, Place
from gtm.model.question import Question
from gtm.tally import Counts

STREAM_LIMIT: Final = 65535
"""Largest reply in octets on a stream (RFC 1035 section 4.2.2)."""
_AD, _CD = 0x0020, 0x0010
# header of an ordinary query behind the identifier -> which of a reply's four headers answers it
_ORDINARY: Final = {
    (rd | ad | cd).to_bytes(2) + b"\0\1\0\0\0\0" + opt.to_bytes(2): (rd >> 8) | opt << 1
    for rd in (0, RD) for ad in (0, _AD) for cd in (0, _CD) for opt in (0, 1)
}  # fmt: skip
_SCOPES: Final = tuple(bytes((scope,)) for scope in range(129))
NOTED: Final = 8192
"""Answers of a zone that wait for its observers at most; then the oldest go unseen."""
RETRY: Final = 1.0
"""Seconds for which an answer is kept that a plugin's fault had a part in."""


def _ignore(_error: PluginError, _question: Question | None) -> None:
    """Report to nobody."""


class Engine:
    """Answers queries over one service, which can be exchanged for another between two of them."""

    def __init__(
        self,
        service: Service,
        chance: Random,
        report: Callable[[PluginError, Question | None], None] = _ignore,
        conduct: Conduct = Conduct(),  # noqa: B008  it is frozen
    ) -> None:
        """Serve; ``chance`` is the only source of randomness, ``report`` hears of plugins that broke the law."""
        self._report = report
        self._chance = chance
        self._draws = Draws(chance)
        self.state = State()
        self.counts = Counts()
        self.walks = 0
        self.dropped = 0
        self.afresh = 0
        """Answers that no plan stood ready for."""
        self._adopt(service)
        self.behave(conduct)

    def _adopt(self, service: Service) -> None:
        self.service = service
        self._plans = Plans()
        self._clients = Clients(report=lambda error: self._report(error, None))
        self._zones = {zone: name.show(zone) for zone in service.chains}
        observed = (chain.zone for chain in service.chains.values() if chain.observe)
        self.books = {zone: Book(maxlen=NOTED) for zone in observed}

    def behave(self, conduct: Conduct, master: bytes = b"") -> None:
        """Behave like this from now on; where it has no secrets for cookies they are made from ``master``, up to 64 octets."""
        self._reception = Reception(conduct, master or self._chance.randbytes(32))
        self._told = chaos.told(conduct.identity, conduct.version)
        self.limiter = Limiter(conduct.rate, conduct.slip)

    def exchange(self, service: Service, state: State) -> None:
        """Serve another service from the next query on, in the state that goes with it; draws go on where they were."""
        self._plans.clear()
        self._reception.forget()
        self.state = state
        self._adopt(service)

    def learn(self, state: State) -> None:
        """Answer from a new state: the plans that read what changed in it are dropped, and no others."""
        changed = self.state.changed(state)
        self.state = state
        self._plans.drop(changed)

    def answer(self, packet: bytes, peer: str, now: float, via: Transport = UDP) -> bytes | None:
        """Answer one message from a peer's address, or give None for silence. ``now`` in seconds since 1970."""
        try:
            form = _ORDINARY.get(packet[2:12])
            if form is not None:
                # a question that stands among the plans was well formed, and equal octets have equal ends
                end = packet.find(0, 12)
                node = self._plans.roots.young.get(packet[12:end].lower() + packet[end : end + 5])
                rest = packet[end + 5 :]
                visitor = self._reception.visitors.young.get(rest) if form > 1 else None if rest else NO_OPT
                if (
                    node is not None
                    and visitor is not None
                    and (visitor.peer is None or (visitor.peer == peer and visitor.until > now))
                ):
                    found = visitor.found if visitor.met is node and visitor.since == self._plans.changes else None
                    if found is None or found[0].until <= now:
                        found = self._find(node, visitor, peer)
                    if found is not None and found[0].until > now:
                        plan = found[0]
                        stop = None if via.is_stream or visitor.is_known else self._stops(peer, plan.kind, now)
                        if stop is not None:
                            return visitor.stopped(stop, packet[:2], packet[12 : end + 5], form)
                        reply = self._spliced(packet[:2], packet[12 : end + 5], form, visitor, found, via)
                        if plan.book is not None:
                            plan.book.append((now, peer, visitor.client, via, True, len(reply), plan.why))
                        return reply
            return self._thorough(packet, peer, now, via)
        except CAUGHT as fault:  # no message may end the process, whatever a plugin left behind
            self._report(PluginError("", "answer", raised(fault)), None)
            self._failed(codes.SERVFAIL, via)
            ident, flags = HEADER.unpack_from(packet)[:2]
            return Fault(ident, flags, codes.SERVFAIL, "").reply()

    def _stops(self, peer: str, kind: int, now: float) -> Word | None:
        guest = self._reception.guests.young.get(peer) or self._reception.guest(peer)
        return None if guest.is_exempt else self.limiter.stops(guest.network ^ kind, now)

    def _find(self, node: Node | None, visitor: Visitor, peer: str) -> tuple[Plan, int] | None:
        """Walk the decision tree: the plan, and the number of address bits that the way to it rested on."""
        scope, root = 0, node
        while node is not None:
            asks = node.asks
            if asks is None:
                assert node.plan is not None
                found = node.plan, scope
                if visitor.client is not None:
                    visitor.met, visitor.since, visitor.found = root, self._plans.changes, found
                return found
            client = visitor.client or self._reception.guest(peer).client
            known = self._clients.known.young.get((asks, client.key))
            if known is None:
                known = self._clients.ask(asks, client)
            scope = max(scope, known.prefix)
            assert node.branches is not None
            node = node.branches.get(known.value)
        return None

    def _spliced(
        self, ident: bytes, question: bytes, form: int, visitor: Visitor, found: tuple[Plan, int], via: Transport
    ) -> bytes:
        plan, scope = found
        plan.count[via.place] += 1
        head, octets = plan.draw()
        opt = visitor.opt
        if visitor.client is not None:
            opt = opt + _SCOPES[min(scope, visitor.bits)] + visitor.tail
        if plan.ede and opt:
            opt = extended(opt, plan.ede)
        reply = ident + head[form] + question + octets + opt
        limit = STREAM_LIMIT if via.is_stream else visitor.limit
        if len(reply) <= limit:
            return reply
        if plan.brief is not None:
            head, octets = plan.brief
            reply = ident + head[form] + question + octets + opt
            if len(reply) <= limit:
                return reply
        return ident + plan.truncated[form] + question + opt

    def _thorough(self, packet: bytes, peer: str, now: float, via: Transport) -> bytes | None:
        """Decode strictly, walk where no plan stands, and leave both ready for the next query."""
        query = decode(packet)
        if query is None:
            self.dropped += 1
            return None
        if isinstance(query, Fault):
            stop = None if via.is_stream else self._stops(peer, hash(query.rcode), now)
            self._failed(query.rcode, via)
            return None if stop is Word.WITHHOLD else query.reply()
        rest = packet[HEADER.size + len(query.question) :] if packet[6:12] == b"\0\0\0\0\0\1" else b""
        has_options = query.edns is not None and not query.edns.version
        visitor = self._reception.visitor(query.edns if has_options else None, rest, peer, now, via)
        form = (query.flags & RD) >> 8 | (2 if query.edns else 0)
        odd = unusual(query, form, visitor, self.service.chains, self._told)
        if odd is not None:
            self.counts.cell("", codes.type_text(query.qtype), codes.rcode_text(odd[0]))[via.place] += 1
            self.afresh += 1
            stop = None if via.is_stream or visitor.is_known else self._stops(peer, hash(odd[0]), now)
            return None if stop is Word.WITHHOLD else odd[1]
        found = self._find(self._plans.roots.get(query.name + query.question[-4:]), visitor, peer)
        walks = self.walks
        if found is None or found[0].until <= now:
            found = self._walk(query, visitor.client or self._reception.guest(peer).client, now)
        plan = found[0]
        stop = None if via.is_stream or visitor.is_known else self._stops(peer, plan.kind, now)
        if stop is not None:
            return visitor.stopped(stop, packet[:2], query.question, form)
        reply = self._spliced(packet[:2], query.question, form, visitor, found, via)
        hit = walks == self.walks
        self.afresh += not hit
        if plan.book is not None:
            plan.book.append((now, peer, visitor.client, via, hit, len(reply), plan.why))
        return reply

    def _walk(self, query: Query, client: Client, now: float) -> tuple[Plan, int]:
        self.walks += 1
        question = Question(query.name, query.qtype)
        facts = Facts(client, self.state, self._clients, now)
        walk = Walk(self.service, facts, self._locate)
        outcome = walk.run(question)
        reads = facts.reads.values()
        until, most = lifetime(reads, outcome, now)
        try:
            plan = prepare(question, outcome, self._draws, most)
        except Exception as fault:  # noqa: BLE001  records of a plugin's making that can't be encoded
            walk.errors.append(PluginError("", "answer", raised(fault)))
            outcome = FAILED
            plan = prepare(question, outcome, self._draws)
        # what a fault led to is tried again soon
        plan.until = min(until, now + RETRY) if walk.errors else until
        is_shared = self._label(plan, question, outcome)
        for error_ in walk.errors:
            self._report(error_, question)
        key = query.name + query.question[-4:]
        if is_shared and not reads and not walk.errors and plan.book is None:
            self._plans.share(key, (plan.draw(), plan.brief, plan.ede, plan.kind, id(plan.count)), plan)
        else:
            self._plans.keep(key, reads, plan)
        return plan, max((read.prefix for read in reads), default=0)

    def _label(self, plan: Plan, question: Question, outcome: Outcome) -> bool:
        """Let a plan's answers be counted by their kind, and noted where its zone has observers; tell whether the kind is many names'."""
        chain, end = self.service.chain(question.name, question.qtype), outcome.end
        rcode = codes.NOERROR if isinstance(end, Steered) else end.rcode
        zone = self._zones[chain.zone] if chain else ""
        plan.count = self.counts.cell(zone, codes.type_text(question.qtype), codes.rcode_text(rcode))
        plan.book = self.books.get(chain.zone) if chain else None
        plan.why = (question, rcode, short(outcome)) if plan.book is not None else None
        if isinstance(end, Static) and end.ede:
            plan.ede = error(*end.ede)
        plan.kind, is_shared = kind(chain.zone if chain else name.ROOT, question, outcome)
        return is_shared

    def _failed(self, rcode: int, via: Transport) -> None:
        self.counts.cell("", "other", codes.rcode_text(rcode))[via.place] += 1
        self.afresh += 1

    def _locate(self, chain: Chain, client: Client) -> Place:
        return classify(chain, client, lambda error: self._report(error, None))
