"""Tells people: takes alerts to their channels, in order, one delivery at a time for each, until they are there or given up.

The law. What was taken is delivered, or a line in the alert log says why not: nothing is dropped without a word, and what
waits is bounded. A delivery that fails is tried again after 1 s, then after twice as long, up to 5 min, a little less by
chance, or later if the exception's ``after`` asks for more seconds. What is an hour old when a try fails is given up, and so
is the oldest when too much waits. What waits behind a delivery becomes one, as old as the newest of it: who can't keep up is
not flooded. One that was tried stays as it is. Delivered once in ordinary operation; after a crash perhaps again, which a
receiver can tell by ``Alert.key``.
"""

import asyncio
import logging
import re
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Final

from gtm.chain.word import Alert
from gtm.config.loaded import Channel
from gtm.control.alertlog import AlertLog
from gtm.model.wrong import wrong

log = logging.getLogger("gtm")

Batch = tuple[Alert, ...]
Pending = dict[str, tuple[Batch, ...]]
"""What waits, by the channel's key, oldest first."""

_GONE: Final = "the Corefile names this channel no longer"
_URL: Final = re.compile(r"(\w[\w+.-]*)://(\S*)")


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds for one try, before the first retry, before every later one at most, until a batch is given up.

    Then how many alerts that waited may become one delivery, and how much may wait.
    """

    one: float = 30.0
    first: float = 1.0
    longest: float = 300.0
    in_all: float = 3600.0
    together: int = 200
    batches: int = 1000
    alerts: int = 20_000


class _Courier:
    """One channel: what waits for it, and the task that delivers."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.waiting: deque[tuple[float, Batch]] = deque()
        self.news = asyncio.Event()
        self.failed = 0
        self.task: asyncio.Task[None] | None = None
        self.delivering = False
        self.fixed = False
        """Whether the oldest delivery was tried, and must stay as it is."""


