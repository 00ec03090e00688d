"""A prober on a virtual clock: the schedule and the judge, driven without waiting."""

from heapq import heappop, heappush
from random import Random

from gtm import Observation
from gtm.health.judge import judged, wants_confirm
from gtm.health.schedule import Schedule
from gtm.model.template import Template

EPOCH = 1_750_000_000.0


def template(name="web", **more):
    return Template(name, "stub", **more)


def probed(templates, world, until, seed=1):
    """Probe until a moment; yield (start, end, key, belief) of each probe, in the order of the ends.

    ``world(key, start)`` says how many seconds a probe takes that starts now, and whether it finds its target well.
    """
    schedule, beliefs, ends, now = Schedule(Random(seed)), {}, [], 0.0
    schedule.keep(templates, now)
    while True:
        turn = schedule.next()
        moments = [*([turn] if turn is not None else []), *([ends[0][0]] if ends else [])]
        if not moments or min(moments) > until:
            return
        now = max(now, min(moments))
        while ends and ends[0][0] <= now:
            end, key, start, is_well = heappop(ends)
            seen = {"here": Observation(is_well, "status 200" if is_well else "status 503", end - start)}
            belief = beliefs[key] = judged(beliefs.get(key), seen, templates[key], EPOCH + now)
            again = templates[key].confirm if wants_confirm(belief, templates[key]) else None
            schedule.done(key, now, again=again)
            yield start, now, key, belief
        for key in schedule.due(now):
            seconds, is_well = world(key, now)
            heappush(ends, (now + seconds, key, now, is_well))


def transitions(run, key):
    """List the moments at which a check's verdict changed, and to what; its first verdict is the first."""
    found = []
    for _, end, told, belief in run:
        if told == key and (not found or found[-1][1] is not belief.verdict):
            found.append((end, belief.verdict))
    return found
