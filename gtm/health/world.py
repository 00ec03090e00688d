"""The world as it is believed to be, and what follows from it: who is down, whom sticky groups hold, who was available last.

There is one; every answering process has a copy of its ``state``, and answers from that copy alone.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from gtm.chain.chain import Service
from gtm.chain.facts import DRAIN, HEALTHY, LAST, WorldKey
from gtm.health.sticky import Sticky
from gtm.health.table import Belief, State, Table, judge
from gtm.model.available import available, is_available
from gtm.model.health import Health
from gtm.model.member import Address, Domain, Mode, Pool
from gtm.model.resolved import Resolved


class Looking:
    """A state as ``gtm.model.available`` wants to see it."""

    def __init__(self, state: State) -> None:
        """Look at a state."""
        self._state = state

    def enabled(self, item: Domain | Pool | Address) -> bool:
        """Tell whether an item takes part at all."""
        return item.enabled and self._state.words.get(item.key) != DRAIN

    def mode(self, item: Pool | Address) -> Mode:
        """Tell who decides."""
        word = self._state.words.get(item.key)
        if word in (Mode.UP.value, Mode.DOWN.value):
            return Mode(word)
        return item.mode if isinstance(item, Address) else Mode.AUTO

    def healthy(self, address: Address) -> bool:
        """Tell whether an address's checks let it serve."""
        return address.key not in self._state.down


