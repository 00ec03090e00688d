"""The heart, without sockets, files or clock: a packet, a peer and the time come in, a reply or nothing goes out.

octets - which question? - which plan? - draw - splice - octets        a hit: no plugin, no library, no message object
                                |
                               walk                                    else: once for each new combination of facts
"""

from collections.abc import Callable
from ipaddress import ip_address
from random import Random
from typing import Final

from gtm.chain.chain import Chain, Service
from gtm.chain.classify import classify
from gtm.chain.draw import Draws
from gtm.chain.facts import Clients, Facts
from gtm.chain.plan import Node, Plans, lifetime
from gtm.chain.splice import FAILED, QR, RD, Book, Plan, heads, prepare
from gtm.chain.store import Store
from gtm.chain.trace import CAUGHT, PluginError, raised, short
from gtm.chain.walk import Walk
from gtm.chain.word import Outcome, Steered
from gtm.dns import codes, name
from gtm.dns.edns import UDP_CEILING, UDP_PLAIN, Edns
from gtm.dns.query import HEADER, OPCODE, Fault, Query, decode
from gtm.health.table import State
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
_NEVER: Final = (codes.AXFR, codes.IXFR)
NOTED: Final = 8192
"""Answers of a zone that wait for its observers at most; then the oldest go unseen."""
RETRY: Final = 1.0
"""Seconds for which an answer is kept that a plugin's fault had a part in."""


class Visitor:
    """What an OPT record says, ready for use: the reply's size limit, the client's network, the reply's OPT around the scope.

    Where it names a network, ``found`` is what was last found for it: below the root ``met``, as of ``since``.
    """

    __slots__ = ("bits", "client", "found", "limit", "met", "opt", "since", "tail")

    def __init__(self, edns: Edns | None) -> None:
        """Read a version 0 OPT record, or the absence of one."""
        self.limit = min(edns.size, UDP_CEILING) if edns else UDP_PLAIN
        self.client: Client | None = None
        self.bits = 0
        self.met: Node | None = None
        self.since = 0
        self.found: tuple[Plan, int] | None = None
        self.opt, self.tail = edns.reply() if edns else b"", b""
        subnet = edns.subnet if edns else None
        # a prefix of 0 says: do not use my clients' network (RFC 7871 section 7.1.2); the scope stays 0
        if subnet and subnet.source:
            self.client = Client(ip_address(subnet.address), subnet.source)
            self.bits = self.client.address.max_prefixlen
            cut = len(self.opt) - len(subnet.octets)
            self.opt, self.tail = self.opt[: cut - 1], self.opt[cut:]


_NO_OPT: Final = Visitor(None)


def _ignore(_error: PluginError, _question: Question | None) -> None:
    """Report to nobody."""


