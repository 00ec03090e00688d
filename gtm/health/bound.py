"""The bound: how long after an address died a client may still be sent there, computed from the configuration alone.

Let I be the interval, T the time-out, n ``fall`` and c ``confirm``. At worst an address dies just after it was probed, and
from then on lets every probe hang. So the first failing probe starts I later, each takes T, and the n-th decides. Each
starts P after the one before, where P = I if T < I; otherwise P is the first multiple of I beyond T, for slots that come
while a probe hangs are skipped. With ``confirm`` it starts c after the end of the one before, where that is sooner. The
death is believed after

    I + (n - 1) P + T,    or with confirm, where that is less,    I + (n - 1) (T + c) + T.

Where T > I the first I is P as well: a good probe that is slow may rest on what it saw at its beginning, and it skips slots.

An address dies with all of its checks, and is judged when so many of them have failed as ``healthy_when`` says.

Probes of a plugin queue where more are due than it may have under way. Let W be the longest that one can wait so, while all
others hang. It counts to T, but for the first probe, which is then started I + T later and waits. That is told besides, as
``crowded``: it takes many deaths at once. What no configuration tells is not in the bound: a machine that stands still, one
that has too few sockets, a reload with another interval.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from math import floor
from types import MappingProxyType
from typing import Final

from gtm.model.health import meets
from gtm.model.member import Address, Domain, Mode, Pool
from gtm.model.template import Template

PUBLISHING: Final = 0.1
"""Seconds from a verdict to answers without the address. It is 20 ms in 99 of 100 cases; the rest is for busy machines."""
_HASTE: Final = 0.01
"""Seconds by which the end of a time-out may be noticed late: a slot that comes before counts as missed."""
_NAMED: Final = 3
"""At most so many addresses are named whose death is never noticed."""
_IGNORED: Final = "no plugin of its zone goes by its checks"
NO_WAITS: Final[Mapping[str, float]] = MappingProxyType({})
Parts = tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Bound:
    """The most seconds for which a dead address of an access domain may be answered, or remembered by a resolver.

    ``seconds`` is None where the death of one is never noticed; ``unnoticed`` are the keys of those, each with why.
    ``parts`` are of the slowest of the others, ``address``; it is "" where there is none. ``rescued`` tells whether an
    address may be answered dead all the same, where no other is left. ``hold`` is the longest for which one that is well
    again may be kept out. ``crowded`` is what ``seconds`` becomes where so much hangs at once that probes queue, and 0 where
    they never do.
    """

    domain: str
    seconds: float | None
    address: str = ""
    parts: Parts = ()
    unnoticed: tuple[tuple[str, str], ...] = ()
    rescued: bool = False
    hold: float = 0.0
    crowded: float = 0.0


def bound(
    domain: Domain,
    templates: Mapping[str, Template],
    waits: Mapping[str, float] = NO_WAITS,
    *,
    ignored: Collection[str] = (),
    rescues: bool = True,
) -> Bound:
    """Compute the bound of an access domain: the worst of all addresses that it may answer.

    Templates are by name, and so are ``waits``: the most seconds for which a probe may queue. ``ignored`` are the keys of
    addresses whose health no plugin asks for; ``rescues`` is whether any comes to the rescue where nobody is left.
    """
    unnoticed: dict[str, str] = {}
    noticed: list[Address] = []
    for address in _answered(domain):
        if why := _unnoticed(address) or (_IGNORED if address.key in ignored else ""):
            unnoticed[address.key] = why
        else:
            noticed.append(address)
    rest = (("to publish", PUBLISHING), ("of TTL", float(domain.ttl)))
    slowest = max(noticed, key=lambda address: _slowness(address, templates, NO_WAITS), default=None)
    parts = (*_parts(_deciding(slowest, templates, NO_WAITS), 0.0), *rest) if slowest else ()
    crowded = max((_slowness(address, templates, waits) for address in noticed), default=0.0) + _total(rest)
    return Bound(
        domain.key,
        None if unnoticed else _total(parts),
        slowest.key if slowest else "",
        parts,
        tuple(unnoticed.items()),
        rescues and _is_rescued(domain),
        max((templates[check.template].hold for each in noticed for check in each.checks), default=0.0),
        crowded if parts and crowded > _total(parts) else 0.0,
    )


def detection(address: Address, templates: Mapping[str, Template]) -> float | None:
    """Compute the most seconds from an address's death to the verdict; None where it is never noticed."""
    return None if _unnoticed(address) else _slowness(address, templates, NO_WAITS)


