"""How long an answer lives (R-10)."""

from typing import Annotated

from msgspec import Meta

from gtm import MAX_TTL, Choice, Options, Plugin, Setup, hookimpl

Seconds = Annotated[int, Meta(ge=0, le=MAX_TTL)]


class TtlOptions(Options, frozen=True):
    """Limits in seconds, 0 to 2147483647."""

    max: Seconds | None = None
    degraded: Seconds | None = None
    rescued: Seconds | None = None


class Ttl(Plugin):
    """Gives an answer its access domain's TTL, or less where an option says so."""

    name = "ttl"
    Options = TtlOptions

    def __init__(self, options: TtlOptions, setup: Setup) -> None:
        """Take the limits."""
        super().__init__(options, setup)
        self._options = options

    @hookimpl
    def expire(self, choice: Choice, ttl: int) -> int:
        """Take the smallest TTL that applies to this choice."""
        limits = [self._options.max]
        if not choice.complete:
            limits.append(self._options.degraded)
        if choice.rescued:
            limits.append(self._options.rescued)
        return min([ttl, choice.domain.ttl, *(limit for limit in limits if limit is not None)])
