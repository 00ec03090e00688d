"""Echo requests: whether enough of a round of packets come back in time (R-91, R-92, AMB-5, AMB-21)."""

import socket
from time import monotonic
from typing import Annotated, Literal

from msgspec import Meta

from gtm import Observation, Options, Plugin, PluginFault, Setup, Target, hookimpl, is_ours, wrong

from .backend import Aioping, Backend, Own
from .loss import observed
from .sockets import Sockets, opened


class PingOptions(Options, frozen=True):
    """``packets`` in a round, ``gap`` seconds apart; ``loss`` is the percentage of them that fails it."""

    packets: Annotated[int, Meta(ge=1, le=100)] = 5
    loss: Annotated[int, Meta(ge=1, le=100)] = 80
    gap: Annotated[float, Meta(ge=0, le=10)] = 0.05
    backend: Literal["own", "aioping"] = "own"


class Ping(Plugin):
    """Sends a round of ICMP echo requests."""

    name = "ping"
    Options = PingOptions
    port = 0
    has_port = False
    at_once = 1000

    def __init__(self, options: PingOptions, setup: Setup) -> None:
        """Look whether this process may ping at all."""
        super().__init__(options, setup)
        self._options = options
        _permitted()
        self._backend = _chosen(options.backend, setup)

    @hookimpl
    async def probe(self, target: Target) -> Observation:
        """Send a round; all of it lies within the target's time-out, and the last packet has half of that to come back."""
        options = self._options
        began = monotonic()
        gap = min(options.gap, target.timeout / 2 / options.packets)
        try:
            found = await self._backend(target.address, options.packets, gap, target.timeout)
        except OSError as fault:
            # whom this machine lets send nothing has seen nothing: who became another user after the load, for one
            is_blind = isinstance(fault, PermissionError) or is_ours(fault)
            return Observation(None if is_blind else False, wrong(fault), monotonic() - began)
        return observed(found, options.loss, monotonic() - began)


def _permitted() -> None:
    refused = []
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            opened(family).close()
        except OSError as fault:
            refused.append(fault)
    denied = next((fault for fault in refused if isinstance(fault, PermissionError)), None)
    if len(refused) == 2 and denied is not None:
        raise PluginFault(str(denied)) from denied


def _chosen(backend: str, setup: Setup) -> Backend:
    if backend == "own":
        return Own(setup.once(Sockets, Sockets))
    try:
        return setup.once(Aioping, Aioping)
    except ImportError as fault:
        raise PluginFault('backend "aioping" is not installed; run "pip install aioping", or take "own"') from fault
