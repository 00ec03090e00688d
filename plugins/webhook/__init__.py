"""Tells people by an HTTP POST: documented JSON for programs, text for the robots of chats."""

import asyncio
import re
import socket
import ssl
import time
from collections.abc import Collection
from contextlib import suppress
from os import environ
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlencode, urlsplit, urlunsplit

import aiohttp
import msgspec
from msgspec import Meta
from yarl import URL

from gtm import Alert, Options, Plugin, PluginFault, Setup, hookimpl, wrong

from .message import PAUSES, ROBOTS, SIGNING, Style, body, once, refused, signed

MOST: Final = 65_536
"""Octets of an answer that are read."""
SHORT: Final = 500
"""Octets of a refusal that is shown."""
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE: Final = re.compile(r"[\t\x20-\x7e]*")
_OURS: Final = frozenset({"content-type", "content-length", "transfer-encoding", "idempotency-key", "connection"})


class WebhookOptions(Options, frozen=True):
    """Where to, in which style, and how to prove who we are. Files are read when the configuration is loaded."""

    url: str
    style: Style = "json"
    secret_file: str | None = None
    secret_env: str | None = None
    headers: dict[str, str] | None = None
    header_files: dict[str, str] | None = None
    timeout: Annotated[float, Meta(ge=0.1, le=25)] = 10.0
    ca_file: str | None = None
    verify: bool = True


class NotTaken(OSError):
    """The receiver did not take a message; the words hold no secret. ``after``: it is not to be tried for so many seconds."""

    def __init__(self, words: str, after: float = 0.0) -> None:
        """Say what it did instead."""
        super().__init__(words)
        self.after = after


class Webhook(Plugin):
    """Posts alerts to a URL."""

    name = "webhook"
    Options = WebhookOptions
    short = "url"

    def __init__(self, options: WebhookOptions, setup: Setup) -> None:
        """Check the URL and read the files."""
        super().__init__(options, setup)
        self._options = options
        self._files: list[Path] = []
        try:
            parts = urlsplit(options.url)
            self._host, port = parts.hostname or "", parts.port
        except ValueError:
            parts, self._host, port = urlsplit(""), "", None
        lawful = options.url.isascii() and options.url.isprintable() and " " not in options.url
        if parts.scheme not in ("http", "https") or not self._host or not lawful:
            raise PluginFault("url is no address of a webhook; write https://HOST/PATH, in ASCII without spaces")
        self._at = self._host if port is None else f"{self._host}:{port}"
        self._secret = self._read_secret(setup.folder)
        self._headers = self._read_headers(setup.folder)
        if "@" in parts.netloc and "authorization" in map(str.lower, self._headers):
            raise PluginFault("url has a user, and the header Authorization is given as well; leave one of them out")
        self._tls = self._context(setup.folder) if parts.scheme == "https" else False
        self._server = socket.gethostname()
        self._free = 0.0

    def label(self) -> str:
        """Name the host: the rest of the URL is a secret."""
        return f"{self.name} {self._at}"

    def files(self) -> Collection[Path]:
        """Files that it was built from."""
        return self._files

    def _read_secret(self, folder: Path) -> str | None:
        options = self._options
        if options.secret_file is None and options.secret_env is None:
            return None
        if options.style not in SIGNING:
            raise PluginFault(f'style "{options.style}" signs nothing; leave the secret out, or use header_files')
        if options.secret_file is not None and options.secret_env is not None:
            raise PluginFault("secret_file and secret_env are both given; keep one of them")
        if options.secret_file is not None:
            return self._read(folder / options.secret_file)
        secret = environ.get(options.secret_env or "", "").strip()
        if not secret:
            raise PluginFault(f'secret_env: the environment has no "{options.secret_env}"; set it where gtm is started')
        return secret

    def _read_headers(self, folder: Path) -> dict[str, str]:
        given = dict(self._options.headers or {})
        for name, file in (self._options.header_files or {}).items():
            given[name] = self._read(folder / file)
        for name, value in given.items():
            if not _TOKEN.fullmatch(name) or name.lower() in _OURS:
                raise PluginFault(f'"{name}" is no header that can be set; write one such as Authorization')
            if not _VALUE.fullmatch(value):
                raise PluginFault(f'the header "{name}" has characters that no header may have; write ASCII')
        return given

    def _read(self, file: Path) -> str:
        self._files.append(file)
        try:
            found = file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as fault:
            raise PluginFault(f'"{file}" can\'t be read: {wrong(fault)}') from fault
        if not found:
            raise PluginFault(f'"{file}" is empty; it should hold the secret alone')
        return found

    def _context(self, folder: Path) -> ssl.SSLContext:
        file = None if self._options.ca_file is None else folder / self._options.ca_file
        if file:
            self._files.append(file)
        try:
            context = ssl.create_default_context(cafile=file)
        except (OSError, ValueError) as fault:
            raise PluginFault(f'ca_file "{file}" holds no certificates: {wrong(fault)}', file) from fault
        if not self._options.verify:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context

    @hookimpl
    async def notify(self, alerts: tuple[Alert, ...]) -> None:
        """Post them; NotTaken says what the receiver did instead of taking them."""
        seconds, now = self._options.timeout, asyncio.get_running_loop().time
        await asyncio.sleep(max(0.0, self._free - now()))
        self._free = now() + PAUSES.get(self._options.style, 0.0)
        limit = asyncio.timeout(seconds)
        try:
            async with limit:
                await self._post(alerts)
        except TimeoutError as fault:
            raise NotTaken(f"no answer within {seconds:g} s" if limit.expired() else "timed out") from fault
        except (aiohttp.ClientError, OSError, ValueError) as fault:
            raise (
                fault if isinstance(fault, NotTaken) else NotTaken(_words(fault))
            ) from None  # its text may hold the URL

    async def _post(self, alerts: tuple[Alert, ...]) -> None:
        url, message = self._options.url, body(self._options.style, self._server, alerts)
        if self._secret and self._options.style == "dingtalk":
            url = _with(url, signed("dingtalk", self._secret, time.time()))
        elif self._secret:
            message = signed(self._options.style, self._secret, time.time()) | message
        headers = {
            "Accept-Encoding": "identity",
            "User-Agent": "gtm",
            **self._headers,
            "Content-Type": "application/json",
            "Idempotency-Key": once(alerts),
        }
        connector = aiohttp.TCPConnector(force_close=True, use_dns_cache=False)
        async with (
            aiohttp.ClientSession(
                connector=connector, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False
            ) as session,
            session.post(
                URL(url, encoded=True),
                data=msgspec.json.encode(message),
                headers=headers,
                ssl=self._tls,
                allow_redirects=False,
            ) as answer,
        ):
            await self._judge(answer)

    async def _judge(self, answer: aiohttp.ClientResponse) -> None:
        status = answer.status
        if 300 <= status < 400:
            raise NotTaken(f"status {status}: redirects are not followed; write the URL that it leads to")
        if not 200 <= status < 300:
            said = self._clean(await _said(answer))
            raise NotTaken(f"status {status}{said and f': {said}'}", _after(answer.headers.get("Retry-After", "")))
        if self._options.style in ROBOTS:
            reason = refused(self._options.style, await _read(answer))
            if reason is not None:
                raise NotTaken(self._clean(reason))

    def _clean(self, words: str) -> str:
        """Take out of a receiver's words what they might repeat of ours."""
        parts = urlsplit(self._options.url)
        secrets = [self._secret, parts.username, parts.password, *self._headers.values()]
        secrets += re.split(r"[/?&=]", f"{parts.path}?{parts.query}")
        for secret in secrets:
            if secret and len(secret) >= 6:
                words = words.replace(secret, "…")
        return words


