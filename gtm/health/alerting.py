"""From what is seen to what is told: one alert for each transition (R-110, R-111, R-114), damped and grouped. Pure.

An address is told as down when its health is exceptional, whether or not it stays in the answers, or when it is kept out by
hand; a pool or access domain when it is not available. What is disabled, drained or empty, or an address of such pools
alone, is told of neither way: it keeps what was told last, and is compared with that when it takes part again. So is
everything after a restart.

Moments are seconds since 1970. What happens within a second is told together; see ``gtm.health.damping`` for what flaps.
"""

from collections.abc import Collection, Iterable
from math import inf
from typing import Final, NamedTuple

import msgspec

from gtm.chain.word import Alert
from gtm.health.damping import Damping, Subject, Telling
from gtm.health.routing import Item, Routing
from gtm.health.standing import Change, Standing
from gtm.model import event as events
from gtm.model.available import Sight
from gtm.model.health import Health
from gtm.model.member import Address, Domain, Pool
from gtm.model.oneline import one_line

HOUR: Final = 3600.0
DAY: Final = 86400.0
LONGEST: Final = 1000
"""Letters of a reason at most."""
TOGETHER: Final = 1.0
"""Seconds within which what happens is told together."""


class Told(msgspec.Struct, frozen=True):
    """What people know, for after a restart: who was told as down, whose probe as late, and when of which certificate.

    ``untold`` are alerts that nobody would know of again, for they say what happened and not how somebody stands.
    """

    down: tuple[str, ...] = ()
    late: tuple[str, ...] = ()
    certificates: dict[str, float] = msgspec.field(default_factory=dict)
    untold: tuple[Alert, ...] = ()


class _Words(NamedTuple):
    down: str
    up: str


_WORDS: Final = (
    (Address, _Words(events.ADDRESS_DOWN, events.ADDRESS_UP)),
    (Pool, _Words(events.POOL_DOWN, events.POOL_UP)),
    (Domain, _Words(events.DOMAIN_DOWN, events.DOMAIN_UP)),
)
_RANKS: Final = {word: rank for rank, (_, words) in enumerate(_WORDS) for word in words}


