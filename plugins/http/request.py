"""What an operator may put into a request. Pure."""

import re
from collections.abc import Mapping
from typing import Final

from gtm import PluginFault

from .site import split

_OWN: Final = frozenset(
    {"host", "connection", "accept-encoding", "content-length", "transfer-encoding", "expect", "upgrade"}
)
_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+", re.ASCII | re.IGNORECASE)
_VALUE: Final = re.compile(r"[!-~](?:[ \t!-~]*[!-~])?|", re.ASCII)


def path(text: str) -> str:
    """Check a path with its query."""
    if not re.fullmatch(r"/[!-~]*", text) or "#" in text:
        raise PluginFault(f'path "{text}" is none; it begins with "/", and has no spaces, no "#", and %C3%BC for "ü"')
    return text


def host(text: str | None) -> str | None:
    """Give the host in what is to stand in ``Host:``, which may have a port besides."""
    if text is None:
        return None
    found = split(text)
    if found is None:
        raise PluginFault(
            f'host "{text}" is no host; write a name such as www.example.com, and xn--… for other letters'
        )
    return found


def checked(headers: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Check headers. Values are not shown: they may be secrets."""
    for name, value in headers.items():
        if not _NAME.fullmatch(name):
            raise PluginFault(f'headers: "{name}" is no name of a header')
        if name.lower() in _OWN:
            also = '; use the option "host"' if name.lower() == "host" else ""
            raise PluginFault(f'headers: "{name}" is set by the probe itself{also}')
        if not _VALUE.fullmatch(value):
            raise PluginFault(
                f'headers: the value of "{name}" has a character that no header can hold, or a space at its end'
            )
    return tuple(headers.items())
