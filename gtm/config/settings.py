"""Tables that need no other to be understood: the server, the operator's lines, the names of zones, alerts."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from gtm.chain.plugin import Networks
from gtm.config import parse
from gtm.config.loaded import Server, Socket
from gtm.config.report import Report
from gtm.config.schema import AlertTable, LineTable, ServerTable, ZoneTable
from gtm.config.source import At
from gtm.config.tables import Entry, Named
from gtm.config.wording import quote, quote_path
from gtm.dns import name
from gtm.dns.name import Name
from gtm.model.place import DEFAULT_LINE


def server(entry: Entry[ServerTable], report: Report) -> Server:
    """Read ``[server]``."""
    at, table = entry.at, entry.table
    folder = _path(table.plugin_dir, at.to("plugin_dir"), report)
    if folder is not None and not folder.is_dir():
        report.fault(at.to("plugin_dir"), f"there is no folder {quote_path(folder)}")
    return Server(
        listen=_listen(entry, report),
        plugin_dir=folder,
        admin=None if table.admin is None else report.attempt(at.to("admin"), parse.socket, table.admin),
        workers=table.workers,
        state=_path(table.state, at.to("state"), report),
        start=table.start or "probe",
        watch=table.watch,
        include=table.include,
    )


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
        report.fault(at, f"{quote(text)} is not the name of a folder")
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


def alerts(entries: Sequence[Entry[AlertTable]], report: Report) -> None:
    """Check what alerts say."""
    for entry in entries:
        if entry.table.webhook:
            report.attempt(entry.at.to("webhook"), parse.webhook, entry.table.webhook)
