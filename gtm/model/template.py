"""Health check templates: how often, how long and how many times before it is believed (R-90 to R-101)."""

from dataclasses import dataclass

from gtm.model.member import Kind


@dataclass(frozen=True, slots=True)
class Template:
    """How to check. What is tried is the protocol's affair; this is the part that every protocol shares.

    ``interval``, ``timeout`` and ``confirm`` are seconds. ``fall`` and ``rise`` are rounds in a row before a verdict
    changes (R-98, R-99); after a first failing round the next comes ``confirm`` seconds later where that is set. What is
    down stays so for ``hold`` seconds at least, however well it looks.
    ``failure_rate`` is the percentage of vantage points that must fail for a round to fail (R-97). ``family`` and
    ``resolver`` (address and port) say how a host name becomes an address to probe (R-101).
    """

    name: str
    protocol: str
    interval: float = 60.0
    timeout: float = 5.0
    fall: int = 2
    rise: int = 1
    confirm: float | None = None
    failure_rate: int = 50
    family: Kind = Kind.IPV4
    resolver: tuple[str, int] | None = None
    hold: float = 0.0