class Engine:
    """Answers queries over one service, which can be exchanged for another between two of them."""

    def __init__(
        self, service: Service, chance: Random, report: Callable[[PluginError, Question | None], None] = _ignore
    ) -> None:
        """Serve; ``chance`` is the only source of randomness, ``report`` hears of plugins that broke the law."""
        self._report = report
        self._draws = Draws(chance)
        self._visitors: Store[bytes, Visitor] = Store(32768)
        self._peers: Store[str, Client] = Store(32768)
        self.state = State()
        self.counts = Counts()
        self.walks = 0
        self.dropped = 0
        self._adopt(service)

    def _adopt(self, service: Service) -> None:
        self.service = service
        self._plans = Plans()
        self._clients = Clients(report=lambda error: self._report(error, None))
        self._zones = {zone: name.show(zone) for zone in service.chains}
        observed = (chain.zone for chain in service.chains.values() if chain.observe)
        self.books = {zone: Book(maxlen=NOTED) for zone in observed}

    def exchange(self, service: Service, state: State) -> None:
        """Serve another service from the next query on, in the state that goes with it; draws go on where they were."""
        self._plans.clear()
        self._visitors.clear()
        self.state = state
        self._adopt(service)

    def learn(self, state: State) -> None:
        """Answer from a new state: the plans that read what changed in it are dropped, and no others."""
        changed = self.state.changed(state)
        self.state = state
        self._plans.drop(changed)

    def answer(self, packet: bytes, peer: str, now: float, *, stream: bool = False) -> bytes | None:
        """Answer one message from a peer's address, or give None for silence. ``now`` in seconds since 1970."""
        try:
            form = _ORDINARY.get(packet[2:12])
            if form is not None:
                # a question that stands among the plans was well formed, and equal octets have equal ends
                end = packet.find(0, 12)
                node = self._plans.roots.young.get(packet[12:end].lower() + packet[end : end + 5])
                rest = packet[end + 5 :]
                visitor = self._visitors.young.get(rest) if form > 1 else None if rest else _NO_OPT
                if node is not None and visitor is not None:
                    found = visitor.found if visitor.met is node and visitor.since == self._plans.changes else None
                    if found is None or found[0].until <= now:
                        found = self._find(node, visitor, peer)
                    if found is not None and found[0].until > now:
                        reply = self._spliced(packet[:2], packet[12 : end + 5], form, visitor, found, stream)
                        if found[0].book is not None:
                            found[0].book.append((now, peer, visitor.client, stream, True, len(reply), found[0].why))
                        return reply
            return self._thorough(packet, peer, now, stream)
        except CAUGHT as fault:  # no message may end the process, whatever a plugin left behind
            self._report(PluginError("", "answer", raised(fault)), None)
            return self._header_only(packet, codes.SERVFAIL, stream)

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
            client = visitor.client or self._client(peer)
            known = self._clients.known.young.get((asks, client.key))
            if known is None:
                known = self._clients.ask(asks, client)
            scope = max(scope, known.prefix)
            assert node.branches is not None
            node = node.branches.get(known.value)
        return None

    def _client(self, peer: str) -> Client:
        client = self._peers.get(peer)
        if client is None:
            client = Client.of(peer)
            self._peers.put(peer, client)
        return client

    def _spliced(
        self, ident: bytes, question: bytes, form: int, visitor: Visitor, found: tuple[Plan, int], stream: bool
    ) -> bytes:
        plan, scope = found
        plan.count[stream] += 1
        head, octets = plan.draw()
        opt = visitor.opt
        if visitor.client is not None:
            opt = opt + _SCOPES[min(scope, visitor.bits)] + visitor.tail
        reply = ident + head[form] + question + octets + opt
        limit = STREAM_LIMIT if stream else visitor.limit
        if len(reply) <= limit:
            return reply
        if plan.brief is not None:
            head, octets = plan.brief
            reply = ident + head[form] + question + octets + opt
            if len(reply) <= limit:
                return reply
        return ident + plan.truncated[form] + question + opt

    def _thorough(self, packet: bytes, peer: str, now: float, stream: bool) -> bytes | None:
        """Decode strictly, walk where no plan stands, and leave both ready for the next query."""
        query = decode(packet)
        if query is None:
            self.dropped += 1
            return None
        if isinstance(query, Fault):
            return self._header_only(packet, query.rcode, stream)
        ident, form = packet[:2], (query.flags & RD) >> 8 | (2 if query.edns else 0)
        if query.edns and query.edns.version > 0:
            return self._refused(ident, form, query, codes.BADVERS, stream)
        if query.qclass != codes.IN or query.qtype in _NEVER:
            return self._refused(ident, form, query, codes.REFUSED, stream)
        visitor = self._visitor(packet, query)
        found = self._find(self._plans.roots.get(query.name + query.question[-4:]), visitor, peer)
        walks = self.walks
        if found is None or found[0].until <= now:
            found = self._walk(query, visitor.client or self._client(peer), now)
        reply = self._spliced(ident, query.question, form, visitor, found, stream)
        if found[0].book is not None:
            hit = walks == self.walks
            found[0].book.append((now, peer, visitor.client, stream, hit, len(reply), found[0].why))
        return reply

    def _visitor(self, packet: bytes, query: Query) -> Visitor:
        if query.edns is None:
            return _NO_OPT
        rest = packet[HEADER.size + len(query.question) :]
        visitor = self._visitors.get(rest)
        if visitor is None:
            visitor = Visitor(query.edns)
            if packet[6:12] == b"\0\0\0\0\0\1":  # the OPT record and nothing else
                self._visitors.put(rest, visitor)
        return visitor

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
            plan = prepare(question, FAILED, self._draws)
        # what a fault led to is tried again soon
        plan.until = min(until, now + RETRY) if walk.errors else until
        self._label(plan, question, outcome)
        for error in walk.errors:
            self._report(error, question)
        self._plans.keep(query.name + query.question[-4:], reads, plan)
        return plan, max((read.prefix for read in reads), default=0)

    def _label(self, plan: Plan, question: Question, outcome: Outcome) -> None:
        """Let a plan's answers be counted by their kind, and noted where its zone has observers."""
        chain, end = self.service.chain(question.name), outcome.end
        rcode = codes.NOERROR if isinstance(end, Steered) else end.rcode
        zone = self._zones[chain.zone] if chain else ""
        plan.count = self.counts.cell(zone, codes.type_text(question.qtype), codes.rcode_text(rcode))
        plan.book = self.books.get(chain.zone) if chain else None
        plan.why = (question, rcode, short(outcome)) if plan.book is not None else None

    def _header_only(self, packet: bytes, rcode: int, stream: bool) -> bytes:
        self.counts.cell("", "other", codes.rcode_text(rcode))[stream] += 1
        return header_only(packet, rcode)

    def _refused(self, ident: bytes, form: int, query: Query, rcode: int, stream: bool) -> bytes:
        self.counts.cell("", codes.type_text(query.qtype), codes.rcode_text(rcode))[stream] += 1
        opt = query.edns.reply(rcode) if query.edns else b""
        return ident + heads(QR | rcode & 0xF, 0)[form] + query.question + opt

    def _locate(self, chain: Chain, client: Client) -> Place:
        return classify(chain, client, lambda error: self._report(error, None))


def header_only(packet: bytes, rcode: int) -> bytes:
    """Answer with nothing but a header: identifier, opcode and RD as they came (RFC 1035 section 4.1.1)."""
    flags = int.from_bytes(packet[2:4]) & (OPCODE | RD)
    return HEADER.pack(int.from_bytes(packet[:2]), QR | flags | rcode, 0, 0, 0, 0)
