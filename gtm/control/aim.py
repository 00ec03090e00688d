"""Whom a drill takes out, and what is to be expected of it; worked out before anything is touched. It does no I/O."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Protocol

from gtm.config.loaded import Loaded
from gtm.control.door import DrillRequest, Refused
from gtm.health.bound import PUBLISHING, detection
from gtm.health.override import Left, Members, too_few
from gtm.health.table import Belief, State, Table, judge
from gtm.health.world import Looking
from gtm.model.available import available, pool_refused
from gtm.model.health import Verdict
from gtm.model.member import Address, Domain, Mode, Pool
from gtm.model.template import Template


class Ground(Protocol):
    """The running server."""

    @property
    def loaded(self) -> Loaded:
        """What is served."""
        ...

    @property
    def members(self) -> Members:
        """Whom words may mean in it."""
        ...

    @property
    def table(self) -> Table:
        """What is believed."""
        ...

    @property
    def state(self) -> State:
        """What follows from it."""
        ...

    def feign(self, keys: Collection[str]) -> AbstractContextManager[None]:
        """Let these checks fail for as long as this lasts."""
        ...

    async def answers(self, domain: Domain) -> frozenset[str]:
        """Ask the server's own port: the values of one answer; OSError when there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Watched:
    """An access domain, the values that must leave its answers, the addresses that have them, and what it may take."""

    domain: Domain
    values: frozenset[str]
    addresses: frozenset[str]
    bound: float
    stays: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """Whom to take out, and what is expected of it."""

    loaded: Loaded
    checks: frozenset[str]
    dead: Mapping[str, Address]
    spared: tuple[str, ...]
    left: tuple[Left, ...]
    watched: tuple[Watched, ...]
    bound: float


def aim(request: DrillRequest, ground: Ground) -> Plan:
    """Find whom a request means; Refused in words when that can't be drilled, or nobody could take over."""
    loaded, state, table = ground.loaded, ground.state, ground.table
    try:
        keys = ground.members.meant([request.on])
    except ValueError as fault:
        raise Refused(str(fault)) from fault
    targets, spared = _targets(loaded, keys, state)
    if not targets:
        raise Refused(f"{request.on} can't be drilled: {'; '.join(spared) or 'it has no address'}")
    checks = frozenset(check.key for address in targets for check in address.checks)
    failed = table.saying(dict.fromkeys(checks, Belief(Verdict.DOWN)))
    dead = {
        key: address
        for key, address in loaded.addresses.items()
        if key not in state.down and not judge(address, failed).is_good
    }
    after = replace(state, down=state.down | dead.keys())
    left = tuple(each for each in ground.members.left(dead, state, after) if each.group not in keys)
    short = too_few(left)
    if short is not None and not request.anyway:
        raise Refused(short)
    watched = tuple(_watched(loaded, dead, state, after))
    if not watched:
        raise Refused(f"{request.on} can't be drilled: no access domain answers with it")
    bound = max(filter(None, (detection(address, templates(loaded)) for address in dead.values())), default=0.0)
    return Plan(loaded, checks, dead, spared, left, watched, bound + PUBLISHING)


def _targets(loaded: Loaded, keys: Collection[str], state: State) -> tuple[list[Address], tuple[str, ...]]:
    """Find the addresses that can be made to fail, and say why others can't."""
    domain = next((key for key in keys if key.startswith("domain:")), None)
    if domain is not None:
        raise Refused(f"{domain} is an access domain; drill one of its pools")
    meant = {key: loaded.addresses[key] for key in keys if key in loaded.addresses}
    for pool in loaded.pools.values():
        if pool.key in keys:
            meant |= {member.key: member.item for member in pool.members if isinstance(member.item, Address)}
    reasons = {key: _immune(address, state) for key, address in meant.items()}
    targets = [address for key, address in meant.items() if reasons[key] is None]
    return targets, tuple(f"{key} {reason}" for key, reason in reasons.items() if reason is not None)


def _immune(address: Address, state: State) -> str | None:
    sight = Looking(state)
    if not sight.enabled(address):
        return "takes no part"
    if sight.mode(address) is not Mode.AUTO:
        return f"is {sight.mode(address).value} by hand"
    if not address.checks:
        return "has no checks, so its failure is never noticed"
    return None if sight.healthy(address) else "is down already"


def _watched(loaded: Loaded, dead: Mapping[str, Address], before: State, after: State) -> Iterator[Watched]:
    """Yield the access domains that answer some of the dead now."""
    sight, known = Looking(before), templates(loaded)
    for domain in loaded.service.domains.values():
        ours = addresses(domain, sight)
        gone = {key: dead[key] for key in ours.keys() & dead.keys() if sight.mode(dead[key]) is Mode.AUTO}
        if not gone or not sight.enabled(domain):
            continue
        others = {plain(address.value) for key, address in ours.items() if key not in gone}
        values = frozenset(plain(address.value) for address in gone.values()) - others
        slowest = max(filter(None, (detection(address, known) for address in gone.values())), default=0.0)
        yield Watched(domain, values, frozenset(gone), slowest + PUBLISHING, not _serves(domain, Looking(after)))


def _serves(domain: Domain, sight: Looking) -> bool:
    pools = [member.item for member in domain.members if isinstance(member.item, Pool)]
    return any(sight.enabled(pool) and pool_refused(pool, sight) is None and available(pool, sight) for pool in pools)


def addresses(domain: Domain, sight: Looking) -> dict[str, Address]:
    """Give the addresses of an access domain's pools by key, of those pools that take part."""
    pools = [member.item for member in domain.members if isinstance(member.item, Pool) and sight.enabled(member.item)]
    items = [member.item for pool in pools for member in pool.members]
    return {item.key: item for item in items if isinstance(item, Address)}


def templates(loaded: Loaded) -> dict[str, Template]:
    """Give the templates by name."""
    return {key: probe.template for key, probe in loaded.probes.items()}


def plain(value: str) -> str:
    """Write a value as it can be compared with another's."""
    return value.removesuffix(".").lower()
