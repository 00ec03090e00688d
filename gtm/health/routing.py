"""Who hears of what: the channels that hear of an alert follow from the access domains that it concerns (R-112). Pure."""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Protocol

from gtm.chain.chain import Service
from gtm.chain.word import Alert
from gtm.model.member import Address, Domain, Pool

Item = Domain | Pool | Address
Concerned = Callable[[str], tuple[tuple[str, ...], tuple[str, ...]]]
"""Gives the keys of the pools and of the access domains that a check, an address or a pool is of concern to."""


class Listener(Protocol):
    """What must be known of a channel: the events that it hears, of all access domains or of one (its key)."""

    @property
    def key(self) -> str:
        """Name of the channel."""
        ...

    @property
    def events(self) -> frozenset[str]:
        """Names of events."""
        ...

    @property
    def domain(self) -> str | None:
        """Key of the only access domain that it hears of; None: of every one that has no channels of its own."""
        ...


class Routing:
    """The items of a configuration, by key, and the channels that hear of them."""

    def __init__(
        self,
        service: Service,
        pools: Iterable[Pool],
        concerned: Concerned,
        listeners: Sequence[Listener],
        alone: Collection[str],
    ) -> None:
        """``alone`` are the keys of access domains that have channels of their own, none included."""
        self._concerned, self._listeners, self._alone = concerned, tuple(listeners), frozenset(alone)
        self.items: dict[str, Item] = {}
        for pool in pools:
            self._add(pool)
        for domain in service.domains.values():
            self._add(domain)

    def _add(self, item: Item) -> None:
        self.items[item.key] = item
        for member in () if isinstance(item, Address) else item.members:
            if member.key not in self.items:
                self._add(member.item)

    def concerned(self, subject: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Give the keys of the pools and of the access domains that a subject is of concern to, itself and its own included."""
        item = self.items.get(subject)
        if isinstance(item, Domain):
            return tuple(member.key for member in item.members), (subject,)
        return self._concerned(subject)

    def batches(self, alerts: Sequence[Alert]) -> list[tuple[str, tuple[Alert, ...]]]:
        """Give each channel's key with the alerts that it hears of, in order; channels that hear of none are left out."""
        found = ((each.key, tuple(alert for alert in alerts if self._hears(each, alert))) for each in self._listeners)
        return [(key, heard) for key, heard in found if heard]

    def _hears(self, listener: Listener, alert: Alert) -> bool:
        if alert.event not in listener.events:
            return False
        if listener.domain is not None:
            return listener.domain in alert.domains
        return not alert.domains or any(domain not in self._alone for domain in alert.domains)
