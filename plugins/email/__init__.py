"""Tells people by e-mail, over SMTP with STARTTLS or TLS."""

import asyncio
import logging
import socket
import ssl
from collections.abc import Collection
from contextlib import suppress
from email.headerregistry import Address
from email.utils import parseaddr
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

import aiosmtplib
from msgspec import Meta, field

from gtm import Alert, Options, Plugin, PluginFault, Setup, hookimpl, wrong

from .letter import letter

log = logging.getLogger("gtm")

GOODBYE: Final = 1.0
"""Seconds that a server has to answer QUIT."""
PORTS: Final = MappingProxyType({"starttls": 587, "tls": 465, "none": 25})


class EmailOptions(Options, frozen=True):
    """Whom to write to, and through which server. Files are read when the configuration is loaded."""

    server: str
    to: Annotated[tuple[str, ...], Meta(min_length=1, max_length=100)]
    sender: str = field(name="from")
    tls: Literal["starttls", "tls", "none"] = "starttls"
    user: str | None = None
    password_file: str | None = None
    timeout: Annotated[float, Meta(ge=0.1, le=25)] = 20.0
    ca_file: str | None = None
    verify: bool = True


class NotSent(OSError):
    """The server did not take a mail; the words hold no secret."""


class Email(Plugin):
    """Sends alerts by e-mail."""

    name = "email"
    Options = EmailOptions

    def __init__(self, options: EmailOptions, setup: Setup) -> None:
        """Check the addresses and read the files."""
        super().__init__(options, setup)
        self._options = options
        self._files: list[Path] = []
        for address in (options.sender, *options.to):
            _checked(address)
        self._host, self._port = _place(options.server, PORTS[options.tls])
        self._password = self._read_password(setup)
        self._tls = self._context(setup.folder)
        self._here = socket.gethostname()

    def label(self) -> str:
        """Name the first receiver."""
        more = f" and {len(self._options.to) - 1} more" if len(self._options.to) > 1 else ""
        return f"{self.name} to {parseaddr(self._options.to[0])[1]}{more}"

    def files(self) -> Collection[Path]:
        """Files that it was built from."""
        return self._files

    def _read_password(self, setup: Setup) -> str | None:
        options = self._options
        if (options.user is None) != (options.password_file is None):
            raise PluginFault("user and password_file belong together; give both or none")
        if options.password_file is None:
            return None
        if options.tls == "none":
            setup.warn('tls = "none" shows the password to everybody on the way')
        file = setup.folder / options.password_file
        self._files.append(file)
        try:
            found = file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as fault:
            raise PluginFault(f'password_file "{file}" can\'t be read: {wrong(fault)}') from fault
        if not found:
            raise PluginFault(f'password_file "{file}" is empty; it should hold the password alone')
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
        """Write to everybody; NotSent says why the server took it for nobody. Who alone is refused is named in the log."""
        options = self._options
        mail = letter(options.sender, options.to, self._here, alerts)
        client = self._client()
        limit = asyncio.timeout(options.timeout)
        try:
            async with limit:
                await client.connect()
                refused, _ = await client.send_message(mail)
            await _leave(client)
        except TimeoutError as fault:
            raise NotSent(f"no answer within {options.timeout:g} s" if limit.expired() else "timed out") from fault
        except (aiosmtplib.SMTPException, OSError) as fault:
            raise NotSent(self._words(fault)) from None
        finally:
            client.close()
        if refused:  # the others have it, and would get it again with every further try
            said = self._clean("; ".join(f"{to}: {answer.code} {answer.message}" for to, answer in refused.items()))
            log.warning("%s: %d of %d receivers were refused: %s", self.label(), len(refused), len(options.to), said)

    def _client(self) -> aiosmtplib.SMTP:
        options = self._options
        return aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            use_tls=options.tls == "tls",
            start_tls=options.tls == "starttls",
            tls_context=None if options.tls == "none" else self._tls,
            username=options.user,
            password=self._password,
            timeout=None,
        )

    def _words(self, fault: Exception) -> str:
        cause = fault.__cause__
        if isinstance(cause, OSError):
            return wrong(cause)
        if isinstance(fault, aiosmtplib.SMTPRecipientsRefused):
            fault = fault.recipients[0]
        if isinstance(fault, aiosmtplib.SMTPResponseException):
            return self._clean(f"the server says {fault.code} {fault.message}")
        return self._clean(str(fault)) if isinstance(fault, aiosmtplib.SMTPException) else wrong(fault)

    def _clean(self, words: str) -> str:
        """Take out of the server's words what they might repeat of ours."""
        return words.replace(self._password, "…") if self._password else words


async def _leave(client: aiosmtplib.SMTP) -> None:
    """Say goodbye. The mail is taken: whatever becomes of this, it must not be sent again."""
    with suppress(aiosmtplib.SMTPException, OSError):
        async with asyncio.timeout(GOODBYE):
            await client.quit()


def _checked(text: str) -> None:
    address = parseaddr(text)[1]
    try:
        if not text.isprintable() or not Address(addr_spec=address).domain:
            raise ValueError
    except (ValueError, IndexError) as fault:
        raise PluginFault(f'"{text}" is no mail address; write one such as noc@example.com') from fault


def _place(server: str, port: int) -> tuple[str, int]:
    try:
        parts = urlsplit(f"//{server}")
        if parts.hostname and not parts.path and parts.username is None and server.isprintable():
            return parts.hostname, parts.port or port
    except ValueError:
        pass
    raise PluginFault(f'server "{server}" is no host and port; write one such as smtp.example.com:587')
