"""What is asked of whom, and where a redirect leads. Pure."""

import re
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Final
from urllib.parse import quote_from_bytes, urljoin, urlsplit

from .progress import Failed

HTTP: Final = "http"
HTTPS: Final = "https"
_HOST: Final = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9_.])?", re.ASCII | re.IGNORECASE)
_AS_IT_IS: Final = "!#$%&'()*+,/:;=?@[]~"


@dataclass(frozen=True, slots=True)
class Site:
    """A scheme, a host (a name, or an address without brackets), a port, and a path with its query."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def is_secure(self) -> bool:
        """Tell whether TLS is spoken."""
        return self.scheme == HTTPS

    @property
    def authority(self) -> str:
        """Write host and port as ``Host:`` has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == usual(self.scheme) else f"{host}:{self.port}"

    def following(self, location: bytes) -> "Site":
        """Follow a redirect's ``Location``; Failed where it leads to nothing that can be asked."""
        text = quote_from_bytes(location, _AS_IT_IS)
        try:
            found = urlsplit(urljoin(f"{self.scheme}://{self.authority}{self.path}", text))
            port = found.port
        except ValueError as fault:
            raise Failed(f'redirects to "{text[:80]}", which is no URL') from fault
        if found.scheme not in (HTTP, HTTPS):
            raise Failed(f'redirects to "{found.scheme}", which is neither http nor https')
        host = found.hostname or ""
        if not is_host(host):
            raise Failed(f'redirects to "{host[:80]}", which is no host')
        path = (found.path or "/") + (f"?{found.query}" if found.query else "")
        return Site(found.scheme, host, usual(found.scheme) if port is None else port, path)


def usual(scheme: str) -> int:
    """Give the port that a scheme means where none is said."""
    return 443 if scheme == HTTPS else 80


def is_host(text: str) -> bool:
    """Tell whether a text is a host's name, or an address without brackets."""
    return is_address(text) if ":" in text else _HOST.fullmatch(text) is not None


def is_address(text: str) -> bool:
    """Tell whether a host is an address; one with a zone, such as ``fe80::1%eth0``, is none."""
    try:
        found = ip_address(text)
    except ValueError:
        return False
    return not (isinstance(found, IPv6Address) and found.scope_id)


def split(authority: str) -> str | None:
    """Give the host of ``host``, ``host:port``, ``[address]:port``; None where it is none of these."""
    match = re.fullmatch(r"(?:\[([^\]]+)\]|([^:]+))(?::[0-9]{1,5})?", authority)
    host = match and (match[1] or match[2])
    return host if host and is_host(host) else None
