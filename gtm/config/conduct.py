"""The keys of ``[server]`` that say how it behaves towards whoever asks."""

import socket
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Final

from gtm.chain.plugin import Networks
from gtm.config import parse
from gtm.config.loaded import Limits
from gtm.config.report import Report
from gtm.config.schema import ServerTable
from gtm.config.source import At
from gtm.config.tables import Entry
from gtm.config.wording import quote_path
from gtm.model.conduct import Conduct

_SECRET: Final = 16


def conduct(entry: Entry[ServerTable], secrets: Path | None, report: Report) -> Conduct:
    """Read how to behave; ``secrets`` is the file of the cookies' secrets."""
    at, table = entry.at, entry.table
    return Conduct(
        identity=socket.gethostname() if table.identity is None else table.identity,
        version=f"gtm-dns {version('gtm-dns')}" if table.version is None else table.version,
        secrets=_secrets(secrets, at.to("cookie_secrets"), report),
        rate=table.rate_limit,
        slip=table.rate_slip,
        exempt=listed(table.rate_exempt, at.to("rate_exempt"), report),
    )


def limits(entry: Entry[ServerTable]) -> Limits:
    """Read the limits of connections."""
    table = entry.table
    return Limits(table.tcp_connections, table.tcp_per_client, table.tcp_rate)


def listed(texts: Sequence[str], at: At, report: Report) -> Networks:
    """Read networks."""
    read = (report.attempt(at.to(place), parse.network, text) for place, text in enumerate(texts))
    return tuple(network for network in read if network)


def _secrets(path: Path | None, at: At, report: Report) -> tuple[bytes, ...]:
    """Read secrets, one a line in hexadecimal."""
    if path is None:
        return ()
    try:
        lines, mode = path.read_text(encoding="ascii").split(), path.stat().st_mode
        found = tuple(bytes.fromhex(line) for line in lines)
    except (OSError, ValueError) as fault:
        reason = fault.strerror.lower() if isinstance(fault, OSError) and fault.strerror else "it is not hexadecimal"
        report.fault(at, f"{quote_path(path)} can't be read: {reason}")
        return ()
    if not found or any(len(secret) != _SECRET for secret in found):
        wish = f"write {2 * _SECRET} hexadecimal digits a line, the newest secret first"
        report.fault(at, f"{quote_path(path)} does not hold secrets of cookies; {wish}")
        return ()
    if mode & 0o077:
        report.warn(at, f"{quote_path(path)} can be read by others; say chmod 600")
    return found
