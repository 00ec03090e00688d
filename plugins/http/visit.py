"""One probe on its way: connect, ask, judge, and follow redirects."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import h11

from gtm import Target, wrong

from .certificate import doubt, read, refusal
from .exchange import Exchange
from .progress import CONNECT, LOOKUP, TLS, Failed, Progress
from .search import Search
from .site import Site, is_address
from .statuses import Statuses
from .trust import Trust
from .wire import Plain, Secure, Wire, dial

MOST_REDIRECTS: Final = 5
_LONGEST: Final = 60
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a template says, checked. ``host`` is what stands in ``Host:`` and ``name`` the host in it; the target's where None."""

    scheme: str
    method: str
    path: str
    host: str | None
    name: str | None
    headers: tuple[tuple[str, str], ...]
    statuses: Statuses
    follow: bool
    search: Callable[[], Search] | None
    trust: Trust


class Visit:
    """A probe of one target. ``now`` gives the seconds since 1970, for certificates."""

    def __init__(self, plan: Plan, target: Target, progress: Progress, now: Callable[[], float]) -> None:
        """Stand before the first door."""
        self._plan = plan
        self._target = target
        self._progress = progress
        self._now = now
        self._method = plan.method
        self._site = self._first = Site(plan.scheme, plan.name or target.name, target.port, plan.path)
        self.address = target.address
        self.where = ""
        """Where the probe was led, to be told with what was not well there."""
        self._redirects = 0

    async def run(self) -> str:
        """Say what was well; Failed, or another OSError, for what was not."""
        seen: set[tuple[str, Site]] = set()
        while (self._method, self._site) not in seen and self._redirects <= MOST_REDIRECTS:
            seen.add((self._method, self._site))
            response, site = await self._ask()
            if site is None:
                return f"status {response.status_code}{self._after()}"
            self._redirects += 1
            self.where = f" at {site.scheme}://{site.authority[:_LONGEST]},{self._after()}"
            self.address = await self._find(site.host)
            if response.status_code == 303 or (self._method == "POST" and response.status_code in (301, 302)):
                self._method = "HEAD" if self._method == "HEAD" else "GET"
            self._site = site
        self.where = ""
        raise Failed(
            "redirects in a loop" if self._redirects <= MOST_REDIRECTS else f"more than {MOST_REDIRECTS} redirects"
        )

    async def _find(self, host: str) -> str:
        """Find the address of a redirect's host. The host that is probed stays where it is probed."""
        if host in (self._first.host.lower(), self._target.address):
            return self._target.address
        if host in (self._site.host, self.address):
            return self.address
        self._progress.enter(LOOKUP)
        return await self._target.lookup(host)

    async def _ask(self) -> tuple[h11.Response, Site | None]:
        """Ask the present site; where it redirects, give the next."""
        plan = self._plan
        self._progress.enter(CONNECT)
        connection = await dial(self.address, self._site.port)
        try:
            plain = Plain(connection)
            wire: Wire = await self._secured(plain) if self._site.is_secure else plain
            exchange = Exchange(wire, self._progress)
            response = await exchange.head(self._request())
            status = response.status_code
            location = next((value for name, value in response.headers if name == b"location"), None)
            accepted = status in plan.statuses
            if plan.follow and status in _REDIRECTS and location is not None and not (accepted and plan.statuses.named):
                return response, self._site.following(location)
            if not accepted:
                raise Failed(f"status {status}")
            if plan.search is not None:
                await _sought(exchange, plan.search(), response)
            return response, None
        finally:
            connection.close()

    def _request(self) -> h11.Request:
        site, first = self._site, self._first
        host = self._plan.host if site is first and self._plan.host else site.authority
        headers = [("Host", host), ("Connection", "close"), ("Accept-Encoding", "identity")]
        if site.host.lower() == first.host.lower() and (site.is_secure or not first.is_secure):
            headers += self._plan.headers  # they may hold secrets, which are no other host's business
        names = {name.lower() for name, _ in headers}
        usual = (
            ("User-Agent", "gtm"),
            ("Accept", "*/*"),
            *((("Content-Length", "0"),) if self._method == "POST" else ()),
        )
        headers += [header for header in usual if header[0].lower() not in names]
        return h11.Request(method=self._method, target=site.path, headers=headers)

    async def _secured(self, plain: Plain) -> Secure:
        self._progress.enter(TLS)
        trust = self._plan.trust
        try:
            wire = await self._shaken(plain, trust.context)
        except ssl.SSLCertVerificationError as fault:
            self._progress.likely = wrong(fault)
            raise Failed(await self._refusal(fault)) from fault
        if trust.warn_days:
            self._progress.warning = self._progress.warning or doubt(
                read(wire.certificate()), self._now(), trust.warn_days
            )
        return wire

    async def _shaken(self, plain: Plain, context: ssl.SSLContext) -> Secure:
        host = self._site.host.rstrip(".")
        named = self._plan.trust.sni and not is_address(host)
        try:
            wire = Secure(plain, context, host if named or context.check_hostname else None)
        except ValueError as fault:
            raise Failed(f'"{host}" is no name for TLS') from fault
        await wire.shake()
        return wire

    async def _refusal(self, fault: ssl.SSLCertVerificationError) -> str:
        """Look again, trusting everybody, for the certificate: OpenSSL keeps none that it does not trust."""
        try:
            connection = await dial(self.address, self._site.port)
            try:
                wire = await self._shaken(Plain(connection), self._plan.trust.looking)
                return refusal(read(wire.certificate()), fault, self._now())
            finally:
                connection.close()
        except OSError:
            return wrong(fault)

    def _after(self) -> str:
        return f" after {self._redirects} redirect{'s' if self._redirects > 1 else ''}" if self._redirects else ""


async def _sought(exchange: Exchange, search: Search, response: h11.Response) -> None:
    """Search the body; who lacks something in octets that were packed is told so."""
    try:
        await exchange.body(search)
    except Failed as fault:
        packed = next((value for name, value in response.headers if name == b"content-encoding"), b"identity")
        if packed == b"identity":
            raise
        raise Failed(f"{fault}; it is packed by {packed[:20].decode('ascii', 'replace')}, unasked") from fault
