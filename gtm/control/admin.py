"""The admin door: HTTP for the operator, his commands and his monitoring. It serves no file, and waits for nobody for long.

Nothing passes without the token where there is one. Without one the door stands open on loopback only, a name in ``Host``
that is not its own is refused, and what changes something must be JSON, so that no page in a browser can reach it.
"""

import asyncio
import hmac
import logging
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from hashlib import sha256
from ipaddress import ip_address
from time import time
from typing import Any, Final, Protocol, TypeVar
from urllib.parse import urlsplit

from aiohttp import web

from gtm.config.loaded import Socket
from gtm.control import door
from gtm.control.exposition import CONTENT_TYPE, Taken
from gtm.control.gate import HEADERS, Gate, answer, told
from gtm.control.status import View, schema
from gtm.control.tree import build
from gtm.health.override import Override

log = logging.getLogger("gtm")
BODY: Final = 64 * 1024
"""Octets of a request's body."""
PATIENCE: Final = 15.0
"""Seconds for which a body may dawdle, or the reader of an answer."""
HARMLESS: Final = ("GET", "HEAD")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
T = TypeVar("T")
R = TypeVar("R", bound=door.Request)


class Source(Protocol):
    """Who knows and does what is asked for at the door. ``door.Refused`` says why something is not done.

    What is returned is told as JSON. All but ``drill`` is finished even if who asked for it has gone.
    """

    def ready(self) -> str | None:
        """Say why there are no answers yet, or None when there are."""
        ...

    def view(self) -> View:
        """Give all that a status is made from."""
        ...

    def measured(self) -> Taken:
        """Give all that is measured."""
        ...

    def overrides(self) -> tuple[Override, ...]:
        """List the overrides in force."""
        ...

    async def alerts(self, query: door.AlertQuery) -> object:
        """Look alerts up in the log."""
        ...

    async def override(self, request: door.OverrideRequest) -> object:
        """Put a word on members."""
        ...

    async def release(self, request: door.ReleaseRequest) -> object:
        """Take words back."""
        ...

    async def drill(self, request: door.DrillRequest) -> object:
        """Let members look as if they failed; cancelled when who asked for it goes."""
        ...

    async def reload(self, request: door.ReloadRequest) -> door.Reloaded:
        """Load the configuration anew."""
        ...


