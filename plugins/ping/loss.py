"""From the replies to a round of packets to an observation (R-91; what is unreachable counts as lost, AMB-21)."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from gtm import Observation


@dataclass(frozen=True, slots=True)
class Round:
    """What came of some packets: the seconds of each that was answered, and why others were not, where that is known."""

    packets: int
    times: Sequence[float]
    faults: Sequence[str] = ()


def observed(found: Round, loss: int, seconds: float) -> Observation:
    """Judge a round that took some seconds; a loss of ``loss`` percent, 1 to 100, or more fails it."""
    lost = found.packets - len(found.times)
    parts = (("fastest", min(found.times)), ("slowest", max(found.times))) if found.times else ()
    if lost * 100 < loss * found.packets:
        return Observation(True, f"{len(found.times)} of {found.packets} packets came back", seconds, parts)
    reason = f"no reply to {lost} of {found.packets} packets"
    if found.faults:
        reason = f"{Counter(found.faults).most_common(1)[0][0]}; {reason}"
    return Observation(False, reason, seconds, parts)
