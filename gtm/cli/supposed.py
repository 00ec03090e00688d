"""The world as it would be if something were down."""

from gtm.config.loaded import Loaded
from gtm.health.suppose import suppose
from gtm.health.table import State
from gtm.health.world import World
from gtm.model.resolved import Resolved


def supposed(
    loaded: Loaded,
    down: tuple[str, ...],
    now: float,
    held: dict[str, str] | None = None,
    resolved: dict[str, Resolved] | None = None,
) -> State:
    """Give the state that the server would answer from with some members out; ValueError when a word means nothing."""
    world = World(loaded.service)
    world.resolve(resolved or {}, now)
    world.hold(held or {}, now)
    world.learn(suppose(loaded.pools.values(), down), now)
    return world.state
