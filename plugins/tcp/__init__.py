"""Whether a port takes connections (R-93)."""

import asyncio
from typing import Annotated

from msgspec import Meta

from gtm import Observation, Options, Plugin, PluginFault, Setup, Target, hookimpl, is_ours, wrong

from .contact import connect, converse, quoted, reset


class TcpOptions(Options, frozen=True):
    """What to say, and what must be heard within the first 4096 octets; nothing where they are left out."""

    send: Annotated[str, Meta(min_length=1, max_length=4096)] | None = None
    expect: Annotated[str, Meta(min_length=1, max_length=200)] | None = None


class Tcp(Plugin):
    """Connects, hears what is expected if anything is, and hangs up."""

    name = "tcp"
    Options = TcpOptions
    at_once = 1000

    def __init__(self, options: TcpOptions, setup: Setup) -> None:
        """Take what to say and hear."""
        super().__init__(options, setup)
        if options.send is not None and options.expect is None:
            raise PluginFault('send has no effect without expect; say what must come back, as in expect = "PONG"')
        self._send = (options.send or "").encode()
        self._expect = options.expect

    @hookimpl
    async def probe(self, target: Target) -> Observation:
        """Try once, over a fresh connection."""
        clock = asyncio.get_running_loop().time
        began = clock()
        parts: list[tuple[str, float]] = []
        fault = ""
        try:
            async with asyncio.timeout(target.timeout) as limit:
                connection = await connect(target.address, target.port)
                try:
                    parts.append(("connect", clock() - began))
                    if self._expect is not None:
                        await converse(connection, self._send, self._expect)
                        parts.append(("answer", clock() - began - parts[0][1]))
                finally:
                    reset(connection)
        except OSError as error:
            if is_ours(error):
                raise
            fault = self._late(target, parts) if limit.expired() else wrong(error, target.address)
        return Observation(not fault, fault or self._praise(), clock() - began, tuple(parts))

    def _late(self, target: Target, parts: list[tuple[str, float]]) -> str:
        where = f"waiting for {quoted(self._expect)}" if parts and self._expect else "in connect"
        return f"timed out after {target.timeout:.3g} s {where}"

    def _praise(self) -> str:
        return "connected" if self._expect is None else f"said {quoted(self._expect)}"
