"""From what is believed to what is told: the status as a tree. Pure, and safe in any thread."""

from collections.abc import Iterator
from typing import Final

from gtm.control.branches import Branch, Branches, Item, Words
from gtm.control.door import StatusQuery
from gtm.control.problems import doubt, is_bad, problems
from gtm.control.shares import Shares, shares
from gtm.control.status import (
    AddressStatus,
    CheckStatus,
    DomainStatus,
    NameStatus,
    OverrideStatus,
    PoolStatus,
    Status,
    View,
    at,
    served,
)
from gtm.dns import codes, name
from gtm.health.override import Override
from gtm.health.standing import Standing
from gtm.health.table import Belief
from gtm.model.health import Health
from gtm.model.member import Address, Check, Domain, Member, Pool
from gtm.model.resolved import shown

MOST: Final = 1000
"""Problems, overrides and unused pools that are listed at most."""
_NOTHING: Final = Belief(None)


def build(view: View, query: StatusQuery, now: float) -> Status:
    """Tell what was asked for, as of ``now`` (seconds since 1970)."""
    return _Builder(view, now).status(query)


class _Builder:
    def __init__(self, view: View, now: float) -> None:
        self._view, self._now = view, now
        self._words = {override.on: override for override in view.overrides}
        self._groups = {pool.key for pool in view.loaded.pools.values()}
        self._groups |= {domain.key for domain in view.loaded.service.domains.values()}

    def status(self, query: StatusQuery) -> Status:
        view = self._view
        choice = Branches(query, self._is_bad if query.problems else None)
        domains = view.loaded.service.domains.values()
        fitting = [(domain, found) for domain in domains if (found := choice.of(domain)) is not None]
        page = fitting[query.start : query.start + query.limit]
        end = query.start + len(page)
        in_use = {member.key for domain in domains for member in domain.members}
        idle = [] if query.domain else [pool for pool in view.loaded.pools.values() if pool.key not in in_use]
        apart = [branch for pool in idle if (branch := choice.pool(Member(pool, 1), is_meant=not query.name))]
        wrong = list(problems(view, self._now))
        return Status(
            moment=at(self._now),
            server=served(view.about, view.loaded.server.workers),
            total=len(fitting),
            next=end if end < len(fitting) else None,
            domains=tuple(self._domain(domain, branches) for domain, branches in page),
            pools=tuple(self._pool(branch, None) for branch in apart[:MOST]),
            overrides=tuple(self._override(each) for each in view.overrides[:MOST]),
            problems=tuple(wrong[:MOST]),
            problems_in_all=len(wrong),
            names=tuple(self._names(query))[:MOST],
        )

    def _is_bad(self, item: Item) -> bool:
        checks = item.checks if isinstance(item, Address) else ()
        return is_bad(self._view, item) or any(doubt(self._view, check, self._now) for check in checks)

    def _domain(self, domain: Domain, branches: tuple[Branch, ...]) -> DomainStatus:
        view, standing = self._view, self._standing(domain)
        found = shares(view.loaded.service, domain, view.state, self._now)
        return DomainStatus(
            key=domain.key,
            name=name.show(domain.name),
            enabled=domain.enabled,
            health=standing.health,
            available=standing.available,
            since=at(view.since.get(domain.key)),
            reason=standing.reason,
            override=self._word(domain),
            type=codes.type_text(domain.qtype),
            ttl=domain.ttl,
            policy=domain.policy,
            held=view.state.held.get(domain.key),
            rescued=found is not None and found.rescued,
            pools=tuple(self._pool(branch, found) for branch in branches),
        )

    def _pool(self, branch: Branch, found: Shares | None) -> PoolStatus:
        pool = branch.pool.item
        assert isinstance(pool, Pool)
        standing = self._standing(pool)
        return PoolStatus(
            key=pool.key,
            name=pool.name,
            enabled=pool.enabled,
            health=standing.health,
            available=standing.available,
            since=at(self._view.since.get(pool.key)),
            reason=standing.reason,
            override=self._word(pool),
            share=found.share(pool.key) if found else None,
            policy=pool.policy,
            weight=branch.pool.weight,
            lines=branch.pool.lines,
            held=self._view.state.held.get(pool.key),
            addresses=tuple(self._address(member, pool, found) for member in branch.addresses),
        )

    def _address(self, member: Member, pool: Pool, found: Shares | None) -> AddressStatus:
        address = member.item
        assert isinstance(address, Address)
        standing = self._standing(address)
        return AddressStatus(
            key=address.key,
            name=address.name,
            enabled=address.enabled,
            health=standing.health,
            available=standing.available,
            since=at(self._view.since.get(address.key) or self._since(address)),
            reason=standing.reason,
            override=self._word(address),
            share=found.share(pool.key, address.key) if found else None,
            value=address.value,
            mode=address.mode,
            weight=member.weight,
            lines=member.lines,
            checks=tuple(self._check(check) for check in address.checks),
        )

    def _since(self, address: Address) -> float | None:
        """Take the latest change of a verdict for the address's own, where that is not known: after a restart."""
        beliefs = self._view.table.beliefs
        return max((beliefs[check.key].since for check in address.checks if check.key in beliefs), default=None)

    def _check(self, check: Check) -> CheckStatus:
        belief = self._view.table.beliefs.get(check.key, _NOTHING)
        return CheckStatus(
            key=check.key,
            template=check.template,
            port=check.port,
            target=check.target,
            verdict=belief.verdict,
            since=at(belief.since),
            reason=belief.reason,
            last=at(belief.moment),
            seconds=belief.seconds if belief.moment else None,
            against=belief.against,
            stale=belief.verdict is not None and belief.until < self._now,
            late=self._view.late.get(check.key),
            warning=belief.warning,
            steps=dict(belief.parts),
            unseen=self._view.unseen.get(check.key, ""),
        )

    def _names(self, query: StatusQuery) -> Iterator[NameStatus]:
        """Tell of the names outside our zones that were asked for, with their type or without."""
        words = Words(query.name) if query.name else None
        for key, finding in self._view.findings.items():
            if query.domain or query.pool or (query.problems and not finding.doubt):
                continue
            if words and not words.match(key, key.rpartition("/")[0]):
                continue
            sought = self._view.loaded.foreign.get(key)
            yield NameStatus(
                key=key,
                resolver=sought.resolver[0] if sought and sought.resolver else "",
                addresses=None if finding.addresses is None else tuple(map(shown, finding.addresses)),
                ttl=finding.ttl,
                since=at(finding.since),
                last=at(finding.moment),
                failing=at(finding.failing),
                reason=finding.doubt,
                next=at(finding.until),
            )

    def _standing(self, item: Item) -> Standing:
        return self._view.standings.get(item.key) or Standing(item.key, Health.NO_DATA, available=False, reason="")

    def _word(self, item: Item) -> OverrideStatus | None:
        override = self._words.get(item.key)
        return None if override is None else self._override(override)

    def _override(self, override: Override) -> OverrideStatus:
        return OverrideStatus(
            on=override.on,
            word=override.word,
            reason=override.reason,
            by=override.by,
            since=at(override.since),
            until=at(override.until),
            where=override.where,
            is_configured=override.on in self._groups or override.on in self._view.loaded.addresses,
        )
