"""What is not as it should be: of members, of checks, and of the server itself. What the operator wants is no problem."""

from collections.abc import Iterator
from typing import Final

from gtm.chain.facts import DRAIN
from gtm.config.loaded import Loaded
from gtm.control.status import Problem, View, at
from gtm.health.table import State
from gtm.model.health import Health
from gtm.model.member import Address, Check, Domain, Pool

DAY: Final = 86400.0
OLD: Final = 60 * DAY
"""Seconds after which data should have been fetched anew: databases of networks come out once a week or once a month."""


def problems(view: View, now: float) -> Iterator[Problem]:
    """Yield every problem as of ``now`` (seconds since 1970): the server's, then access domains', pools', addresses', checks', names'."""
    yield from _of_server(view)
    missing = (f'"{file}" is missing' for (_, file), built in view.loaded.data.items() if built is None)
    yield from (Problem(key="server", reason=words, since=None) for words in (*missing, *aging(view.loaded, now)))
    for items in (view.loaded.service.domains, view.loaded.pools, view.loaded.addresses):
        for item in items.values():
            if is_bad(view, item):
                standing = view.standings.get(item.key)
                reason = standing.reason if standing else ""
                yield Problem(key=item.key, reason=reason or "it is down", since=at(view.since.get(item.key)))
    checks = {check.key: check for address in view.loaded.addresses.values() for check in address.checks}
    for check in checks.values():
        if (doubtful := doubt(view, check, now)) is not None:
            belief = view.table.beliefs.get(check.key)
            yield Problem(key=check.key, reason=doubtful, since=at(belief.moment) if belief else None)
    for key, finding in view.findings.items():
        if finding.doubt:
            yield Problem(key=key, reason=finding.doubt, since=at(finding.failing or finding.since))


def _of_server(view: View) -> Iterator[Problem]:
    about = view.about
    if about.not_ready is not None:
        yield Problem(key="server", reason=about.not_ready, since=at(about.started))
    if about.refused is not None:
        moment, faults = about.refused
        reason = f"a newer configuration was refused: {faults[0]}" if faults else "a newer configuration was refused"
        yield Problem(key="server", reason=reason, since=at(moment))
    if (wanted := view.loaded.server.workers) > about.workers:
        yield Problem(key="server", reason=f"{about.workers} of {wanted} workers are answering", since=None)
    if about.braked is not None:
        yield Problem(key="server", reason=about.braked[1], since=at(about.braked[0]))
    if about.unkept:
        yield Problem(key="server", reason=f"state is not kept: {about.unkept}", since=None)
    if about.unheeded:
        yield Problem(key="server", reason=f"overrides are refused, those of before stay: {about.unheeded}", since=None)


def aging(loaded: Loaded, now: float) -> Iterator[str]:
    """Say which data files are old, as of ``now`` (seconds since 1970)."""
    for (plugin, file), built in sorted(loaded.data.items()):
        if built is not None and now - built > OLD:
            yield f'"{file}" of plugin "{plugin}" was built {(now - built) / DAY:.0f} days ago; fetch a newer one'


def idle(loaded: Loaded, state: State) -> frozenset[str]:
    """Give the keys of members that are disabled or drained."""
    items = (loaded.service.domains.values(), loaded.pools.values(), loaded.addresses.values())
    disabled = {item.key for each in items for item in each if not item.enabled}
    return frozenset(disabled | {key for key, word in state.words.items() if word == DRAIN})


def is_bad(view: View, item: Domain | Pool | Address) -> bool:
    """Tell whether a member that should serve is exceptional."""
    if not item.enabled or view.state.words.get(item.key) == DRAIN:
        return False
    standing = view.standings.get(item.key)
    return standing is not None and standing.health is Health.EXCEPTIONAL


def doubt(view: View, check: Check, now: float) -> str | None:
    """Say what is doubtful about a check besides its verdict: its target warns, or it is not probed in time."""
    if (behind := view.late.get(check.key)) is not None:
        return f"its probe is {behind:.0f} s late"
    belief = view.table.beliefs.get(check.key)
    unseen = view.unseen.get(check.key)
    if belief is None or belief.verdict is None:
        return f"nothing can be seen of it: {unseen}" if unseen else None
    if belief.until < now:
        return f"nothing was seen of it for {now - belief.moment:.0f} s" + (f": {unseen}" if unseen else "")
    return belief.warning or None
