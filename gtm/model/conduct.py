"""How the server behaves towards whoever asks, apart from what it answers."""

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Conduct:
    """``identity`` and ``version`` are told to who asks for them (RFC 5001, RFC 4892); empty ones are not told.

    ``secrets`` are those of cookies, 16 octets each, the one that new cookies are made with first (RFC 9018 section 5).
    ``rate`` is how many answers of one kind a client network is sent in a second over UDP, 0 for any number; of those
    beyond it every ``slip``-th is sent empty and truncated, and the others are not sent. ``exempt`` are networks without
    a limit. ``idle`` is how many seconds a connection may be, as clients are told that ask (RFC 7828).
    """

    identity: str = ""
    version: str = ""
    secrets: tuple[bytes, ...] = ()
    rate: int = 0
    slip: int = 2
    exempt: tuple[Network, ...] = ()
    idle: float = 10.0
