"""The status as lines for people: a tree in columns, then what is wrong."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final, NamedTuple

import click

from gtm.cli.cells import cells, cut, padded
from gtm.control.status import (
    AddressStatus,
    CheckStatus,
    DomainStatus,
    MemberStatus,
    NameStatus,
    OverrideStatus,
    PoolStatus,
    ServerStatus,
    Status,
)
from gtm.model.health import Health, Verdict
from gtm.model.member import Mode

COLOURS: Final = {
    "ok": "green", "up": "green", "ok_alert": "yellow", "exceptional": "red", "down": "red", "forced down": "red",
    "forced up": "cyan", "drained": "cyan", "disabled": "bright_black", "no_data": "bright_black",
    "ok_no_monitor": "bright_black", "stale": "yellow", "empty": "bright_black",
}  # fmt: skip
WORDS: Final = {"drain": "drained", "up": "forced up", "down": "forced down"}
PROBLEMS: Final = 20
"""Problems that are listed at most."""


class Row(NamedTuple):
    """A line of the tree."""

    title: str
    state: str
    since: str
    share: str
    words: str


def drawn(status: Status, width: int) -> list[str]:
    """Draw it, no wider than ``width`` where the last column allows."""
    now = status.moment
    rows = [row for domain in status.domains for row in _domain(domain, now)]
    for pool in status.pools:
        rows += _pool(pool, now, 0)
    rows += [_name(name, now) for name in status.names]
    return [*_server(status.server, now), *_columns(rows, width), *_rest(status, width)]


def _columns(rows: list[Row], width: int) -> Iterator[str]:
    widths = [max((cells(row[column]) for row in rows), default=0) for column in range(4)]
    for row in rows:
        title = padded(row.title, widths[0])
        since, share = row.since.rjust(widths[2]), row.share.rjust(widths[3])
        room = max(0, width - sum(widths) - 8)
        words = cut(row.words, room)
        title = click.style(title, bold=True) if not row.title.startswith(" ") else title
        state = click.style(row.state, fg=COLOURS.get(row.state)) + " " * (widths[1] - len(row.state))
        yield f"{title}  {state}  {since}  {share}  {words}".rstrip()


def _server(server: ServerStatus, now: datetime | None) -> Iterator[str]:
    ready = "ready" if server.not_ready is None else f"not ready: {clean(server.not_ready)}"
    workers = f", {server.workers} of {server.workers_wanted} workers" if server.workers_wanted else ""
    yield (
        f"{click.style(f'gtm {server.version}', bold=True)}, {ready}, up {age(server.started, now)}{workers}, "
        f"{clean(server.corefile)} as loaded {age(server.loaded, now)} ago"
    )
    if server.refused:
        refused = f"a newer configuration was refused {age(server.refused.moment, now)} ago; this one goes on:"
        yield click.style(refused, fg="red")
        yield from (f"  {clean(fault)}" for fault in server.refused.faults[:PROBLEMS])


def _domain(domain: DomainStatus, now: datetime | None) -> Iterator[Row]:
    yield _row(domain, f"{domain.name} {domain.type}", "", now, "the last resort answers" if domain.rescued else "")
    for pool in domain.pools:
        yield from _pool(pool, now, 1)


def _pool(pool: PoolStatus, now: datetime | None, depth: int) -> Iterator[Row]:
    yield _row(pool, "  " * depth + pool.key, _share(pool.share), now)
    for address in pool.addresses:
        yield from _address(address, now, depth + 1, held=address.key == pool.held)


def _address(address: AddressStatus, now: datetime | None, depth: int, *, held: bool) -> Iterator[Row]:
    title = f"{address.name} {address.value}" if address.name else address.value
    mode = f"its mode is {address.mode.value}" if address.mode is not Mode.AUTO else ""
    mode = "" if mode in address.reason else mode
    yield _row(address, "  " * depth + title, _share(address.share), now, mode, "held" if held else "")
    for check in address.checks:
        if check.verdict is Verdict.DOWN or check.warning or _is_doubtful(check) or check.against:
            yield _check(check, now, depth + 1)


def _row(member: MemberStatus, title: str, share: str, now: datetime | None, *more: str) -> Row:
    state = member.health.value if member.enabled else "disabled"
    said = member.reason
    if member.override:
        state = WORDS[member.override.word]
        said = said.removeprefix("it is ").removeprefix(state).removeprefix("; ")
        said = "; ".join(filter(None, (_override(member.override, now), said)))
    elif not member.available and member.enabled and member.health is not Health.EXCEPTIONAL:
        state = "down"
    words = "; ".join(filter(None, (said, *more)))
    return Row(clean(title), state, age(member.since, now), share, clean(words))


def _check(check: CheckStatus, now: datetime | None, depth: int) -> Row:
    title = f"{check.template}:{check.port}" if check.port else check.template
    words = [check.reason, check.warning]
    if check.last is not None:
        words.append(f"seen {age(check.last, now)} ago")
    if check.against:
        words.append(f"{check.against} against it")
    if check.unseen:
        words.append(f"nothing seen now: {check.unseen}")
    elif _is_doubtful(check):
        words.append("its probe is late")
    state = check.verdict.value if check.verdict else "no_data"
    return Row("  " * depth + clean(title), state, age(check.since, now), "", clean(", ".join(filter(None, words))))


def _is_doubtful(check: CheckStatus) -> bool:
    return check.stale or check.late is not None or bool(check.unseen)


def _name(name: NameStatus, now: datetime | None) -> Row:
    """Draw what a name outside our zones resolves to."""
    state = "no_data" if name.addresses is None else "stale" if name.failing else "ok" if name.addresses else "empty"
    told = ", ".join(name.addresses) if name.addresses else "" if name.addresses is None else "no address"
    words = "; ".join(filter(None, (told, name.reason)))
    return Row(clean(name.key), state, age(name.failing or name.since, now), "", clean(words))


def _override(override: OverrideStatus, now: datetime | None) -> str:
    by = f"by {override.by}" if override.by else ""
    until = f"for another {age(now, override.until)}" if override.until else ""
    since = f"since {age(override.since, now)}" if override.since else ""
    reason = f'"{override.reason}"' if override.reason else ""
    where = f"in {override.where}" if override.where else ""
    return " ".join(filter(None, (WORDS[override.word], by, since, until, where, reason)))


def _rest(status: Status, width: int) -> Iterator[str]:
    if status.next is not None:
        yield f"… {status.total - len(status.domains)} more access domains: name some, or say --problems or --limit"
    for override in status.overrides:
        if not override.is_configured:
            yield cut(clean(f"{override.on} is not configured now, and {_override(override, status.moment)}"), width)
    if status.problems_in_all:
        count = f"{status.problems_in_all} problem{'s' if status.problems_in_all > 1 else ''}"
        yield click.style(count, bold=True, fg="red")
    for problem in status.problems[:PROBLEMS]:
        since = f" for {age(problem.since, status.moment)}" if problem.since else ""
        yield cut(clean(f"  {problem.key}{since}: {problem.reason}"), width)
    if status.problems_in_all > PROBLEMS:
        yield f"  … {status.problems_in_all - PROBLEMS} more"


def _share(share: float | None) -> str:
    return "" if share is None else f"{share:.0%}" if share in (0, 1) else f"{share:.1%}"


def age(since: datetime | None, now: datetime | None) -> str:
    """Say how long ago a moment was, in one unit; nothing where it is not known."""
    if since is None or now is None:
        return ""
    seconds = max(0.0, (now - since).total_seconds())
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size or (seconds >= size and unit != "min"):
            return f"{seconds // size:.0f} {unit}"
    return f"{seconds:.0f} s"


def clean(text: str) -> str:
    """Leave nothing in a text that a terminal would obey."""
    return "".join(character if character.isprintable() else "?" for character in text)
