"""A question to a name server: whether it gives the answer that is expected of it."""

import asyncio
from time import monotonic
from typing import Literal

from gtm import Observation, Options, Plugin, PluginFault, Setup, Target, hookimpl, is_ours, wrong

from .exchange import Exchange
from .question import parse


class DnsOptions(Options, frozen=True):
    """``ask`` is a name and a type; ``expect`` is record data in the form of master files."""

    ask: str
    expect: tuple[str, ...] = ()
    rcode: str = "NOERROR"
    transport: Literal["udp", "tcp"] = "udp"


class Dns(Plugin):
    """Asks a server a question and compares the answer."""

    name = "dns"
    Options = DnsOptions
    port = 53
    at_once = 500

    def __init__(self, options: DnsOptions, setup: Setup) -> None:
        """Read the question and what is expected."""
        super().__init__(options, setup)
        self._by_tcp = options.transport == "tcp"
        try:
            self._expected = parse(options.ask, options.expect, options.rcode)
        except ValueError as fault:
            raise PluginFault(str(fault)) from fault

    @hookimpl
    async def probe(self, target: Target) -> Observation:
        """Ask once; a reply that is none to this question is passed over until the time is up."""
        began = monotonic()
        exchange = Exchange(self._expected.query(), target.address, target.port)
        limit = asyncio.timeout(target.timeout)
        try:
            async with limit:
                reply = await exchange.ask(by_tcp=self._by_tcp)
        except OSError as fault:
            if is_ours(fault):
                raise
            late = f"timed out after {target.timeout:.3g} s {exchange.where}"
            said = late if limit.expired() else wrong(fault, target.address) + exchange.way
            return Observation(False, said, monotonic() - began)
        said = self._expected.fault(reply)
        return Observation(not said, said or "answered as expected", monotonic() - began)
