"""Plugin ``alias``: answers a name with the addresses of another, at the apex of a zone too, where no CNAME may stand."""

from collections.abc import Collection
from typing import Annotated, ClassVar

from msgspec import Meta

from gtm import MAX_TTL, Alias, Facts, Foreign, Name, Options, Plugin, PluginFault, Question, Setup, codes, hookimpl
from gtm import name as names

from .targets import read

ADDRESSES = (codes.A, codes.AAAA)


class AliasOptions(Options, frozen=True, kw_only=True):
    """Keys of the plugin's table; ``ttl`` in seconds. ``resolver`` is an IP address, with a port where it is not 53."""

    names: dict[str, str]
    ttl: Annotated[int, Meta(ge=0, le=MAX_TTL)] = 60
    resolver: Annotated[str, Meta(min_length=1)] | None = None


class AliasPlugin(Plugin):
    """Knows which name is an alias of which; what the target's addresses are is for the server to find out."""

    name: ClassVar[str] = "alias"
    Options: ClassVar[type[Options]] = AliasOptions

    def __init__(self, options: AliasOptions, setup: Setup) -> None:
        """Read the names; PluginFault where one can't be an alias."""
        super().__init__(options, setup)
        self._targets = read(options.names, setup.zone)
        if not self._targets:
            raise PluginFault('"names" is empty; write the aliases, such as { "@" = "lb.example.net" }')
        self._ttl, self._resolver = options.ttl, options.resolver or ""
        for owner in self._targets.keys() & setup.steered:
            setup.warn(
                f'"{names.show(owner)}" is answered by an access domain, or an alias before this one; that comes first'
            )

    @hookimpl
    def fallback(self, question: Question, facts: Facts) -> Alias | None:  # noqa: ARG002  as the hook: called without detour
        """Give the alias of a name that is one; every other type of it is for the zone to answer."""
        target = self._targets.get(question.name)
        return None if target is None or question.qtype not in ADDRESSES else Alias(target, self._ttl)

    def owners(self) -> Collection[Name]:
        """Name the aliases."""
        return self._targets.keys()

    def resolves(self) -> Collection[Foreign]:
        """Name the targets."""
        targets = dict.fromkeys(self._targets.values())
        return [Foreign(target, qtype, self._resolver) for target in targets for qtype in ADDRESSES]
