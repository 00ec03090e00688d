"""The world as it would be if something were down."""

from gtm.config.loaded import Loaded
from gtm.health.suppose import suppose
from gtm.health.table import State, Table
from gtm.health.world import World
from gtm.model.health import Verdict
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
    checks = [check.key for address in loaded.addresses.values() for check in address.checks]
    world.learn(Table.of(dict.fromkeys(checks, Verdict.UP)), now)  # else nobody was available before
    world.learn(suppose(loaded.pools.values(), down), now)
    return world.state
