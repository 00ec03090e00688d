"""Whether a web server answers as it should (R-94 to R-96): ``http``, and ``https`` on top of it."""

import asyncio
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from gtm import Observation, Options, Plugin, PluginFault, Setup, Target, hookimpl, is_ours

from .progress import Progress
from .request import checked, host, path
from .search import Search, compiled
from .site import HTTP, HTTPS
from .statuses import Statuses, below, listed
from .trust import Trust, trusting
from .visit import Plan, Visit

Text = Annotated[str, Meta(min_length=1, max_length=200)]


class HttpOptions(Options, frozen=True):
    """What to ask, and which answers are well. ``code`` is the first status that fails, or, where ``strict``, the last that passes."""

    path: str = "/"
    host: str | None = None
    method: Literal["GET", "HEAD", "POST", "OPTIONS"] = "GET"
    headers: dict[str, str] | None = None
    code: Annotated[int, Meta(ge=100, le=599)] = 500
    strict: bool = False
    status: tuple[int | str, ...] | None = None
    follow_redirects: bool = True
    body: Text | None = None
    body_regex: Text | None = None
    body_limit: Annotated[int, Meta(ge=1, le=1048576)] = 65536


class HttpsOptions(HttpOptions, frozen=True):
    """How TLS is spoken; certificates are trusted unseen unless ``verify`` (AMB-22), but their end is told of beforehand."""

    sni: bool = True
    verify: bool = False
    ca_file: str | None = None
    warn_days: Annotated[int, Meta(ge=0, le=3650)] = 14


class Http(Plugin):
    """Asks once, over a fresh connection, and follows redirects."""

    name = "http"
    Options = HttpOptions
    port = 80
    at_once = 500  # a TLS probe holds about 40 kB
    scheme: ClassVar[str] = HTTP

    def __init__(self, options: HttpOptions, setup: Setup) -> None:
        """Check every option."""
        super().__init__(options, setup)
        self._plan = Plan(
            scheme=self.scheme,
            method=options.method,
            path=path(options.path),
            host=options.host,
            name=host(options.host),
            headers=checked(options.headers or {}),
            statuses=_statuses(options),
            follow=options.follow_redirects,
            search=_search(options),
            trust=self._trust(options, setup),
        )

    def _trust(self, options: HttpOptions, setup: Setup) -> Trust:  # noqa: ARG002 -- https needs them
        """Say how TLS is spoken where a redirect leads to it."""
        return trusting(setup, sni=True, warn_days=0)

    @hookimpl
    async def probe(self, target: Target) -> Observation:
        """Try once, redirects included, within the target's time-out."""
        progress = Progress(asyncio.get_running_loop().time)
        visit = Visit(self._plan, target, progress, time.time)
        limit = asyncio.timeout(target.timeout)
        try:
            async with limit:
                return progress.observed(await visit.run(), is_well=True)
        except OSError as fault:
            if is_ours(fault):
                raise
            late = limit.expired()
            reason = progress.late(target.timeout) if late else progress.broken(fault, visit.address)
            return progress.observed(reason + visit.where, is_well=False)


class Https(Http):
    """The same over TLS."""

    name = "https"
    Options = HttpsOptions
    port = 443
    scheme = HTTPS

    def __init__(self, options: HttpsOptions, setup: Setup) -> None:
        """Read the file of authorities."""
        self._files = () if options.ca_file is None else (setup.folder / options.ca_file,)
        super().__init__(options, setup)

    def _trust(self, options: HttpOptions, setup: Setup) -> Trust:
        assert isinstance(options, HttpsOptions)
        if options.ca_file is not None and not options.verify:
            raise PluginFault("ca_file has no effect while verify is false; set verify = true")
        if options.verify and not options.sni:
            raise PluginFault("verify needs sni = true: the name that is asked for is the one to verify")
        file = self._files[0] if self._files else None
        return trusting(setup, sni=options.sni, warn_days=options.warn_days, verify=options.verify, file=file)

    def files(self) -> Collection[Path]:
        """Give the file of authorities."""
        return self._files


def _statuses(options: HttpOptions) -> Statuses:
    if options.status is None:
        return below(options.code, strict=options.strict)
    if not options.status:
        raise PluginFault('status is empty; name what passes, as in status = ["200-299"]')
    if options.strict or options.code != HttpOptions().code:
        raise PluginFault("status and code contradict each other; leave one of them out")
    return listed(options.status)


def _search(options: HttpOptions) -> Callable[[], Search] | None:
    shown = options.body or options.body_regex
    if shown is None:
        return None
    if options.body and options.body_regex:
        raise PluginFault("body and body_regex are two ways to say what the body must hold; leave one of them out")
    if options.method == "HEAD":
        raise PluginFault('method "HEAD" brings no body to search; take "GET"')
    keyword = (options.body or "").encode()
    matches = compiled(options.body_regex) if options.body_regex else None
    return lambda: Search(keyword, matches, shown, options.body_limit)
