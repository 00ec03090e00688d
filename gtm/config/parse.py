"""Texts of a Corefile to values. Every function raises ValueError with a message that is fit for a fault."""

import re
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final

from gtm.config.wording import nearest, quote
from gtm.dns import name
from gtm.model.member import Kind

_HOST_LABEL: Final = re.compile(rb"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?")
_PERCENT: Final = re.compile(r"(100|[1-9][0-9]?)%")
_NUMBER: Final = re.compile(r"[0-9]{1,5}")
_PLAIN: Final = re.compile(r"[A-Za-z0-9_-]+")
_RESERVED: Final = "/:"


def domain_name(text: str) -> name.Name:
    """Read the name of an access domain, which is not the root."""
    found = name.parse(text)
    if found == name.ROOT:
        raise ValueError(f"{quote(text)} is the root; an access domain lies below it")
    return found


def endpoint(text: str) -> tuple[Kind, str]:
    """Read an IP address or host name: its kind, and its one canonical spelling."""
    if (literal := _literal(text)) is not None:
        return literal
    try:
        host = name.parse(text)
    except name.BadName:
        host = name.ROOT
    labels = name.labels(host)
    if not labels or labels[-1].isdigit() or not all(map(_HOST_LABEL.fullmatch, labels)):
        raise ValueError(f"{quote(text)} is neither an IP address nor a host name")
    return Kind.DOMAIN, name.show(host)


def is_literal(text: str) -> bool:
    """Tell whether a text is an IP address."""
    return _literal(text) is not None


def _literal(text: str) -> tuple[Kind, str] | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if "%" in text:
        return None
    return (Kind.IPV4 if address.version == 4 else Kind.IPV6), str(address)


def socket(text: str) -> tuple[str, int]:
    """Read ``127.0.0.1:53`` or ``[::1]:53``. Port 0 is any that is free."""
    host, colon, port = text.rpartition(":")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    try:
        version = int(ip_address(bare).version)
    except ValueError:
        version = 0
    if not colon or not version or (version == 6) != (bare != host) or not _NUMBER.fullmatch(port) or int(port) > 65535:
        raise ValueError(f'{quote(text)} is not an address and a port; write "127.0.0.1:53" or "[::1]:53"')
    return bare, int(port)


def network(text: str) -> IPv4Network | IPv6Network:
    """Read a network in CIDR form; a lone address is a network of one."""
    try:
        found = ip_network(text, strict=False)
    except ValueError:
        raise ValueError(f'{quote(text)} is not a network; write one such as "203.0.113.0/24"') from None
    address = text.partition("/")[0]
    if ip_address(address) != found.network_address:
        raise ValueError(f"{quote(text)} has bits set behind its prefix; did you mean {quote(str(found))}?")
    return found


def percentage(text: str) -> int:
    """Read ``any`` (0), ``all`` (100), or a percentage from ``1%`` to ``100%``."""
    if text in ("any", "all"):
        return 100 if text == "all" else 0
    if not _PERCENT.fullmatch(text):
        meant = nearest(text, ("any", "all")) or (f"{text}%" if _PERCENT.fullmatch(f"{text}%") else None)
        hint = f"did you mean {quote(meant)}?" if meant else 'write "any", "all", or a percentage from "1%" to "100%"'
        raise ValueError(f"{quote(text)} is not a share; {hint}")
    return int(text[:-1])


def check(text: str) -> tuple[str, int | None]:
    """Read ``web`` or ``web:8080``: a template's name, and the port when one is said."""
    template, colon, port = text.partition(":")
    if not colon:
        return text, None
    if not _NUMBER.fullmatch(port) or not 1 <= int(port) <= 65535:
        raise ValueError(f"{quote(text)} has no port from 1 to 65535 behind the colon")
    return template, int(port)


def title(text: str) -> str:
    """Check a name that the operator gives to a pool, template, address or line."""
    if _PLAIN.fullmatch(text):
        return text
    if not text or text != text.strip() or not text.isprintable() or any(mark in text for mark in _RESERVED):
        raise ValueError(f'{quote(text)} can\'t be a name; leave out "/", ":", line breaks and blanks at the ends')
    return text


def server(text: str, port: int) -> tuple[str, int]:
    """Read an IP address with or without a port, such as ``192.0.2.53`` or ``[2001:db8::53]:5353``."""
    if (literal := _literal(text)) is not None:
        return literal[1], port
    try:
        host, found = socket(text)
    except ValueError:
        found = 0
    if not found:
        raise ValueError(
            f'{quote(text)} is not a server; write "192.0.2.53", "192.0.2.53:5353" or "[2001:db8::53]:5353"'
        )
    return host, found


def target(text: str) -> tuple[str, int | None]:
    """Read what to probe: an address or host name, and a port where one is said (``10.0.0.5:8080``, ``[::1]:80``)."""
    if is_literal(text) or ":" not in text:
        return endpoint(text)[1], None
    if "//" in text:
        raise ValueError(f'{quote(text)} is a URL; write an address and a port, as in "10.0.0.5:8080"')
    host, _, port = text.rpartition(":")
    if not _NUMBER.fullmatch(port) or not 1 <= int(port) <= 65535:
        raise ValueError(f"{quote(text)} has no port from 1 to 65535 behind the colon")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if bare == host and ":" in host:
        raise ValueError(f"{quote(text)} is not an address and a port; write {quote(f'[{host}]:{port}')}")
    return endpoint(bare)[1], int(port)
