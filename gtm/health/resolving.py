"""What a name outside our zones is believed to resolve to, and when to ask again. Pure: time and chance are arguments.

An answer counts for its TTL, then it is asked for again. A resolver that fails changes nothing: what was known stays for as
long as it takes, under a short TTL (RFC 8767), for a broken resolver must not become an outage of ours. "No such name" is an
answer; but where there were addresses, it counts when it is heard twice in a row.
"""

from dataclasses import dataclass, replace
from typing import Final

from gtm.model.resolved import Resolved

LEAST: Final = 5
MOST: Final = 86400
"""Seconds within which the TTL of an answer is taken to lie."""
DENIED: Final = 300
"""Seconds after which a name that does not exist is looked for again, at the latest."""
STALE: Final = 30
"""Seconds for which an answer is told that is out of date (RFC 8767 section 5)."""
AGAIN: Final = 5.0
PAUSE: Final = 60.0
"""Seconds until a lookup that failed is tried again: twice as long each time, up to the second."""
SPREAD: Final = 0.1
"""Share of such a time by which it may be longer, so that many do not come at once."""
COUNT: Final = 64
"""Addresses of one name that are used at most."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a resolver said: addresses as rdata, and their TTL in seconds. No address: there is none.

    ``reason`` tells where that is because the name does not exist at all.
    """

    addresses: tuple[bytes, ...]
    ttl: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a resolver said nothing of use."""

    reason: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What is believed of one name and type. Moments are seconds since 1970.

    ``addresses`` of None: nothing is known yet. They are so ``since``, and were said to be so ``moment``; ``until`` is when
    to ask again. ``tries`` counts the lookups in a row, the first at ``failing``, that did not bear them out, for this
    ``reason``; ``denials`` how many of them said that there is no such name.
    """

    addresses: tuple[bytes, ...] | None = None
    ttl: int = 0
    since: float = 0.0
    moment: float = 0.0
    until: float = 0.0
    tries: int = 0
    denials: int = 0
    failing: float = 0.0
    reason: str = ""

    @property
    def doubt(self) -> str:
        """Say what is wrong with it, or nothing. That a name has no address of one type is usual."""
        if self.addresses is None:
            return f"it can't be looked up: {self.reason}; nothing is known of it" if self.tries else ""
        if self.tries:
            return f"it can't be looked up: {self.reason}; what was known of it is answered"
        return self.reason

    @property
    def resolved(self) -> Resolved | None:
        """Give what queries may be told."""
        if self.addresses is None:
            return None
        return Resolved(self.addresses, min(self.ttl, STALE) if self.tries else self.ttl)


def heard(before: Finding, said: Answer | Failure, now: float, chance: float) -> Finding:
    """Believe what was said; ``chance`` is within 0 to 1, and spreads the times at which to ask again."""
    denies = isinstance(said, Answer) and not said.addresses
    if isinstance(said, Failure) or (denies and before.addresses and not before.denials):
        tries = before.tries + 1
        pause = AGAIN if denies else min(AGAIN * 2 ** min(tries - 1, 10), PAUSE)
        return replace(
            before,
            until=_later(now, pause, chance),
            tries=tries,
            denials=before.denials + denies,
            failing=before.failing if before.tries else now,
            reason=said.reason or "it has no address any more",
        )
    addresses = tuple(sorted(set(said.addresses)))[:COUNT]
    ttl = max(LEAST, min(said.ttl, MOST if addresses else DENIED))
    since = before.since if addresses == before.addresses else now
    return Finding(addresses, ttl, since, now, _later(now, ttl, chance), reason=said.reason)


def _later(now: float, seconds: float, chance: float) -> float:
    return now + seconds * (1 + SPREAD * chance)