class Alerting:
    """What must be told, and when."""

    def __init__(self, routing: Routing, told: Told | None = None, damping: Damping | None = None) -> None:
        """Go on from what people know already."""
        told = told or Told()
        self._routing = routing
        self._damping = damping or Damping()
        self._subjects = {key: Subject(self._damping, told_down=True) for key in told.down}
        self._held: dict[str, str] = {}
        self._unheard: set[str] = set()
        self._unsure: dict[str, Standing] = {}
        self._late = set(told.late)
        self._lately: dict[str, float] = {}
        self._certificates = dict(told.certificates)
        self._open = list(told.untold)
        self._opened = -inf
        self._before: dict[str, bool] = {}

    @property
    def told(self) -> Told:
        """What people know once all that ``due`` gave has reached them; what it did not give yet, they do not."""
        waiting = {(alert.event, alert.subject) for alert in self._open}
        down = (key for key, subject in self._subjects.items() if self._before.get(key, subject.told_down))
        late = (key for key in self._late if (events.PROBE_LATE, key) not in waiting)
        certificates = self._certificates.items()
        dated = {key: at for key, at in certificates if (events.CERTIFICATE_EXPIRES, key) not in waiting}
        untold = tuple(alert for alert in self._open if alert.event in events.OF_SERVER)
        return Told(tuple(sorted(down)), tuple(sorted(late)), dated, untold)

    def exchange(self, routing: Routing, checks: Collection[str]) -> None:
        """Go on with another configuration, which has these checks; ``review`` must follow. What it lacks is forgotten."""
        self._routing = routing
        self._subjects = {key: subject for key, subject in self._subjects.items() if key in routing.items}
        self._held = {key: reason for key, reason in self._held.items() if key in routing.items}
        self._unheard &= routing.items.keys()
        self._unsure = {key: standing for key, standing in self._unsure.items() if key in routing.items}
        self._late.intersection_update(checks)
        self._lately = {key: moment for key, moment in self._lately.items() if key in checks}
        self._certificates = {key: moment for key, moment in self._certificates.items() if key in checks}

    def changed(self, changes: Iterable[Change], sight: Sight, now: float) -> None:
        """Hear of items that stand differently now; ``sight`` is the state from which that follows."""
        self.review((change.after for change in changes), sight, now)

    def review(self, standings: Iterable[Standing], sight: Sight, now: float) -> None:
        """Hear how items stand, changed or not.

        All of them must be given at the start, after ``exchange``, and whenever an override begins or ends: an address that
        failed while it was drained stands as before when it is released, and yet must be told of.
        """
        for standing in standings:
            self._judge(standing, sight, now)
        for standing in tuple(self._unsure.values()):
            self._judge(standing, sight, now)

    def _judge(self, standing: Standing, sight: Sight, now: float) -> None:
        key = standing.key
        item = self._routing.items.get(key)
        self._unsure.pop(key, None)
        (self._unheard.add if standing.health is Health.NO_DATA else self._unheard.discard)(key)
        subject = self._subjects.get(key)
        if item is None or not self._takes_part(item, sight):
            if subject and self._held.pop(key, None) is not None:
                subject.rest()
            return
        fails = isinstance(item, Address) and not standing.health.is_good
        is_down = fails or not standing.available
        if subject is None:
            if not is_down:
                return
            subject = self._subjects[key] = Subject(self._damping)
        elif subject.is_down and not is_down and self._is_unheard(item, sight):
            self._unsure[key] = standing
            return
        reason = f"{standing.reason}; it stays in the answers" if fails and standing.available else standing.reason
        if subject.next() < inf or subject.is_down is not is_down:
            self._move(key, subject.move(is_down, now), reason, now)

    def _move(self, key: str, telling: Telling | None, reason: str, now: float) -> None:
        if telling:
            self._tell(key, telling, reason, now)
        else:
            self._held[key] = reason

    def _takes_part(self, item: Item, sight: Sight) -> bool:
        """Tell whether anybody wants to hear of an item: of an address not while every pool that holds it is out as well."""
        if not sight.enabled(item):
            return False
        if isinstance(item, Domain):
            return item.schedules
        if isinstance(item, Pool):
            return bool(item.members)
        pools = (self._routing.items[key] for key in self._routing.concerned(item.key)[0])
        return any(sight.enabled(pool) for pool in pools)

    def _is_unheard(self, item: Item, sight: Sight) -> bool:
        """Tell whether an item is up only because nothing is known yet of an address that takes part in it."""
        if isinstance(item, Address):
            return item.key in self._unheard
        return any(sight.enabled(member.item) and self._is_unheard(member.item, sight) for member in item.members)

    def event(self, event: str, subject: str, reason: str, now: float) -> None:
        """Hear of something else: a certificate is told of once a day, a late probe once until it is ``over``, and once an hour."""
        if event == events.PROBE_LATE:
            is_told = subject in self._late or 0 <= now - self._lately.get(subject, -inf) < HOUR
            self._late.add(subject)
            if is_told:
                return
            self._lately[subject] = now
        if event == events.CERTIFICATE_EXPIRES:
            if 0 <= now - self._certificates.get(subject, -inf) < DAY:
                return
            self._certificates[subject] = now
        self._add(event, subject, reason, 0, now)

    def over(self, subject: str) -> None:
        """Hear that a probe that was late has come."""
        self._late.discard(subject)

    def due(self, now: float) -> tuple[Alert, ...]:
        """Take what is to be told now: oldest first, and of one moment addresses before pools before access domains."""
        for key, reason in sorted(self._held.items()):
            if telling := self._subjects[key].due(now):
                self._tell(key, telling, reason, now)
            if self._subjects[key].next() == inf:
                del self._held[key]
        if not self._open or 0 <= now - self._opened < TOGETHER:
            return ()
        found = sorted(self._open, key=lambda alert: (alert.moment, _RANKS.get(alert.event, len(_RANKS))))
        self._open, self._before = [], {}
        return tuple(found)

    def next(self) -> float | None:
        """Say when ``due`` should be asked; None while nothing waits."""
        soonest = min((self._subjects[key].next() for key in self._held), default=inf)
        if self._open:
            soonest = min(soonest, self._opened + TOGETHER)
        return None if soonest == inf else soonest

    def _tell(self, key: str, telling: Telling, reason: str, now: float) -> None:
        words = next(words for kind, words in _WORDS if isinstance(self._routing.items[key], kind))
        self._before.setdefault(key, telling.was_down)
        if telling.flaps:
            often = f"flapped {telling.flaps} times in {_lasting(telling.seconds)}"
            stays = telling.is_down is telling.was_down
            reason = f"{often}, is {'down' if telling.is_down else 'up'}" if stays else f"{reason}; {often}"
        self._add(words.down if telling.is_down else words.up, key, reason, telling.flaps, now)

    def _add(self, event: str, subject: str, reason: str, flaps: int, now: float) -> None:
        if not self._open:
            self._opened = now
        key = f"{event}|{subject}|{round(now * 1000)}"
        pools, domains = self._routing.concerned(subject)
        item = self._routing.items.get(subject)
        name = one_line(item.name, LONGEST) if isinstance(item, Address) else ""
        self._open.append(Alert(event, subject, one_line(reason, LONGEST), now, key, flaps, pools, domains, name))


def _lasting(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 60 else f"{seconds:.0f} s"
