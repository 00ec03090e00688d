"""A zone's plugins compiled: one tuple of functions for each hook, in the order of the Corefile.

pluggy validates the hooks of every plugin against the specifications; the calls themselves go through plain tuples, which
cost a tenth and run in the order written.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from inspect import iscoroutinefunction
from itertools import takewhile
from typing import Any, Final

import pluggy

from gtm.chain.hookspecs import Hooks
from gtm.chain.plugin import Plugin, PluginFault
from gtm.dns import codes
from gtm.dns.name import ROOT, Name, ancestry, parent
from gtm.model.member import Domain

HOOKS: Final = ("classify", "rank", "admit", "rescue", "expire", "fallback", "probe", "notify", "observe")
BESIDE: Final = ("probe", "notify")
"""Hooks that may wait: they are called beside the path of queries."""

Hook = tuple[str, Callable[..., Any]]


@dataclass(frozen=True)
class Chain:
    """A zone and what runs for it: for each hook the plugins that have it, as (plugin name, function)."""

    zone: Name
    plugins: tuple[Plugin, ...]
    classify: tuple[Hook, ...]
    rank: tuple[Hook, ...]
    admit: tuple[Hook, ...]
    rescue: tuple[Hook, ...]
    expire: tuple[Hook, ...]
    fallback: tuple[Hook, ...]
    probe: tuple[Hook, ...]
    notify: tuple[Hook, ...]
    observe: tuple[Hook, ...]


def build(zone: Name, plugins: Sequence[Plugin]) -> Chain:
    """Compile a chain; PluginFault when a plugin's hooks are not as specified, or ask for an order of their own."""
    manager = pluggy.PluginManager("gtm")
    manager.add_hookspecs(Hooks)
    for position, plugin in enumerate(plugins):
        try:
            manager.register(plugin, name=str(position))
            manager.check_pending()
        except pluggy.PluginValidationError as fault:
            raise PluginFault(f'plugin "{plugin.name}": {fault}') from fault
    hooks: dict[str, list[Hook]] = {hook: [] for hook in HOOKS}
    for plugin in plugins:
        for caller in manager.get_hookcallers(plugin) or ():
            if caller.name not in hooks:
                raise PluginFault(
                    f'plugin "{plugin.name}": "{caller.name}" is not a hook; the hooks are {", ".join(HOOKS)}'
                )
            hooks[caller.name].append(_compiled(plugin, caller))
    for plugin in plugins:
        manager.unregister(plugin)  # it refers to itself, and would keep them
    return Chain(zone, tuple(plugins), **{hook: tuple(found) for hook, found in hooks.items()})


def _compiled(plugin: Plugin, caller: pluggy.HookCaller) -> Hook:
    found = [impl for impl in caller.get_hookimpls() if impl.plugin is plugin]
    if len(found) > 1:
        raise PluginFault(f'plugin "{plugin.name}": {len(found)} methods serve {caller.name}; one may')
    mine = found[0]
    if caller.name not in BESIDE and iscoroutinefunction(mine.function):
        raise PluginFault(f'plugin "{plugin.name}": {caller.name} is async; a hook on the path of a query may not wait')
    if mine.tryfirst or mine.trylast or mine.wrapper or mine.hookwrapper:
        raise PluginFault(
            f'plugin "{plugin.name}": {caller.name} asks for tryfirst, trylast or a wrapper; '
            "the order of the chain in the Corefile is the only order"
        )
    assert caller.spec is not None
    taken, given = mine.argnames, caller.spec.argnames
    if taken == given:
        return plugin.name, mine.function
    places = [given.index(name) for name in taken]
    function = mine.function
    return plugin.name, lambda *values: function(*(values[place] for place in places))


@dataclass(frozen=True)
class Service:
    """All that is served: a chain for each zone, and the access domains by name and type."""

    chains: Mapping[Name, Chain]
    domains: Mapping[tuple[Name, int], Domain]

    def chain(self, name: Name, qtype: int = 0) -> Chain | None:
        """Find the zone that a name lies in: the longest that matches.

        A DS record stands above the zone that it signs, where that one is ours as well (RFC 4035 section 3.1.4.1).
        """
        for candidate in ancestry(name):
            if found := self.chains.get(candidate):
                above = self.chain(parent(name)) if qtype == codes.DS and candidate == name != ROOT else None
                return above or found
        return None

    @cached_property
    def steered(self) -> frozenset[Name]:
        """Every name at which something is scheduled or that a plugin owns, and those between it and its zone.

        They exist, whatever a zone says (RFC 4592 section 2.2.2).
        """
        owned = (owner for chain in self.chains.values() for plugin in chain.plugins for owner in plugin.owners())
        found: set[Name] = set()
        for name in {*steered_names(self.domains.values()), *owned}:
            if chain := self.chain(name):
                found.add(name)
                found.update(takewhile(chain.zone.__ne__, ancestry(name)))
        return frozenset(found)


def steered_names(domains: Collection[Domain]) -> frozenset[Name]:
    """Names that exist because an access domain schedules something there."""
    return frozenset(domain.name for domain in domains if domain.schedules)