class World:
    """What is believed of a service. Every change is told with its moment, ``now``, in seconds since 1970."""

    def __init__(self, service: Service) -> None:
        """Begin with no data."""
        self.table = Table()
        self.state = State()
        self._news: set[WorldKey] | None = set()
        self._adopt(service)

    def _adopt(self, service: Service) -> None:
        self._service, self._sticky = service, Sticky(service)
        self._told_of: dict[str, list[Address]] = {}
        for address in addresses(service):
            for key in (address.key, *(check.key for check in address.checks)):
                self._told_of.setdefault(key, []).append(address)
        self._remember = {domain.key: domain for domain in service.domains.values() if domain.when_all_down == LAST}
        self._remembered_of: dict[str, set[str]] = {}
        for domain in self._remember.values():
            for pool in _pools(domain):
                for key in (pool.key, *(member.key for member in pool.members)):
                    self._remembered_of.setdefault(key, set()).add(domain.key)

    def exchange(self, service: Service, now: float, table: Table | None = None) -> None:
        """Believe the same of another service, or what its ``table`` says; what was said of members that it does not have is kept.

        Addresses that leave it stay down once more: there may be those who still answer from the service before.
        """
        before = {address.key for found in self._told_of.values() for address in found}
        self._adopt(service)
        self.table = table or self.table
        every = {address.key: address for found in self._told_of.values() for address in found}
        bad = {key for key, address in every.items() if not judge(address, self.table).is_good}
        left = self.state.down & (before - every.keys())
        self._move(replace(self.state, down=frozenset(bad | left), held=self._renamed(self.state.held)), None, now)

    def _renamed(self, held: Mapping[str, str]) -> Mapping[str, str]:
        """Give whom groups hold: a pool that came to have both kinds of addresses is two, which hold on, and the other way round."""
        found = dict(held)
        for domain in self._service.domains.values():
            names = {spelling: pool.key for pool in _pools(domain) for spelling in pool.spellings}
            if (held_one := held.get(domain.key, "")) in names:
                found[domain.key] = names[held_one]
            for pool in _pools(domain):
                member = next((held[key] for key in (pool.key, *pool.spellings) if key in held), "")
                if member in {each.key for each in pool.members}:
                    found[pool.key] = member
        return found

    def learn(self, table: Table, now: float) -> None:
        """Believe a new health table."""
        keys = self.table.changed(table)
        self.table = table
        self._follow(keys)
        self.settle(now)

    def believe(self, beliefs: Mapping[str, Belief], now: float) -> None:
        """Believe something else of some: as ``learn``, without a look at all others."""
        self.hear(beliefs)
        self.settle(now)

    def hear(self, beliefs: Mapping[str, Belief]) -> None:
        """Believe something else of some; whom sticky groups hold, and who was available last, is to be settled yet.

        The state is right for answers: who is held and down is passed over, and who was last is asked for when all are
        down. To settle a thousand groups takes a tenth of a second.
        """
        before, self.table = self.table, self.table.saying(beliefs)
        self._follow({key for key, belief in beliefs.items() if before.verdict(key) is not belief.verdict})

    def _follow(self, keys: Collection[str]) -> None:
        """Go on to what follows from other verdicts on these."""
        if keys:
            touched = {address.key: address for key in keys for address in self._told_of.get(key, ())}
            bad = {key for key, address in touched.items() if not judge(address, self.table).is_good}
            down = (self.state.down - touched.keys()) | bad
            self._go(replace(self.state, down=down), {(HEALTHY, key) for key in touched})

    def heed(self, words: Mapping[str, str], now: float) -> None:
        """Take over the operator's words: all that are in force, by the key of what they are on."""
        if words != self.state.words:
            self._move(replace(self.state, words=dict(words)), set(), now)

    def hold(self, held: Mapping[str, str], now: float) -> None:
        """Take over the members that were held before a restart (R-57)."""
        self._move(replace(self.state, held=self._renamed({**self.state.held, **held})), None, now)

    def resolve(self, resolved: Mapping[str, Resolved], now: float) -> None:
        """Take over what names outside our zones resolve to: all that is known."""
        self._move(replace(self.state, resolved=dict(resolved)), set(), now)

    def recall(self, last: Mapping[str, tuple[str, ...]], now: float) -> None:
        """Take over which addresses were available last before a restart, once all else is taken over.

        What is known since outweighs it.
        """
        self._move(replace(self.state, last={**last, **self.state.last}), set(), now)

    def settle(self, now: float) -> None:
        """Settle what rests on what has changed, and sticky groups that rest on the clock: once a second will do for those."""
        state, news, self._news = self.state, self._news, set()
        if found := self._sticky.settle(state, news, now):
            held = {**state.held, **found}
            state = replace(state, held={group: member for group, member in held.items() if member})
        if self._remember and (last := self._lasting(state, news)) != state.last:
            state = replace(state, last=last)
        self.state = state

    def _move(self, state: State, changed: set[WorldKey] | None, now: float) -> None:
        """Go on to a state and to what follows from it; ``changed`` of None settles everything anew."""
        self._go(state, changed)
        self.settle(now)

    def _go(self, state: State, changed: set[WorldKey] | None) -> None:
        if changed is None or self._news is None:
            self._news = None
        else:
            self._news |= changed | self.state.changed(state)
        self.state = state

    def _lasting(self, state: State, news: set[WorldKey] | None) -> Mapping[str, tuple[str, ...]]:
        """Give who was available last, of each access domain that asks for it; looked at are those that the news concern."""
        if news is None:
            last, touched = {}, set(self._remember)
        else:
            last = dict(state.last)
            touched = {key for _, subject in news for key in self._remembered_of.get(subject, ())}
        pools = {pool.key: pool for key in touched for pool in _pools(self._remember[key])}  # many may share them
        able = {key: self._able(pool, state) for key, pool in pools.items()}
        for key in touched:
            found = dict.fromkeys(address for pool in _pools(self._remember[key]) for address in able[pool.key])
            if who := tuple(found) or state.last.get(key):
                last[key] = who
        return last

    def _able(self, pool: Pool, state: State) -> list[str]:
        """List the addresses of a pool that are known to be available, if it is.

        Who is answered only because there is no data on him yet (R-28) is not known to be.
        """
        sight = Looking(state)
        found = available(pool, sight) if is_available(pool, sight) else []
        return [a.key for a in found if sight.mode(a) is Mode.UP or judge(a, self.table) is not Health.NO_DATA]


def _pools(domain: Domain) -> list[Pool]:
    return [member.item for member in domain.members if isinstance(member.item, Pool)]


def addresses(service: Service) -> Iterator[Address]:
    """Yield the addresses of every pool that some access domain names, each pool's once."""
    pools = {member.key: member.item for domain in service.domains.values() for member in domain.members}
    for pool in pools.values():
        if isinstance(pool, Pool):
            yield from (member.item for member in pool.members if isinstance(member.item, Address))
