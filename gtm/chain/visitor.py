"""Who asks, and what the OPT record of the query says: both kept, ready for the next query of the same kind."""

from hashlib import blake2b
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from gtm.chain.splice import QR, TC, Plan, heads
from gtm.chain.store import Store
from gtm.dns import codes, cookie
from gtm.dns.edns import COOKIE, KEEPALIVE, NSID, UDP_CEILING, UDP_PLAIN, Edns, bad_cookie, option
from gtm.dns.transport import Transport
from gtm.limit import Word
from gtm.model.conduct import Conduct
from gtm.model.place import Client
from gtm.model.within import within

if TYPE_CHECKING:
    from gtm.chain.plan import Node

VISITORS: Final = 16384
GUESTS: Final = 8192
_DAY: Final = 86400
_SOON: Final = 60.0
"""Seconds for which a client that brings no good cookie is given the same one."""


class Guest:
    """The address that a query came from. ``network`` stands for the network that counts as one when answers are limited."""

    __slots__ = ("client", "is_exempt", "network")

    def __init__(self, client: Client, *, is_exempt: bool) -> None:
        """Know it as a client whose every bit is known."""
        self.client, self.is_exempt = client, is_exempt
        packed = client.address.packed
        self.network = hash(packed[:3] if len(packed) == 4 else packed[:7])  # /24 and /56


class Visitor:
    """What an OPT record says, ready for use: the reply's size limit, the client's network, the reply's OPT around the scope.

    Where it names a network, ``found`` is what was last found for it: below the root ``met``, as of ``since``. Where it
    has a cookie it serves one ``peer`` only, ``until`` a moment; ``is_known``: that peer is where it says (RFC 7873).
    """

    __slots__ = (
        "bits", "client", "found", "has_cookie", "is_known", "limit", "met", "opt", "peer", "since", "tail", "until",
    )  # fmt: skip

    def __init__(self, edns: Edns | None, options: bytes = b"") -> None:
        """Read a version 0 OPT record, or the absence of one; the reply has these options."""
        self.limit = min(edns.size, UDP_CEILING) if edns else UDP_PLAIN
        self.client: Client | None = None
        self.bits = 0
        self.met: Node | None = None
        self.since = 0
        self.found: tuple[Plan, int] | None = None
        self.peer: str | None = None
        self.until = 0.0
        self.is_known = self.has_cookie = False
        self.opt, self.tail = edns.reply(options=options) if edns else b"", b""
        subnet = edns.subnet if edns else None
        # a prefix of 0 says: do not use my clients' network (RFC 7871 section 7.1.2); the scope stays 0
        if subnet and subnet.source:
            self.client = Client(ip_address(subnet.address), subnet.source)
            self.bits = self.client.address.max_prefixlen
            cut = len(self.opt) - len(subnet.octets)
            self.opt, self.tail = self.opt[: cut - 1], self.opt[cut:]

    def whole(self) -> bytes:
        """Give the reply's OPT record where no answer depends on the client."""
        return self.opt + b"\0" + self.tail if self.client is not None else self.opt

    def stopped(self, stop: Word, ident: bytes, question: bytes, form: int) -> bytes | None:
        """Answer one time too many: with nothing, or so little that whoever is real asks again in a way that shows it."""
        if stop is Word.WITHHOLD:
            return None
        if self.has_cookie:  # it knows cookies, and this reply has a good one (RFC 7873 section 5.2.4)
            return ident + heads(QR | codes.BADCOOKIE & 0xF, 0)[form] + question + bad_cookie(self.whole())
        return ident + heads(QR | TC, 0)[form] + question + self.whole()


NO_OPT: Final = Visitor(None)


class Reception:
    """Receives guests and visitors as a conduct says."""

    def __init__(self, conduct: Conduct, master: bytes) -> None:
        """Make the secrets of cookies from ``master`` where the conduct has none: each day another, taken for two."""
        self._conduct, self._master = conduct, master
        self._nsid = option(NSID, conduct.identity.encode()) if conduct.identity else b""
        self._keepalive = option(KEEPALIVE, int(conduct.idle * 10).to_bytes(2))
        self.visitors: Store[bytes, Visitor] = Store(VISITORS)
        self.guests: Store[str, Guest] = Store(GUESTS)

    def guest(self, peer: str) -> Guest:
        """Receive a peer."""
        guest = self.guests.get(peer)
        if guest is None:
            client = Client.of(peer)
            is_exempt = not self._conduct.rate or within(str(client.address), self._conduct.exempt) is not None
            guest = Guest(client, is_exempt=is_exempt)
            self.guests.put(peer, guest)
        return guest

    def visitor(self, edns: Edns | None, rest: bytes, peer: str, now: float, via: Transport) -> Visitor:
        """Receive an OPT record; ``rest`` are its octets if the query ends with it and has no other record, else nothing."""
        if edns is None:
            return NO_OPT
        kept = self.visitors.get(rest) if rest else None
        if kept is not None and (kept.peer is None or (kept.peer == peer and kept.until > now)):
            return kept
        options = self._nsid if edns.asks_nsid else b""
        if edns.asks_keepalive and via.is_stream:
            options += self._keepalive
        made = self._known(edns, edns.cookie, options, peer, now) if edns.cookie else Visitor(edns, options)
        if rest and not edns.asks_keepalive:  # which is answered on some transports only
            self.visitors.put(rest, made)
        return made

    def _known(self, edns: Edns, octets: bytes, options: bytes, peer: str, now: float) -> Visitor:
        address = self.guest(peer).client.address.packed
        secrets = self._conduct.secrets or tuple(self._secret(int(now) // _DAY - back) for back in (0, 1))
        age = cookie.age(secrets, octets, address, now)
        client, server = octets[: cookie.CLIENT], octets[cookie.CLIENT :]
        if age is None or age > cookie.FRESH:
            server = cookie.make(secrets[0], client, address, now)
        made = Visitor(edns, options + option(COOKIE, client + server))
        made.has_cookie, made.is_known, made.peer = True, age is not None, peer
        made.until = now + (_SOON if age is None else max(1, cookie.FRESH - age))
        return made

    def _secret(self, day: int) -> bytes:
        return blake2b(day.to_bytes(8, signed=True), key=self._master, digest_size=16).digest()

    def forget(self) -> None:
        """Forget what visitors were told."""
        self.visitors.clear()
