"""What answering processes count, and how it goes to the control process: as what was added since it went last.

Labels come from bounded sets: a configured zone or none, a common type or ``other``, the name of a response code.
"""

from bisect import bisect_left
from typing import Final

import msgspec

from gtm.dns.transport import TRANSPORTS

BUCKETS: Final = (0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5)
"""Upper ends, in seconds, of the classes by which answers are counted; one more class is for those that took longer."""
OTHER: Final = "other"
_COMMON: Final = frozenset(
    "A AAAA ANY CAA CNAME DNSKEY DS HTTPS MX NAPTR NS PTR SOA SRV SVCB TLSA TXT".split()  # noqa: SIM905  reads better
)
Queries = tuple[str, str, str, str, int]
Faults = tuple[str, str, int]


class Tally(msgspec.Struct):
    """What was counted. Sums are in seconds.

    ``queries`` are (zone, type, response code, transport, count), the zone empty where it was none of ours; ``hits``
    found a plan, ``walks`` made one, ``dropped`` got no answer; ``faults`` are (plugin, hook, count); ``lost`` are
    answers that no observer was shown. Of ``truncated`` and ``withheld`` answers there were too many of their kind;
    ``shed`` are datagrams that nobody had time to read.
    """

    queries: list[Queries] = msgspec.field(default_factory=list)
    hits: int = 0
    walks: int = 0
    dropped: int = 0
    latency: list[int] = msgspec.field(default_factory=lambda: [0] * (len(BUCKETS) + 1))
    latency_sum: float = 0.0
    faults: list[Faults] = msgspec.field(default_factory=list)
    lost: int = 0
    truncated: int = 0
    withheld: int = 0
    shed: int = 0

    def took(self, seconds: float, queries: int = 1) -> None:
        """Count answers that took so long each."""
        self.latency[bisect_left(BUCKETS, seconds)] += queries
        self.latency_sum += seconds * queries


class Counts:
    """Queries by zone, type and response code: numbers for each, one a transport, which whoever answers adds to."""

    def __init__(self) -> None:
        """Begin with none."""
        self._cells: dict[tuple[str, str, str], list[int]] = {}

    def cell(self, zone: str, qtype: str, rcode: str) -> list[int]:
        """Give the one pair of its kind, to be kept and added to."""
        return self._cells.setdefault((zone, qtype if qtype in _COMMON else OTHER, rcode), [0] * len(TRANSPORTS))

    def take(self) -> list[Queries]:
        """List what was added since the last time."""
        found: list[Queries] = []
        for key, cell in self._cells.items():
            for via in TRANSPORTS:
                if cell[via.place]:
                    found.append((*key, via.name, cell[via.place]))
                    cell[via.place] = 0
        return found
