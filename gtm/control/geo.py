"""Fetches a MaxMind database and puts it in the place of an old one, or leaves the old one as it is.

The law: the target is at every moment either the whole old file or the whole new one, and the new one was checked before
it took the old one's place. No message holds a password, a licence key or what a URL has behind its path.
"""

import gzip
import os
import tarfile
import tempfile
import time
import zlib
from base64 import b64encode
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPException, HTTPMessage
from io import BytesIO
from ipaddress import IPv4Address, IPv6Address
from itertools import islice
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import IO, Final
from urllib import request
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

from maxminddb import MODE_FD, open_database
from maxminddb.reader import Reader

CHUNK: Final = 1 << 16
DAY: Final = 86400.0
OLDEST: Final = 1262304000
SAMPLE: Final = 2000
# a damaged file makes the reader raise any of these
DAMAGE: Final = (RuntimeError, ValueError, TypeError, KeyError, OSError)


class UpdateFault(Exception):
    """The old database stays; the message says why."""


@dataclass(frozen=True, slots=True)
class Login:
    """An account's name or number and its password or licence key (HTTP basic authentication)."""

    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a download must keep to.

    ``limit``: most octets, as sent and unpacked. ``deadline``: most seconds in all. ``expect``: text that the database's
    type must hold, such as ``City``. ``allow_older``: whether it may be older than the one it replaces.
    """

    limit: int = 1 << 30
    deadline: float = 900.0
    expect: str = ""
    allow_older: bool = False


ORDINARY: Final = Terms()


def update(
    url: str, target: Path, *, timeout: float = 30.0, login: Login | None = None, terms: Terms = ORDINARY
) -> str:
    """Fetch a database (.mmdb, .gz, or .tar.gz with one .mmdb in it) and rename it to ``target``; say what was done.

    ``timeout`` is how many seconds the server may be silent. UpdateFault when anything is wrong; ``target`` is then
    what it was.
    """
    target = target.resolve()
    data = _unpacked(_fetched(url, timeout, login, terms), terms.limit)
    new = _opened(data)
    _check(new, terms)
    try:
        old = _opened(target.read_bytes()) if target.exists() else None
    except (UpdateFault, OSError):
        old = None  # whatever is there serves nobody
    if old is not None:
        _compare(new, old, terms)
    what = f"{new.metadata().database_type} built {_date(new)}"
    if old is not None and target.read_bytes() == data:
        return f"{target} is up to date: {what}"
    try:
        _put(data, target)
    except OSError as error:
        raise UpdateFault(f'"{target}" can\'t be written: {error.strerror or error}') from error
    return f"{target} is now {what}" + (f", before it was built {_date(old)}" if old else "")


class _Redirects(request.HTTPRedirectHandler):
    """Follows redirects, but never from https to http. The login is not sent along: it belongs to the first server."""

    max_redirections = 5

    def redirect_request(
        self, req: request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> request.Request | None:
        """Refuse what is less safe than the request was."""
        scheme = urlsplit(newurl).scheme
        if scheme not in ("http", "https") or (req.type == "https" and scheme != "https"):
            raise UpdateFault(f'the server redirects to "{scheme}"; it may to https only')
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _fetched(url: str, timeout: float, login: Login | None, terms: Terms) -> bytes:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  raises when it is no number
    except ValueError:
        raise UpdateFault("what was given is no URL; give one that begins with https:// or http://") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UpdateFault(f'"{parts.scheme}" can\'t be fetched; give a URL that begins with https:// or http://')
    if "@" in parts.netloc:
        raise UpdateFault("the URL holds a user name; give it and its password apart from the URL")
    shown = f"{parts.scheme}://{parts.hostname}{parts.path}"
    results: SimpleQueue[bytes | UpdateFault] = SimpleQueue()
    work = (results, url, shown, timeout, login, terms)
    # a server that drips its headers octet by octet outlives any timeout of a socket, so somebody else has to watch
    Thread(target=_fetch, args=work, daemon=True).start()
    try:
        result = results.get(timeout=terms.deadline)
    except Empty:
        raise UpdateFault(f"{shown} took longer than {terms.deadline:g} s in all") from None
    if isinstance(result, UpdateFault):
        raise result
    return result


def _fetch(
    results: "SimpleQueue[bytes | UpdateFault]", url: str, shown: str, timeout: float, login: Login | None, terms: Terms
) -> None:
    try:
        results.put(_read(_request(url, login), timeout, terms))
    except UpdateFault as fault:
        results.put(UpdateFault(f"{shown}: {fault}"))
    except HTTPError as error:
        error.close()
        results.put(UpdateFault(f"{shown}: the server answers {error.code}{_hint(error.code)}"))
    except (OSError, HTTPException, ValueError) as error:
        results.put(UpdateFault(f"{shown} can't be fetched: {_reason(error, timeout)}"))


def _hint(code: int) -> str:
    if code in (401, 403):
        return "; check the account and its key"
    return ", a redirect that can't be followed" if code in (301, 302, 303, 307, 308) else ""


def _reason(error: Exception, timeout: float) -> str:
    cause = error.reason if isinstance(error, URLError) else error
    if isinstance(cause, TimeoutError):
        return f"the server was silent for {timeout:g} s"
    # other errors than the system's may quote the URL
    return str(cause.strerror or cause) if isinstance(cause, OSError) else type(error).__name__


def _request(url: str, login: Login | None) -> request.Request:
    made = request.Request(url, headers={"User-Agent": "gtm"})  # noqa: S310  the scheme was checked
    if login is not None:
        secret = b64encode(f"{login.user}:{login.password}".encode()).decode()
        made.add_unredirected_header("Authorization", f"Basic {secret}")
    return made


def _read(made: request.Request, timeout: float, terms: Terms) -> bytes:
    opener = request.OpenerDirector()
    handlers = (request.ProxyHandler, request.HTTPHandler, request.HTTPSHandler, request.HTTPDefaultErrorHandler)
    for handler in (*handlers, _Redirects, request.HTTPErrorProcessor):
        opener.add_handler(handler())
    end = time.monotonic() + terms.deadline
    body = bytearray()
    with opener.open(made, timeout=timeout) as reply:
        told = reply.headers.get("Content-Length", "")
        while chunk := reply.read1(CHUNK):
            body += chunk
            if len(body) > terms.limit:
                raise UpdateFault(f"more than {terms.limit} octets")
            if time.monotonic() > end:
                raise UpdateFault(f"it took longer than {terms.deadline:g} s in all")
    if told.isdigit() and int(told) != len(body):
        raise UpdateFault(f"{len(body)} octets came instead of {told}")
    return bytes(body)


def _unpacked(data: bytes, limit: int) -> bytes:
    try:
        if data.startswith(b"\x1f\x8b"):
            with gzip.open(BytesIO(data)) as file:
                data = file.read(limit + 1)
            if len(data) > limit:
                raise UpdateFault(f"more than {limit} octets when unpacked")
        return _from_tar(data) if data[257:262] == b"ustar" else data
    except (OSError, EOFError, zlib.error, tarfile.TarError) as error:
        raise UpdateFault(f"what came can't be unpacked: {error}") from error


def _from_tar(data: bytes) -> bytes:
    with tarfile.open(fileobj=BytesIO(data), mode="r:") as archive:
        found = [one for one in archive if one.isreg() and not one.issparse() and one.name.endswith(".mmdb")]
        file = archive.extractfile(found[0]) if len(found) == 1 else None
        if file is None:
            raise UpdateFault(f"the archive holds {len(found)} .mmdb files instead of one")
        return file.read()


def _opened(data: bytes) -> Reader:
    try:
        return open_database(BytesIO(data), MODE_FD)
    except DAMAGE as error:
        raise UpdateFault("what came is not a MaxMind database (.mmdb), or only a part of one") from error


def _check(reader: Reader, terms: Terms) -> None:
    metadata = reader.metadata()
    if metadata.binary_format_major_version != 2 or metadata.ip_version not in (4, 6):
        raise UpdateFault("the database is of a version that is not known; 2 is, for IPv4 or IPv6")
    if terms.expect not in metadata.database_type:
        raise UpdateFault(f'the database\'s type is "{metadata.database_type}"; one with "{terms.expect}" is wanted')
    if not OLDEST <= metadata.build_epoch <= time.time() + DAY:
        raise UpdateFault(f"the database's build date is {_date(reader)}, before 2010 or in the future")
    try:
        records = list(_sample(reader))
    except DAMAGE as error:
        raise UpdateFault("the database is damaged: a lookup in it fails") from error
    if not any(records):
        raise UpdateFault("the database is empty")


def _sample(reader: Reader) -> Iterator[object]:
    yield from (record for _, record in islice(reader, SAMPLE))
    yield from (reader.get(IPv4Address(high << 24 | 0x010101)) for high in range(256))
    if reader.metadata().ip_version == 6:
        yield from (reader.get(IPv6Address((0x2000 + step * 0x20) << 112)) for step in range(256))


def _compare(new: Reader, old: Reader, terms: Terms) -> None:
    came, stands = new.metadata(), old.metadata()
    if came.database_type != stands.database_type:
        raise UpdateFault(
            f'the database\'s type is "{came.database_type}", and "{stands.database_type}" stands there; remove that one first if you mean it'
        )
    if came.build_epoch < stands.build_epoch and not terms.allow_older:
        raise UpdateFault(f"the database was built {_date(new)}, and the one that stands there {_date(old)}")


def _date(reader: Reader) -> str:
    epoch = reader.metadata().build_epoch
    try:
        return f"{datetime.fromtimestamp(epoch, UTC):%Y-%m-%d}"
    except (ValueError, OverflowError, OSError):
        return f"{epoch} s since 1970"


def _put(data: bytes, target: Path) -> None:
    mode = target.stat().st_mode & 0o777 if target.exists() else 0o644
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, mode)
            file.write(data)
            file.flush()
            os.fsync(descriptor)
        Path(name).replace(target)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
