"""Checks that wait to be probed: a lane for each plugin, in order of their turns, with a bound on those under way."""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from gtm.control.attempt import Task


@dataclass(slots=True)
class Lane:
    """The checks of one plugin that wait, and how many of its probes are under way."""

    waiting: deque[str] = field(default_factory=deque)
    running: int = 0


class Lanes:
    """All lanes. A check waits in one place only."""

    def __init__(self) -> None:
        """Begin with nobody waiting."""
        self._lanes: dict[str, Lane] = {}
        self._waiting: set[str] = set()

    def __len__(self) -> int:
        return len(self._waiting)

    def queue(self, key: str, plugin: str) -> None:
        """Let a check wait at the end of its plugin's lane, unless it waits already."""
        if key not in self._waiting:
            self._waiting.add(key)
            self._lanes.setdefault(plugin, Lane()).waiting.append(key)

    def clear(self) -> None:
        """Send all that wait away."""
        self._waiting.clear()
        for lane in self._lanes.values():
            lane.waiting.clear()

    def ready(self, tasks: Mapping[str, Task]) -> Iterator[tuple[str, Lane]]:
        """Take out what may start, from each lane in turn; each is to be started before the next is taken.

        What is no task any more is sent away.
        """
        lanes = deque(lane for lane in self._lanes.values() if lane.waiting)
        while lanes:
            lane = lanes.popleft()
            task = tasks.get(lane.waiting[0])
            if task is not None and lane.running >= task.probe.at_once:
                continue
            key = lane.waiting.popleft()
            self._waiting.discard(key)
            if task is not None:
                yield key, lane
            if lane.waiting:
                lanes.append(lane)