def show(found: Bound) -> str:
    """Say a bound in one line."""
    name = found.domain.partition(":")[2]
    if not found.parts and not found.unnoticed:
        return f"{name}: no address is answered"
    said = []
    if found.unnoticed:
        named = [f"{key} ({why})" for key, why in found.unnoticed[:_NAMED]]
        more = len(found.unnoticed) - len(named)
        said.append("for ever: " + ", ".join([*named, *([f"{more} more"] if more else [])]))
    if found.parts:
        made_of = ", ".join(f"{_seconds(seconds)} {part}" for part, seconds in found.parts)
        others = "the others " if found.unnoticed else ""
        said.append(f"{others}for {_seconds(_total(found.parts))}: {made_of}")
    if found.crowded:
        said.append(f"for {_seconds(found.crowded)} where so much hangs at once that probes queue")
    if found.rescued:
        said.append("and on where no other is left")
    held = f"; one that is well again may be kept out for {_seconds(found.hold)} (hold)" if found.hold else ""
    return f"{name}: a dead address may be answered {'; '.join(said)}{held}"


def _answered(domain: Domain) -> Iterator[Address]:
    if domain.enabled:
        pools = (member.item for member in domain.members)
        items = (member.item for pool in pools if isinstance(pool, Pool) and pool.enabled for member in pool.members)
        for item in items:
            if isinstance(item, Address) and item.enabled and item.mode is not Mode.DOWN:
                yield item


def _is_rescued(domain: Domain) -> bool:
    given = domain.when_all_down
    if isinstance(given, str):
        return given in ("all", "last")
    return any(address.value in given for address in _answered(domain))


def _unnoticed(address: Address) -> str:
    """Say why nobody will notice that an address is dead; "" where somebody will."""
    if address.mode is Mode.UP:
        return "its mode is up"
    return "" if address.checks else "it has no checks"


def _slowness(address: Address, templates: Mapping[str, Template], waits: Mapping[str, float]) -> float:
    template = _deciding(address, templates, waits)
    return _total(_parts(template, waits.get(template.name, 0.0)))


def _deciding(address: Address, templates: Mapping[str, Template], waits: Mapping[str, float]) -> Template:
    """Find the template of the check that decides: with it, too few are left that are good."""
    used = (templates[check.template] for check in address.checks)
    swift = sorted(used, key=lambda each: _total(_parts(each, waits.get(each.name, 0.0))))
    total = len(swift)
    left = (meets(total - failed, total, address.healthy_when) for failed in range(1, total + 1))
    return next(template for template, enough in zip(swift, left, strict=True) if not enough)


def _parts(template: Template, wait: float) -> Parts:
    interval, timeout, fall = template.interval, template.timeout, template.fall
    busy = wait + timeout
    turn = (floor((busy + _HASTE) / interval) + 1) * interval
    pause = turn - busy if template.confirm is None else min(turn - busy, template.confirm)
    first = interval if busy <= interval else turn
    if wait:
        first = interval + timeout
    time_outs = "for a time-out" if fall == 1 else f"for {fall} time-outs"
    parts = (("until the next probe", first), (time_outs, fall * timeout), ("in the queue", fall * wait))
    return tuple(part for part in (*parts, ("between them", (fall - 1) * pause)) if part[1] or part is parts[0])


def _total(parts: Parts) -> float:
    return sum(seconds for _, seconds in parts)


def _seconds(seconds: float) -> str:
    return f"{seconds:.3f}".rstrip("0").rstrip(".") + " s"
