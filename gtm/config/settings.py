"""Tables that need no other to be understood: the server, the operator's lines, the names of zones, alerts."""

import os
from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from gtm.chain.plugin import Networks
from gtm.config import parse
from gtm.config.conduct import conduct, limits, listed
from gtm.config.loaded import Server, Socket
from gtm.config.report import Report
from gtm.config.schema import LineTable, ServerTable, ZoneTable
from gtm.config.source import At
from gtm.config.tables import Entry, Named
from gtm.config.wording import quote, quote_path
from gtm.dns import name
from gtm.dns.name import Name
from gtm.model.place import DEFAULT_LINE

_TOKEN: Final = 16


def server(entry: Entry[ServerTable], report: Report) -> Server:
    """Read ``[server]``."""
    at, table = entry.at, entry.table
    token = _token(entry, report)
    return Server(
        listen=_listen(entry, report),
        plugin_dir=_folder(table.plugin_dir, at.to("plugin_dir"), report),
        admin=_admin(entry, token, report),
        workers=table.workers,
        state=_path(table.state, at.to("state"), report),
        start=table.start,
        watch=table.watch,
        include=table.include,
        admin_token=token,
        probe_deny=listed(table.probe_deny, at.to("probe_deny"), report),
        command_dir=_folder(table.command_dir, at.to("command_dir"), report),
        overrides=_file(table.overrides, at.to("overrides"), report),
        alert_days=table.alert_days,
        brake=table.brake,
        user=table.user,
        conduct=conduct(entry, _path(table.cookie_secrets, at.to("cookie_secrets"), report), report),
        proxy=listed(table.proxy, at.to("proxy"), report),
        limits=limits(entry),
    )


def files(entry: Entry[ServerTable]) -> tuple[Path, ...]:
    """List the files that ``[server]`` names and a load reads."""
    named = (entry.table.admin_token_file, entry.table.cookie_secrets)
    return tuple(entry.at.source.file.parent / text for text in named if text and text.isprintable())


def _folder(text: str | None, at: At, report: Report) -> Path | None:
    folder = _path(text, at, report)
    if folder is not None and not _is_folder(folder):
        report.fault(at, f"there is no folder {quote_path(folder)}")
    return folder


def _file(text: str | None, at: At, report: Report) -> Path | None:
    """Read the path of a file that need not be there yet."""
    file = _path(text, at, report)
    if file is not None and _is_folder(file):
        report.fault(at, f"{quote_path(file)} is a folder; name a file in it")
    return file


def _is_folder(path: Path) -> bool:
    return os.path.isdir(path)  # noqa: PTH112  Path.is_dir raises where a name is too long, or a folder is closed to us


def _admin(entry: Entry[ServerTable], token: str | None, report: Report) -> Socket | None:
    """Read where the admin door is. Without a token it must not be open to other machines."""
    text, at = entry.table.admin, entry.at.to("admin")
    if text is None:
        return None
    found = report.attempt(at, parse.socket, text)
    if found and found[1] and text in entry.table.listen:
        report.fault(at, f"{quote(text)} is what queries come to; choose another port")
    if found and not ip_address(found[0]).is_loopback and entry.table.admin_token_file is None:
        report.fault(
            at, f'{quote(text)} is open to other machines; name an admin_token_file, or write "127.0.0.1:8053"'
        )
    return found if found is None or token or ip_address(found[0]).is_loopback else None


def _token(entry: Entry[ServerTable], report: Report) -> str | None:
    """Read the admin door's token from its file."""
    at = entry.at.to("admin_token_file")
    path = _path(entry.table.admin_token_file, at, report)
    if path is None:
        return None
    try:
        token, mode = path.read_text(encoding="ascii").strip(), path.stat().st_mode
    except (OSError, ValueError) as fault:
        reason = fault.strerror.lower() if isinstance(fault, OSError) and fault.strerror else "it is not plain text"
        report.fault(at, f"{quote_path(path)} can't be read: {reason}")
        return None
    if len(token) < _TOKEN or not token.isprintable() or " " in token:
        report.fault(
            at, f"{quote_path(path)} holds no token; write {_TOKEN} characters or more into it, without blanks"
        )
        return None
    if mode & 0o077:
        report.warn(at, f"{quote_path(path)} can be read by others; say chmod 600")
    return token


def _listen(entry: Entry[ServerTable], report: Report) -> tuple[Socket, ...]:
    at = entry.at.to("listen")
    found: list[Socket] = []
    for position, text in enumerate(entry.table.listen):
        socket = report.attempt(at.to(position), parse.socket, text)
        if socket is not None and socket in found:
            report.fault(at.to(position), f"{quote(text)} is named twice; leave one out")
        elif socket is not None:
            found.append(socket)
    if not entry.table.listen:
        report.fault(at, 'no address to listen on; write one such as "127.0.0.1:5300"')
    return tuple(found)


def _path(text: str | None, at: At, report: Report) -> Path | None:
    if text is None:
        return None
    if not text or not text.isprintable():
        report.fault(at, f"{quote(text)} is not a path")
        return None
    return at.source.file.parent / text


def networks(entries: Named[LineTable], report: Report) -> Mapping[str, Networks]:
    """Read the operator's own lines."""
    found: dict[str, Networks] = {}
    for code, entry in entries.items():
        if entry is None:
            continue
        if code == DEFAULT_LINE:
            report.fault(
                entry.at, f"{quote(code)} is the line of every client that is on no other; choose another name"
            )
        at = entry.at.to("networks")
        read = [report.attempt(at.to(place), parse.network, text) for place, text in enumerate(entry.table.networks)]
        found[code] = tuple(network for network in read if network is not None)
        if not read:
            report.warn(entry.at, "the line has no networks, so no client is ever on it")
    return found


def zones(entries: Sequence[Entry[ZoneTable]], report: Report) -> Mapping[Name, Entry[ZoneTable]]:
    """Tell the zones apart by name; those without a good name of their own are left out."""
    found: dict[Name, Entry[ZoneTable]] = {}
    for entry in entries:
        zone = report.attempt(entry.at.to("name"), name.parse, entry.table.name) if entry.table.name else None
        if zone is not None and found.setdefault(zone, entry) is not entry:
            report.fault(entry.at, f"{quote(entry.table.name)} is defined twice; first at {found[zone].at}")
    return found
