"""Who hears of what: the channels that hear of an alert follow from the access domains that it concerns (R-112). Pure."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Protocol

from gtm.chain.chain import Service
from gtm.chain.word import Alert
from gtm.model.member import Address, Domain, Pool

Item = Domain | Pool | Address


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
        self, service: Service, pools: Iterable[Pool], listeners: Iterable[Listener], alone: Collection[str]
    ) -> None:
        """``alone`` are the keys of access domains that have channels of their own, none included."""
        self._alone = frozenset(alone)
        self._listeners: dict[str | None, list[Listener]] = {}
        for listener in listeners:
            self._listeners.setdefault(listener.domain, []).append(listener)
        self.items: dict[str, Item] = {}
        self._pools: dict[str, list[str]] = {}
        self._domains: dict[str, list[str]] = {}
        for pool in pools:
            self._add(pool)
        for domain in service.domains.values():
            self._add(domain)

    def _add(self, group: Domain | Pool) -> None:
        if group.key in self.items:
            return
        self.items[group.key] = group
        for member in group.members:
            if isinstance(member.item, Pool):
                self._add(member.item)
                self._domains.setdefault(member.key, []).append(group.key)
            else:
                self.items[member.key] = member.item
                for key in (member.key, *(check.key for check in member.item.checks)):
                    self._pools.setdefault(key, []).append(group.key)

    def concerned(self, subject: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Give the keys of the pools and of the access domains that a subject, a check for one, is of concern to."""
        item = self.items.get(subject)
        if isinstance(item, Domain):
            return tuple(member.key for member in item.members), (subject,)
        pools = (subject,) if isinstance(item, Pool) else tuple(dict.fromkeys(self._pools.get(subject, ())))
        return pools, tuple(dict.fromkeys(domain for pool in pools for domain in self._domains.get(pool, ())))

    def batches(self, alerts: Sequence[Alert]) -> list[tuple[str, tuple[Alert, ...]]]:
        """Give each channel's key with the alerts that it hears of, in order; channels that hear of none are left out."""
        heard: dict[str, list[Alert]] = {}
        for alert in alerts:
            for listener in self._concerning(alert):
                if alert.event in listener.events:
                    heard.setdefault(listener.key, []).append(alert)
        return [(key, tuple(found)) for key, found in heard.items()]

    def _concerning(self, alert: Alert) -> Iterator[Listener]:
        if not alert.domains or any(domain not in self._alone for domain in alert.domains):
            yield from self._listeners.get(None, ())
        for domain in alert.domains:
            yield from self._listeners.get(domain, ())
