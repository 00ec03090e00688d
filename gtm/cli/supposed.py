"""An engine as it would be if something were down."""

from random import Random

from gtm.config.loaded import Loaded
from gtm.engine import Engine
from gtm.health.suppose import suppose


def supposed(loaded: Loaded, down: tuple[str, ...], now: float, held: dict[str, str] | None = None) -> Engine:
    """Build the engine that the server would run, and take some members out; ValueError when a word means nothing."""
    engine = Engine(loaded.service, Random(0))  # noqa: S311  shares, not secrets
    engine.hold(held or {}, now)
    engine.publish(suppose(loaded.pools.values(), down), now)
    return engine
