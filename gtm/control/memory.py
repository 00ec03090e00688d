"""What the control process remembers over a restart: verdicts and how everybody stood, held members, who was available last.

Each is a file of its own, so that a damaged one loses no more than itself, and says so. What can't be written stays in
memory and is tried again.
"""

import logging
from collections.abc import Mapping
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from typing import cast

import msgspec

from gtm.control import store
from gtm.control.notifier import Pending
from gtm.health.alerting import Told
from gtm.health.brake import Held
from gtm.health.resolving import Finding
from gtm.health.table import Belief
from gtm.model.health import Health, Verdict
from gtm.model.resolved import shown

log = logging.getLogger("gtm")
VERDICTS = "verdicts.json"
STICKY = "sticky.json"
ALERTS = "alerts.json"
RESOLVED = "resolved.json"


class Kept(msgspec.Struct, frozen=True):
    """A verdict on a check, as it is written down; moments are seconds since 1970."""

    verdict: str
    since: float
    reason: str
    moment: float
    until: float


class Stood(msgspec.Struct, frozen=True):
    """How an address, a pool or an access domain stood, and since when, in seconds since 1970."""

    health: Health
    available: bool
    since: float


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
    since: float


class Names(msgspec.Struct, frozen=True):
    """What names outside our zones resolved to, by the subject of the fact."""

    names: dict[str, Named] = {}


class Memory:
    """Keeps values in a folder; None: keeps nothing."""

    def __init__(self, folder: Path | None) -> None:
        """Keep here."""
        self.folder = folder
        self.saved: dict[str, object] = {}
        self.complaints: dict[str, str] = {}

    @property
    def fault(self) -> str:
        """What keeps some value from being written; "" where nothing does."""
        return next(iter(self.complaints.values()), "")

    def save(self, name: str, value: object) -> bool:
        """Write a value if it is not what was written last; the log is told once what keeps it from being written."""
        if self.folder is None or self.saved.get(name) == value:
            return True
        try:
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


def believed(kept: Mapping[str, Kept], against: int = 0) -> dict[str, Belief]:
    """Turn what was written down into beliefs again, as if so many rounds spoke against each; what makes no sense is left out."""
    verdicts = {verdict.value: verdict for verdict in Verdict}
    return {
        key: Belief(verdicts[one.verdict], one.since, one.reason, one.moment, until=one.until, against=against)
        for key, one in kept.items()
        if one.verdict in verdicts
    }


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
