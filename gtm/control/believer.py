"""From observations to what is believed, to what is answered from, and to what is told. It does no I/O."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from gtm.chain.word import Alert, Observation
from gtm.config.loaded import Loaded
from gtm.control.attempt import Task
from gtm.health.alerting import Alerting, Told
from gtm.health.brake import Brake, Held, Limit
from gtm.health.judge import judged, wants_confirm
from gtm.health.routing import Routing
from gtm.health.standing import Change, Standing, Standings
from gtm.health.table import Belief, State, judge
from gtm.health.world import Looking, World
from gtm.model import event as events
from gtm.model.health import Verdict
from gtm.model.resolved import Resolved

HERE: Final = "here"
"""The one vantage point that there is as yet."""
DRILL: Final = "drill"
BRAKE: Final = "brake"


class Believer:
    """Believes what it is told. A new state is published at once; reasons and alerts follow when ``settle`` is called."""

    def __init__(self, loaded: Loaded, clock: Callable[[], float], publish: Callable[[State], None]) -> None:
        """Begin with no data. ``clock`` gives seconds since 1970."""
        self._clock, self._publish = clock, publish
        self._ahead = 0.0
        self._fresh: dict[str, Belief] = {}
        self._feigned: set[str] = set()
        self._is_called = False
        self._hears = False
        self.unseen: dict[str, str] = {}
        """Why the last probe of a check saw nothing, by its key."""
        self.since: dict[str, float] = {}
        """When the standing of each member last changed, by its key."""
        self.world = World(loaded.service)
        self.brake = Brake(Limit(), ())
        self._adopt(loaded, None)
        self.alerting = Alerting(self._routing)

    def _adopt(self, loaded: Loaded, before: Standings | None) -> None:
        self._addresses = loaded.addresses
        checks = [check for address in loaded.addresses.values() for check in address.checks]
        self._checks = {check.key for check in checks}
        self.standings = Standings(loaded.service, loaded.pools.values(), before or ())
        used = loaded.probes.keys() & {check.template for check in checks}
        limit = Limit.of(loaded.server.brake, (loaded.probes[name].template for name in used))
        self.brake.adopt(limit, loaded.addresses.values())
        self._routing = Routing(loaded.service, loaded.pools.values(), loaded.channels, loaded.alone)

    def restore(
        self,
        beliefs: Mapping[str, Belief],
        told: Told,
        stood: Iterable[tuple[Standing, float]],
        held: Held | None = None,
    ) -> None:
        """Go on from what was believed and told before a restart, and how everybody stood since when; ``begin`` must follow."""
        known = {key: belief for key, belief in beliefs.items() if key in self._checks}
        self.world.believe(known, self._wall)
        self.brake.restore(held or Held())
        self.alerting = Alerting(self._routing, told)
        before = {standing.key: (standing, since) for standing, since in stood}
        self.standings.recall(standing for standing, _ in before.values())
        self.since = {key: since for key, (_, since) in before.items()}

    def begin(self) -> None:
        """Say how everybody stands, now that all is known that was kept."""
        self._publish(self.world.state)
        self._derive(None)
        self.since = {key: moment for key, moment in self.since.items() if self.standings.get(key)}

    def hear(self) -> None:
        """From now on there is enough data for alerts."""
        if not self._hears:
            self.settle()
            self._hears = True
            self._told([Change(None, standing) for standing in self.standings])

    def exchange(self, loaded: Loaded) -> State:
        """Believe the same of another configuration, and give the state that goes with it."""
        self.settle()
        carried = self._carried(loaded)
        self._adopt(loaded, self.standings)
        gone = self.world.table.beliefs.keys() - self._checks
        self.world.exchange(loaded.service, self._wall, self.world.table.without(gone).saying(carried))
        self.alerting.exchange(self._routing, self._checks)
        self.unseen = {key: reason for key, reason in self.unseen.items() if key in self._checks}
        self._derive(None)
        self.since = {key: moment for key, moment in self.since.items() if self.standings.get(key)}
        self._review()
        return self.world.state

    def _carried(self, loaded: Loaded) -> dict[str, Belief]:
        """Give what to believe of the checks of an address that is down, where all are new: else it would be answered again.

        The first good round brings it back.
        """
        found: dict[str, Belief] = {}
        table = self.world.table
        for key, address in loaded.addresses.items():
            before = self._addresses.get(key)
            if before is None or judge(before, table).is_good or any(c.key in table.beliefs for c in address.checks):
                continue
            told = next(table.beliefs[c.key] for c in before.checks if table.verdict(c.key) is Verdict.DOWN)
            for check in address.checks:
                found[check.key] = replace(told, against=loaded.probes[check.template].template.rise - 1)
        return found

    def told(self, task: Task, observation: Observation) -> bool:
        """Take an observation, and say whether to look again soon."""
        key, template = task.check.key, task.probe.template
        if key in self._feigned:
            observation = Observation(is_well=False, reason=DRILL, seconds=observation.seconds)
        before = self._known(key)
        if observation.is_well is None:
            # nothing is known of the target by this; that it lasts, people must know
            self.unseen[key] = observation.reason
            if before is None or self._clock() > before.until:
                self.alerting.event(events.PROBE_LATE, key, observation.reason, self._clock())
            return False
        self.unseen.pop(key, None)
        belief = judged(before, {HERE: observation}, template, self._clock())
        if key not in self._feigned:
            belief = self._braked(key, before, belief)
        self._fresh[key] = belief
        if (before is None or belief.verdict is not before.verdict) and not self._is_called:
            # with all others that come in this turn of the loop
            self._is_called = True
            asyncio.get_running_loop().call_soon(self.settle)
        if belief.warning:
            self.alerting.event(events.CERTIFICATE_EXPIRES, key, belief.warning, self._clock())
        self.alerting.over(key)
        return wants_confirm(belief, template)

    def _known(self, key: str) -> Belief | None:
        return self._fresh.get(key) or self.world.table.beliefs.get(key)

    @property
    def braked(self) -> tuple[float, str] | None:
        """Since when no death is believed, and why; None where every one is."""
        return None if self.brake.since is None else (self.brake.since, self.brake.said(self._known))

    def _braked(self, key: str, before: Belief | None, belief: Belief) -> Belief:
        """Give what of a new belief may be believed, and tell people when the brake comes on."""
        since = self.brake.since
        belief = self.brake.believed(key, before, belief, self._known, self._clock())
        if self.brake.since != since:
            self.event(events.BRAKE_ON, BRAKE, self.brake.said(self._known))
        return belief

    @property
    def _wall(self) -> float:
        """The time of day, by which sticky groups are settled: as answers are given, and as of the last tick."""
        return self._clock() + self._ahead

    def settle(self) -> None:
        """Draw the consequences of what was told since the last time."""
        self._is_called = False
        if self._fresh:
            fresh, self._fresh = self._fresh, {}
            before, state = self.world.table.beliefs, self.world.state
            self.world.hear(fresh)
            self._publish_after(state)
            state = self.world.state
            self.world.settle(self._wall)
            self._publish_after(state)
            self._derive([key for key, belief in fresh.items() if not _reads_alike(before.get(key), belief)])

    def heed(self, words: Mapping[str, str]) -> None:
        """Take over the operator's words."""
        changed = {key for key, word in words.items() if self.world.state.words.get(key) != word}
        changed |= self.world.state.words.keys() - words.keys()
        if changed:
            self.world.heed(words, self._wall)
            self._publish(self.world.state)
            self._derive(changed)
            self._review()

    def resolve(self, resolved: Mapping[str, Resolved]) -> None:
        """Take over what names outside our zones resolve to."""
        if resolved != self.world.state.resolved:
            self.world.resolve(resolved, self._wall)
            self._publish(self.world.state)

    def tick(self, wall: float) -> None:
        """Let time pass; ``wall`` is the time of day, in seconds since 1970, with all its jumps."""
        self._ahead = wall - self._clock()
        self.settle()
        if self.brake.since is not None:
            said = self.brake.tick(self._known, self._clock())
            if self.brake.since is None:
                self.event(events.BRAKE_OFF, BRAKE, said)
        before = self.world.state
        self.world.settle(wall)
        self._publish_after(before)

    def _publish_after(self, before: State) -> None:
        if self.world.state is not before:
            self._publish(self.world.state)

    @property
    def is_complete(self) -> bool:
        """Tell whether there is data on every check."""
        return self._checks <= self.world.table.beliefs.keys()

    def batches(self, alerts: tuple[Alert, ...]) -> list[tuple[str, tuple[Alert, ...]]]:
        """Give each channel's key with what it is to be told."""
        return self._routing.batches(alerts)

    def due(self) -> tuple[Alert, ...]:
        """Take the alerts that are to be sent now."""
        return self.alerting.due(self._clock())

    def event(self, event: str, subject: str, reason: str) -> None:
        """Take something else to be told of."""
        self.alerting.event(event, subject, reason, self._clock())

    @contextmanager
    def feign(self, keys: Collection[str]) -> Iterator[None]:
        """Let these checks fail for as long as this lasts, whatever their probes see."""
        self._feigned |= set(keys)
        try:
            yield
        finally:
            self._feigned -= set(keys)

    def _derive(self, keys: Collection[str] | None) -> None:
        changes = self.standings.update(self.world.table, self.world.state, keys)
        now = self._clock()
        for change in changes:
            if change.before is not None or change.after.key not in self.since:
                self.since[change.after.key] = now
        if self._hears:
            self._told(changes)

    def _review(self) -> None:
        """Tell of those who take part again, or for the first time, and are not well: for them nothing changed."""
        if self._hears:
            self.alerting.review(self.standings, Looking(self.world.state), self._clock())

    def _told(self, changes: list[Change]) -> None:
        drilled = self.standings.above(self._feigned)
        told = [_drilled(change) if change.after.key in drilled else change for change in changes]
        self.alerting.changed(told, Looking(self.world.state), self._clock())


def _drilled(change: Change) -> Change:
    """Say of a group that is not available that a drill is under way."""
    if change.after.available:
        return change
    return replace(change, after=replace(change.after, reason=f"{change.after.reason}; {DRILL}"))


def _reads_alike(before: Belief | None, after: Belief) -> bool:
    """Tell whether nobody stands differently by it, nor for another reason."""
    return before is not None and (before.verdict, before.reason) == (after.verdict, after.reason)