async def _said(answer: aiohttp.ClientResponse) -> str:
    """Give the first line of a short refusal, such as ``no_service``; markup says nothing to people."""
    octets = b""
    if answer.content_type != "text/html" and 0 < (answer.content_length or 0) <= SHORT:
        with suppress(aiohttp.ClientError, OSError):
            async with asyncio.timeout(1.0):
                octets = await _read(answer)
    return (octets.decode(errors="replace").strip().splitlines() or [""])[0]


def _after(text: str) -> float:
    return float(text) if re.fullmatch(r"[0-9]{1,6}", text) else 0.0


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    """Read an answer to its end, or as much of it as is read."""
    octets = b""
    while len(octets) < MOST and (more := await answer.content.read(MOST - len(octets))):
        octets += more
    return octets


def _with(url: str, parameters: dict[str, str]) -> str:
    parts = urlsplit(url)
    query = "&".join(filter(None, (parts.query, urlencode(parameters))))
    return urlunsplit(parts._replace(query=query, fragment=""))


def _words(fault: Exception) -> str:
    if isinstance(fault, aiohttp.ClientConnectorCertificateError):
        return wrong(fault.certificate_error)
    if isinstance(fault, aiohttp.ClientConnectorDNSError):
        return "the host has no address"
    if isinstance(fault, aiohttp.ClientConnectorError):
        return wrong(fault.os_error)
    if isinstance(fault, aiohttp.ServerDisconnectedError):
        return "connection closed without an answer"
    if isinstance(fault, OSError) and not isinstance(fault, aiohttp.ClientError):
        return wrong(fault)
    return f"no HTTP is spoken there ({type(fault).__name__})"