class Admin:
    """The door at one address."""

    def __init__(self, source: Source, socket: Socket, token: str | None = None) -> None:
        """Stand at an address; ValueError where that is open to other machines and there is no token."""
        if not token and not ip_address(socket[0]).is_loopback:
            raise ValueError(f'the admin door at "{socket[0]}" is open to other machines and has no token')
        self._source, self._socket = source, socket
        self._digest = _digest(token) if token else None
        self._doing: set[asyncio.Task[Any]] = set()
        self._thread = ThreadPoolExecutor(1, "admin")
        app = web.Application(middlewares=[self._guard], client_max_size=BODY)
        app.add_routes(self._routes())
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=1.0)
        self._server: asyncio.Server | None = None

    def _routes(self) -> list[web.RouteDef]:
        return [
            web.get("/healthz", self._healthz),
            web.get("/readyz", self._readyz),
            web.get("/metrics", self._metrics),
            web.get("/status", self._status),
            web.get("/status/schema", self._schema),
            web.get("/alerts", self._alerts),
            web.get("/overrides", self._overrides),
            web.post("/overrides", self._override),
            web.delete("/overrides", self._release),
            web.post("/drill", self._drill),
            web.post("/reload", self._reload),
        ]

    async def start(self) -> None:
        """Open; OSError when the address can't be had."""
        await self._runner.setup()
        manager = self._runner.server
        assert manager is not None
        host, port = self._socket
        try:
            self._server = await asyncio.get_running_loop().create_server(partial(Gate, manager), host, port)
        except OSError:
            await self.close()
            raise

    @property
    def address(self) -> Socket:
        """Where it stands."""
        assert self._server is not None
        host, port, *_ = self._server.sockets[0].getsockname()
        return host, port

    async def close(self) -> None:
        """Close, and finish what was begun."""
        if self._server is not None:
            self._server.close()
        await self._runner.cleanup()
        if self._doing:
            await asyncio.wait(self._doing)
        self._thread.shutdown(wait=False, cancel_futures=True)

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let in who may come in, turn every fault into words, and see the answer off."""
        response = self._refused(request) or await self._answered(request, handler)
        try:
            async with asyncio.timeout(PATIENCE):
                await response.prepare(request)
                await response.write_eof()
        except TimeoutError:
            if request.transport is not None:
                request.transport.abort()
        return response

    async def _answered(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except door.Refused as fault:
            return told(409, str(fault))
        except door.Misunderstood as fault:
            return told(400, str(fault))
        except web.HTTPException as fault:
            return told(fault.status, _wrong(request, fault))
        except Exception:
            log.exception("admin door: %s %s", request.method, request.path)
            return told(500, "something is wrong with the server; its log says what")

    def _refused(self, request: web.Request) -> web.Response | None:
        """Say no to who may not come in, whatever is asked for."""
        if self._digest is not None:
            scheme, _, token = request.headers.get("Authorization", "").partition(" ")
            if not hmac.compare_digest(_digest(token.strip()), self._digest) or scheme.lower() != "bearer":
                return told(401, "say the token: Authorization: Bearer TOKEN", {"WWW-Authenticate": "Bearer"})
        elif not _is_own(request.headers.get("Host")):
            return told(421, 'a door without a token goes by its IP address or "localhost"; no other name is let in')
        if request.method not in HARMLESS and request.content_type != "application/json":
            return told(415, "what changes something must be JSON: Content-Type: application/json")
        return None

    async def _healthz(self, _: web.Request) -> web.Response:
        return answer({"alive": True})

    async def _readyz(self, _: web.Request) -> web.Response:
        reason = self._source.ready()
        return answer({"ready": True}) if reason is None else told(503, reason)

    async def _metrics(self, _: web.Request) -> web.Response:
        body = await self._beside(self._source.measured().exposition)
        return web.Response(body=body, headers={**HEADERS, "Content-Type": CONTENT_TYPE})

    async def _status(self, request: web.Request) -> web.Response:
        query = door.queried(request.query.items(), door.StatusQuery)
        view = self._source.view()
        return await self._beside(lambda: answer(build(view, query, time())))

    async def _schema(self, _: web.Request) -> web.Response:
        return answer(schema())

    async def _alerts(self, request: web.Request) -> web.Response:
        found = await self._source.alerts(door.queried(request.query.items(), door.AlertQuery))
        return await self._beside(lambda: answer(found))

    async def _overrides(self, _: web.Request) -> web.Response:
        return answer(self._source.overrides())

    async def _override(self, request: web.Request) -> web.Response:
        asked = await _read(request, door.OverrideRequest)
        return answer(await self._finish(self._source.override(asked)))

    async def _release(self, request: web.Request) -> web.Response:
        asked = await _read(request, door.ReleaseRequest)
        return answer(await self._finish(self._source.release(asked)))

    async def _drill(self, request: web.Request) -> web.Response:
        return answer(await self._source.drill(await _read(request, door.DrillRequest)))

    async def _reload(self, request: web.Request) -> web.Response:
        asked = await _read(request, door.ReloadRequest)
        done = await self._finish(self._source.reload(asked))
        if done.is_taken:
            return answer(done)
        return answer(
            {"error": "the configuration was refused, and the one before it goes on", "faults": done.lines}, 409
        )

    async def _finish(self, doing: Coroutine[Any, Any, T]) -> T:
        """Have something done to its end, though who asked for it may go."""
        task = asyncio.get_running_loop().create_task(doing)
        self._doing.add(task)
        task.add_done_callback(self._doing.discard)
        return await asyncio.shield(task)

    async def _beside(self, work: Callable[[], T]) -> T:
        """Work in a thread, from values that don't change, one piece after another."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


async def _read(request: web.Request, kind: type[R]) -> R:
    try:
        async with asyncio.timeout(PATIENCE):
            body = await request.read()
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    return door.decoded(body, kind)


def _wrong(request: web.Request, fault: web.HTTPException) -> str:
    if fault.status == 404:
        known = sorted({resource.canonical for resource in request.app.router.resources()})
        return f"there is no such path; there is {', '.join(known)}"
    if fault.status == 405:
        return f"{request.path} does not take {request.method}; it takes {fault.headers.get('Allow', 'nothing')}"
    if fault.status == 413:
        return f"the request is longer than {BODY} octets"
    return fault.reason


def _digest(token: str) -> bytes:
    return sha256(token.encode("utf-8", "surrogateescape")).digest()


def _is_own(host: str | None) -> bool:
    """Tell whether a ``Host`` is an IP address or ``localhost``: any other name may have been rebound to this machine.

    None is fine: every browser says one, and a load balancer's check over HTTP/1.0 does not.
    """
    if host is None:
        return True
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or bool(ip_address(name))
    except ValueError:
        return False
