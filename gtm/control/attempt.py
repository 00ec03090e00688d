"""One probe, from the target's name to an observation. Whatever a plugin does, an observation comes of it."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from math import inf
from types import NoneType
from typing import Any, Final

from gtm.chain.word import Observation, Target
from gtm.config.loaded import Probe
from gtm.config.wording import raised
from gtm.control.lookup import Lookup
from gtm.model.member import Check
from gtm.model.oneline import one_line
from gtm.model.wrong import is_ours, wrong

_LONGEST: Final = 300
_LEAST: Final = 0.001
_MOST: Final = 10


@dataclass(frozen=True, slots=True)
class Task:
    """A check, and how it is probed."""

    check: Check
    probe: Probe


async def attempt(task: Task, lookup: Lookup, clock: Callable[[], float]) -> Observation:
    """Look the target up and probe it. The lookup counts into the time-out, which is the plugin's to keep."""
    template, check, began = task.probe.template, task.check, clock()

    def find(name: str) -> Coroutine[Any, Any, str]:
        return lookup.find(name, template.family, template.resolver, template.timeout)

    try:
        address = await find(check.target)
    except OSError as fault:
        return Observation(None if is_ours(fault) else False, wrong(fault), clock() - began)
    left = max(template.timeout - (clock() - began), _LEAST)
    try:
        found = await task.probe.probe(Target(address, check.port, check.target, left, find))
    except (Exception, SystemExit, KeyboardInterrupt) as fault:  # noqa: BLE001  a stranger's code may raise anything
        if is_ours(fault):
            return Observation(None, wrong(fault), clock() - began)
        return broken(task, fault, clock() - began)
    return _sound(found, task.probe.plugin, clock() - began)


def broken(task: Task, fault: BaseException, seconds: float) -> Observation:
    """Tell of a plugin that raised."""
    return Observation(False, one_line(f'plugin "{task.probe.plugin}" raised {raised(fault)}', _LONGEST), seconds)


def _sound(found: object, plugin: str, seconds: float) -> Observation:
    """Take what a plugin returned, if that is an Observation as it should be."""
    if not isinstance(found, Observation):
        return Observation(False, f'plugin "{plugin}" returned {type(found).__name__}, not an Observation', seconds)
    texts = isinstance(found.reason, str) and isinstance(found.warning, str)
    if not texts or type(found.is_well) not in (bool, NoneType) or not isinstance(found.seconds, int | float):
        return Observation(False, f'plugin "{plugin}" returned an Observation of the wrong types', seconds)
    taken = found.seconds if 0 <= found.seconds < inf else seconds
    return replace(
        found,
        reason=one_line(found.reason, _LONGEST),
        warning=one_line(found.warning, _LONGEST),
        seconds=taken,
        parts=_steps(found.parts),
    )


def _steps(parts: object) -> tuple[tuple[str, float], ...]:
    """Take the steps of a probe as far as they are such."""
    found = parts if isinstance(parts, tuple) else ()
    return tuple(
        (one_line(name, _LONGEST), float(seconds))
        for name, seconds in (each for each in found[:_MOST] if isinstance(each, tuple) and len(each) == 2)
        if isinstance(name, str) and isinstance(seconds, int | float) and 0 <= seconds < inf
    )
