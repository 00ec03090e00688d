"""From observations to verdicts, a round at a time (R-97 to R-99).

The first round decides at once, since nothing was known before it. From then on a verdict falls after ``fall`` failing
rounds in a row and rises after ``rise`` good ones, but not before it was down for ``hold`` seconds: so what flaps changes
once there and back in that time at most, and no death is noticed later for it. What nobody observed is not known, and
changes nothing (R-28).
"""

from collections.abc import Mapping
from typing import Final

from gtm.chain.word import Observation
from gtm.health.table import Belief
from gtm.model.health import Verdict
from gtm.model.template import Template

MISSED: Final = 3
"""Turns that may be missed before what is believed is stale, and its probe is late."""


def judged(before: Belief | None, seen: Mapping[str, Observation], template: Template, now: float) -> Belief:
    """Give what is believed of a check after a round; ``seen`` is by vantage point, ``now`` in seconds since 1970.

    A vantage point that saw nothing is left out of ``seen``, and is not counted. The reason is that of a point which
    agrees with the round; a warning holds until a good round tells otherwise.
    """
    before = before or Belief(None)
    if not seen:
        return before
    failed = _fails(seen, template)
    told = next(observation for observation in seen.values() if observation.is_well is not failed)
    verdict, against = _weighed(before, Verdict.DOWN if failed else Verdict.UP, template, now)
    return Belief(
        verdict,
        since=before.since if verdict is before.verdict else now,
        reason=told.reason,
        moment=now,
        seconds=told.seconds,
        until=now + MISSED * template.interval + template.timeout,
        against=against,
        warning=before.warning if failed else told.warning,
        parts=told.parts,
    )


def wants_confirm(belief: Belief, template: Template) -> bool:
    """Tell whether to look again ``confirm`` seconds from now: after each failing round, until enough of them have failed."""
    return template.confirm is not None and belief.verdict is Verdict.UP and 0 < belief.against < template.fall


def _fails(seen: Mapping[str, Observation], template: Template) -> bool:
    failing = sum(not observation.is_well for observation in seen.values())
    return failing > 0 and failing * 100 >= template.failure_rate * len(seen)


def _weighed(before: Belief, word: Verdict, template: Template, now: float) -> tuple[Verdict, int]:
    """Weigh a round's word against the verdict before: the verdict now, and how many rounds in a row speak against it."""
    if before.verdict is None or word is before.verdict:
        return word, 0
    against = before.against + 1
    enough = template.fall if word is Verdict.DOWN else template.rise
    if against < enough:
        return before.verdict, against
    is_held = word is Verdict.UP and 0 <= now - before.since < template.hold  # less than 0: the clock was set back
    return (before.verdict, enough) if is_held else (word, 0)
