"""What the control process remembers over a restart: verdicts and how everybody stood, held members, who was available last.

Each is a file of its own, so that a damaged one loses no more than itself, and says so. What can't be written stays in
memory and is tried again.
"""

import logging
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from typing import cast

import msgspec

from gtm.control import store
from gtm.control.notifier import Pending
from gtm.health.alerting import Told
from gtm.health.brake import Held
from gtm.health.override import Moment
from gtm.health.resolving import Finding
from gtm.health.table import Belief, Table, judge
from gtm.model.health import Health, Verdict
from gtm.model.member import Address
from gtm.model.resolved import shown
from gtm.model.template import Template

log = logging.getLogger("gtm")
VERDICTS = "verdicts.json"
STICKY = "sticky.json"
ALERTS = "alerts.json"
RESOLVED = "resolved.json"
UNTOLD = "seen by a process that ended before it could write down more"


class Kept(msgspec.Struct, frozen=True):
    """A verdict on a check, as it is written down; moments are seconds since 1970."""

    verdict: str
    since: Moment
    reason: str
    moment: Moment
    until: Moment


class Stood(msgspec.Struct, frozen=True):
    """How an address, a pool or an access domain stood, and since when, in seconds since 1970."""

    health: Health
    available: bool
    since: Moment


class Verdicts(msgspec.Struct, frozen=True):
    """What was believed: of each check, and of each member by its key; and whether so many fell that no more was believed."""

    checks: dict[str, Kept] = {}
    members: dict[str, Stood] = {}
    brake: Held = Held()


class Sticky(msgspec.Struct, frozen=True):
    """Held members by group, and of access domains that ask for it who was available last."""

    held: dict[str, str] = {}
    last: dict[str, tuple[str, ...]] = {}


class Alerts(msgspec.Struct, frozen=True):
    """What people know, and what is still to be delivered: one file, so that neither is kept without the other."""

    told: Told = Told()
    pending: Pending = {}


class Named(msgspec.Struct, frozen=True):
    """What one of them resolved to, and since when, in seconds since 1970; ``ttl`` in seconds."""

    addresses: tuple[str, ...]
    ttl: int
    since: Moment


class Names(msgspec.Struct, frozen=True):
    """What names outside our zones resolved to, by the subject of the fact."""

    names: dict[str, Named] = {}


class Memory:
    """Keeps values in a folder; None: keeps nothing."""

    def __init__(self, folder: Path | None) -> None:
        """Keep here."""
        self.folder = folder
        self.claim = None if folder is None else store.Claim(folder)
        self.saved: dict[str, object] = {}
        self.complaints: dict[str, str] = {}

    @property
    def fault(self) -> str:
        """What keeps some value from being written; "" where nothing does."""
        return next(iter(self.complaints.values()), "")

    def save(self, name: str, value: object) -> bool:
        """Write a value if it is not what was written last; the log is told once what keeps it from being written."""
        if self.folder is None or self.claim is None:
            return True
        try:
            self.claim.take()
            if self.saved.get(name) != value or not (self.folder / name).exists():
                store.save(self.folder, name, value)
        except OSError as fault:
            words = f"{self.folder}: {fault.strerror or fault}"  # without the file: its name is new at each try
            if words not in self.complaints.values():
                log.error("state is not kept: %s", words)  # noqa: TRY400  a person needs the reason, not the stack
            self.complaints[name] = words
            return False
        self.saved[name] = value
        if self.complaints.pop(name, None) and not self.complaints:
            log.info("state is kept again in %s", self.folder)
        return True

    def close(self) -> None:
        """Let others keep theirs in the folder."""
        if self.claim is not None:
            self.claim.drop()

    def load(self, name: str, kind: type[store.T], what: str) -> store.T | None:
        """Read a value back; the log is told ``what`` is forgotten when that can't be done."""
        if self.folder is None:
            return None
        try:
            value = store.begin(self.folder, name, kind)
        except store.Damaged as fault:
            log.warning("%s %s: %s", what, "forgotten" if fault.before is None else "of the save before", fault)
            return cast("store.T | None", fault.before)
        except OSError as fault:
            log.warning("%s forgotten: %s", what, fault)
            return None
        self.saved[name] = value
        return value


def written(beliefs: Mapping[str, Belief]) -> dict[str, Kept]:
    """Turn beliefs into what is written down."""
    return {
        key: Kept(belief.verdict.value, belief.since, belief.reason, belief.moment, belief.until)
        for key, belief in beliefs.items()
        if belief.verdict is not None
    }


def believed(
    kept: Mapping[str, Kept], templates: Mapping[str, Template], since: float = 0.0, *, is_sure: bool = True
) -> dict[str, Belief]:
    """Turn what was written down of some checks into beliefs again, if it was good until ``since`` or longer.

    ``templates`` are those of the checks. Unless it ``is_sure``, the next round decides.
    """
    verdicts = {verdict.value: verdict for verdict in Verdict}
    found = {}
    for key, one in kept.items():
        template = templates.get(key)
        if template is not None and one.verdict in verdicts and one.until >= since:
            against = 0 if is_sure else max(template.fall, template.rise) - 1
            found[key] = Belief(
                verdicts[one.verdict], one.since, one.reason, one.moment, until=one.until, against=against
            )
    return found


def agreed(
    beliefs: Mapping[str, Belief],
    addresses: Iterable[Address],
    templates: Mapping[str, Template],
    down: Collection[str],
    now: float,
) -> dict[str, Belief]:
    """Give the beliefs that agree with the addresses that are ``down`` for those who answer: what was believed last may not be written.

    The next round decides. An address with a check of which nothing is written is left alone: it is new, or was drilled.
    """
    found = dict(beliefs)
    table = Table(beliefs)
    for address in addresses:
        is_good = address.key not in down
        checks = address.checks if all(check.key in beliefs for check in address.checks) else ()
        if judge(address, table).is_good is not is_good:
            verdict = Verdict.UP if is_good else Verdict.DOWN
            for check in checks:
                template = templates[check.key]
                against = max(template.fall, template.rise) - 1
                was = beliefs[check.key]
                if was.verdict is not verdict:
                    found[check.key] = replace(was, verdict=verdict, since=now, reason=UNTOLD, against=against)
    return found


def named(findings: Mapping[str, Finding]) -> Names:
    """Turn what is known of names into what is written down."""
    known = ((key, each, each.addresses) for key, each in findings.items() if each.addresses is not None)
    return Names({key: Named(tuple(map(shown, found)), each.ttl, each.since) for key, each, found in known})


def found(names: Names) -> dict[str, Finding]:
    """Turn what was written down into findings again, out of date until somebody bears them out; what makes no sense is left out."""
    findings = {}
    for key, one in names.names.items():
        with suppress(ValueError):
            addresses = tuple(ip_address(address).packed for address in one.addresses)
            findings[key] = Finding(addresses, one.ttl, one.since, tries=1, reason="not asked again yet")
    return findings
