"""The commands' way to a running server: its admin door, found by ``[server] admin`` of the Corefile.

Only that table is read, so that a command works while the rest of the Corefile is being mended.
"""

import json
import tomllib
from collections.abc import Callable, Mapping
from functools import wraps
from http.client import HTTPConnection, HTTPException, RemoteDisconnected
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import click
import msgspec

from gtm.config import parse

TIMEOUT: Final = 5.0
MOST: Final = 64 << 20
"""Octets of an answer that are read."""
ANYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}


class NoAnswer(click.ClickException):
    """The server could not be asked: exit status 2."""

    exit_code = 2


class NotDone(click.ClickException):
    """The server was asked and refused: exit status 1."""


class Admin:
    """A running server's admin door. Everything that goes wrong is a click exception in words."""

    def __init__(self, host: str, port: int, token: str | None = None) -> None:
        """Talk to the door at an address; with a token where it asks for one."""
        self._host, self._port = ANYWHERE.get(host, host), port
        self._token = token
        self.place = f"[{self._host}]:{port}" if ":" in self._host else f"{self._host}:{port}"

    def get(self, path: str, /, **query: object) -> Any:
        """Ask; a query of None is left out, a tuple or list is given several times."""
        return msgspec.json.decode(self.read(path, **query))

    def read(self, path: str, /, **query: object) -> bytes:
        """Ask, and give the answer as it came."""
        given = {key: _spelled(value) for key, value in query.items() if value is not None}
        return self._ask("GET", f"{path}?{urlencode(given, doseq=True)}" if given else path, None, TIMEOUT)

    def post(self, path: str, body: Mapping[str, object], *, timeout: float = TIMEOUT) -> Any:
        """Have something done; ``timeout`` is how many seconds that may take."""
        return msgspec.json.decode(self._ask("POST", path, body, timeout))

    def delete(self, path: str, body: Mapping[str, object]) -> Any:
        """Have something taken back."""
        return msgspec.json.decode(self._ask("DELETE", path, body, TIMEOUT))

    def _ask(self, method: str, path: str, body: Mapping[str, object] | None, timeout: float) -> bytes:
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        if body is not None:
            headers["Content-Type"] = "application/json"
        connection = HTTPConnection(self._host, self._port, timeout=timeout)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            status, octets = answer.status, answer.read(MOST)
        except TimeoutError as fault:
            raise NoAnswer(f"no answer from {self.place} within {timeout:g} s; does gtm serve hang?") from fault
        except RemoteDisconnected as fault:
            raise NoAnswer(f"{self.place} hung up before it had answered; its log says why") from fault
        except OSError as fault:
            raise NoAnswer(f"nothing answers at {self.place}; is gtm serve running?") from fault
        except HTTPException as fault:
            raise NoAnswer(f"what answers at {self.place} is no admin door") from fault
        finally:
            connection.close()
        if status == 401:
            other = "another" if self._token else "a"
            raise NoAnswer(f"{self.place} asks for {other} token; name its file: --token-file FILE")
        if status != 200:
            raise _refusal(self.place, status, octets)
        return octets


def _spelled(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    return list(value) if isinstance(value, tuple) else value


def _refusal(place: str, status: int, octets: bytes) -> click.ClickException:
    """Take the server's own words over, if it is ours."""
    try:
        told = msgspec.json.decode(octets)
        words, faults = str(told["error"]), list(map(str, told.get("faults", ())))
    except (msgspec.MsgspecError, UnicodeDecodeError, KeyError, TypeError, AttributeError):
        return NoAnswer(f"what answers at {place} is no admin door: it says {status}")
    return NotDone("\n".join([words, *faults]))


def door(corefile: Path, place: str | None = None, token_file: Path | None = None) -> Admin:
    """Find the door of the server that runs with a Corefile; or at a place such as ``127.0.0.1:8053``."""
    table: Mapping[str, Any] = {} if place else _server(corefile)
    place = place or table.get("admin")
    named = table.get("admin_token_file")
    if token_file is None and isinstance(named, str):
        token_file = corefile.parent / named
    if not isinstance(place, str):
        raise NoAnswer(f'{corefile}: no admin door: add admin = "127.0.0.1:8053" to [server]')
    try:
        host, port = parse.socket(place)
        token = token_file.read_text(encoding="ascii").strip() if token_file else None
    except OSError as fault:
        raise NoAnswer(f"{token_file}: the token can't be read: {(fault.strerror or str(fault)).lower()}") from fault
    except UnicodeDecodeError as fault:
        raise NoAnswer(f"{token_file}: that is no token") from fault
    except ValueError as fault:
        raise NoAnswer(f"the admin door: {fault}") from fault
    return Admin(host, port, token)


def _server(corefile: Path) -> Mapping[str, Any]:
    """Read ``[server]``, and nothing else."""
    try:
        with corefile.open("rb") as file:
            table = tomllib.load(file).get("server", {})
    except OSError as fault:
        reason = (fault.strerror or str(fault)).lower()
        raise NoAnswer(f"{corefile}: can't be read: {reason}; say where the door is: --admin HOST:PORT") from fault
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise NoAnswer(f"{corefile}: {fault}; say where the door is: --admin HOST:PORT") from fault
    return table if isinstance(table, dict) else {}


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command ``--corefile``, ``--admin`` and ``--token-file``; it is called with the ``admin`` that they lead to."""

    @wraps(command)
    def found(*args: Any, corefile: Path, place: str | None, token_file: Path | None, **more: Any) -> Any:
        return command(*args, admin=door(corefile, place, token_file), **more)

    path = click.Path(path_type=Path, dir_okay=False)
    taken: Callable[..., Any] = found
    for decorate in (
        click.option("--token-file", type=path, help="The file that holds the door's token."),
        click.option(
            "--admin", "place", metavar="HOST:PORT", help="The server's admin door, instead of the Corefile's."
        ),
        click.option("-c", "--corefile", default="Corefile.toml", type=path, show_default=True, help="Its Corefile."),
    ):
        taken = decorate(taken)
    return taken