class Notifier:
    """The channels of a configuration. Its methods are called on one event loop; nothing is delivered unless ``run`` runs."""

    def __init__(
        self,
        channels: Iterable[Channel],
        log_: AlertLog,
        chance: Random,
        patience: Patience | None = None,
        counted: Callable[[str, str], None] = lambda _label, _result: None,
    ) -> None:
        """Tell these; ``log_`` notes what becomes of it, ``counted`` hears of a label and ``delivered``, ``retried`` or ``lost``."""
        self._log, self._chance, self._counted = log_, chance, counted
        self._patience = patience or Patience()
        self._couriers = {channel.key: _Courier(channel) for channel in channels}
        self._runs = False

    async def run(self, grace: float = 3.0) -> None:
        """Deliver until cancelled; then what is under way may take ``grace`` seconds more, and the rest stays ``pending``."""
        self._runs = True
        for courier in self._couriers.values():
            self._begin(courier)
        try:
            await asyncio.Event().wait()
        finally:
            await self._end(grace)

    def _begin(self, courier: _Courier) -> None:
        courier.task = asyncio.create_task(self._deliver(courier), name=f"alerts to {courier.channel.label}")

    async def _end(self, grace: float) -> None:
        self._runs = False
        tasks = []
        for courier in self._couriers.values():
            if courier.task:
                tasks.append(courier.task)
                if not courier.delivering:
                    courier.task.cancel()
        _, late = await asyncio.wait(tasks, timeout=grace) if tasks else (set(), set())
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=grace)  # a plugin that will not be cancelled ends with the process

    def exchange(self, channels: Iterable[Channel]) -> None:
        """Go on with another configuration's channels; what waits for one that it does not have is given up."""
        wanted = {channel.key: channel for channel in channels}
        for key in self._couriers.keys() - wanted.keys():
            courier = self._couriers.pop(key)
            if courier.task:
                courier.task.cancel()
            self._give_up(courier, len(courier.waiting), _GONE)
        for key, channel in wanted.items():
            if key in self._couriers:
                self._couriers[key].channel = channel
                continue
            courier = self._couriers[key] = _Courier(channel)
            if self._runs:
                self._begin(courier)

    @property
    def waiting(self) -> int:
        """How many deliveries wait."""
        return sum(len(courier.waiting) for courier in self._couriers.values())

    @property
    def pending(self) -> Pending:
        """What is not delivered yet."""
        return {key: tuple(batch for _, batch in each.waiting) for key, each in self._couriers.items() if each.waiting}

    def restore(self, pending: Mapping[str, Iterable[Batch]]) -> None:
        """Go on with what was pending before a restart; its hour begins anew."""
        for key, batches in pending.items():
            if key in self._couriers:
                for batch in batches:
                    self.send(key, batch)
                self._couriers[key].fixed = True  # it may have been tried
            elif lost := tuple(alert for batch in batches for alert in batch):
                self._lose(lost, "a channel that is gone", _GONE)

    def send(self, key: str, batch: Batch) -> None:
        """Have a batch delivered to the channel of this key."""
        courier = self._couriers[key]
        courier.waiting.append((_now(), batch))
        first = 1 if courier.delivering else 0
        while len(courier.waiting) > first + 1 and self._is_full(courier):
            self._give_up(courier, 1, "too many alerts waited", first)
        courier.news.set()

    def _is_full(self, courier: _Courier) -> bool:
        alerts = sum(len(batch) for _, batch in courier.waiting)
        return len(courier.waiting) > self._patience.batches or alerts > self._patience.alerts

    async def _deliver(self, courier: _Courier) -> None:
        while self._runs:
            if not courier.waiting:
                courier.news.clear()
                await courier.news.wait()
                continue
            batch = self._next(courier)
            fault, after = await self._tried(courier, batch)
            if fault is None:
                courier.failed, courier.fixed = 0, False
                courier.waiting.popleft()
                self._counted(courier.channel.label, "delivered")
                self._log.outcome(batch, f"delivered to {courier.channel.label}")
            elif self._runs:
                await self._failed(courier, fault, after)

    def _next(self, courier: _Courier) -> Batch:
        """Give the oldest delivery, with what waits behind it if it is tried for the first time."""
        waiting, most = courier.waiting, self._patience.together
        while not courier.fixed and len(waiting) > 1 and len(waiting[0][1]) + len(waiting[1][1]) <= most:
            _, batch = waiting.popleft()
            since, more = waiting[0]
            waiting[0] = since, (*batch, *more)
        courier.fixed = True
        return waiting[0][1]

    async def _tried(self, courier: _Courier, batch: Batch) -> tuple[str | None, float]:
        """Try once; say what went wrong, without secrets, and for how many seconds it must not be tried again."""
        courier.delivering = True
        limit = asyncio.timeout(self._patience.one)
        try:
            async with limit:
                await courier.channel.notify(batch)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            return "it was cancelled from within", 0.0  # by the plugin: no reason for the courier to die
        except Exception as fault:  # noqa: BLE001 - whatever a plugin raises means "try again later"
            after = getattr(fault, "after", 0.0)
            words = f"not done within {self._patience.one:g} s" if limit.expired() else shown(fault)
            return words, after if isinstance(after, int | float) else 0.0
        finally:
            courier.delivering = False
        return None, 0.0

    async def _failed(self, courier: _Courier, fault: str, after: float) -> None:
        courier.failed += 1
        self._counted(courier.channel.label, "retried")
        if courier.failed == 1:
            log.warning("%s: %s; trying again", courier.channel.label, fault)
        limit = _now() - self._patience.in_all
        self._give_up(courier, sum(since <= limit for since, _ in courier.waiting), fault)
        wait = min(self._patience.longest, self._patience.first * 2.0 ** min(courier.failed - 1, 60))
        await asyncio.sleep(max(wait * self._chance.uniform(0.8, 1.0), min(after, self._patience.longest)))

    def _give_up(self, courier: _Courier, count: int, words: str, place: int = 0) -> None:
        """Give up so many batches, from the oldest on or from a place on."""
        for _ in range(count):
            self._counted(courier.channel.label, "lost")
            self._lose(courier.waiting[place][1], courier.channel.label, words)
            del courier.waiting[place]
            courier.fixed = courier.fixed and place > 0

    def _lose(self, batch: Batch, label: str, words: str) -> None:
        many = "1 alert is" if len(batch) == 1 else f"{len(batch)} alerts are"
        log.error("%s: given up: %s; %s lost, see gtm alerts", label, words, many)
        self._log.lost(batch, label, words)


def _now() -> float:
    return asyncio.get_running_loop().time()


def shown(fault: BaseException) -> str:
    """Say what went wrong in one line, with nothing left of a URL but its scheme and host."""
    return _URL.sub(_host, wrong(fault))


def _host(match: re.Match[str]) -> str:
    authority = re.split(r"[/?#]", match[2])[0]
    host = authority.rpartition("@")[2]
    # an @ behind the authority, or one that was cut off, may follow a password that was not quoted
    hidden = "@" in match[2][len(authority) :] or match[2].endswith("…") or not host
    return f"{match[1]}://{'…' if hidden else host}"
