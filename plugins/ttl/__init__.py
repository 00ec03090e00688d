"""How long an answer lives (R-10)."""

from gtm import MAX_TTL, Choice, Options, Plugin, PluginFault, Setup, hookimpl


class Ttl(Plugin):
    """Gives an answer its access domain's TTL, or less where an option says so."""

    name = "ttl"

    class Options(Options, frozen=True):
        """Limits in seconds, 0 to 2147483647."""

        max: int | None = None
        degraded: int | None = None
        rescued: int | None = None

    def __init__(self, options: Options, setup: Setup) -> None:
        """Check the limits."""
        super().__init__(options, setup)
        for key in ("max", "degraded", "rescued"):
            value = getattr(options, key)
            if value is not None and not 0 <= value <= MAX_TTL:
                raise PluginFault(f"{key} is {value}; a TTL is 0 to {MAX_TTL} seconds")
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
