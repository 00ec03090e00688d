"""How far a probe came, how long each of its steps took, and why it failed."""

from collections.abc import Callable
from types import MappingProxyType
from typing import Final

from gtm import Observation, wrong

LOOKUP: Final = "lookup"
CONNECT: Final = "connect"
TLS: Final = "tls"
FIRST_BYTE: Final = "first_byte"
HEADERS: Final = "headers"
BODY: Final = "body"
_WHERE: Final = MappingProxyType({
    LOOKUP: "in looking up the host of a redirect",
    CONNECT: "in connect",
    TLS: "in TLS",
    FIRST_BYTE: "waiting for the first byte",
    HEADERS: "in the headers",
    BODY: "in the body",
})  # fmt: skip


class Failed(OSError):  # as OSError, it is shown in its own words by ``wrong``
    """What a probe saw that is not well, in words."""


class Progress:
    """The steps of one probe. Steps that come again, as after a redirect, are summed up."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Begin now, by a clock that counts seconds."""
        self.likely = ""
        """The reason to give if time ends while more is being found out about it."""
        self.warning = ""
        self._clock = clock
        self._began = self._since = clock()
        self._step = CONNECT
        self._seconds: dict[str, float] = {}

    def enter(self, step: str) -> None:
        """End the present step and begin another."""
        now = self._clock()
        self._seconds[self._step] = self._seconds.get(self._step, 0.0) + now - self._since
        self._step, self._since = step, now

    def late(self, timeout: float) -> str:
        """Say in which step the time ended."""
        return self.likely or f"timed out after {timeout:.3g} s {_WHERE[self._step]}"

    def broken(self, fault: OSError, address: str) -> str:
        """Say what went wrong with an address, and in which step where a connection broke."""
        where = f" {_WHERE[self._step]}" if isinstance(fault, ConnectionResetError | BrokenPipeError) else ""
        return wrong(fault, address) + where

    def observed(self, reason: str, *, is_well: bool) -> Observation:
        """End the last step, and say what was seen."""
        self.enter("")
        warning = wrong(Failed(self.warning)) if self.warning and is_well else ""
        seconds = self._clock() - self._began
        return Observation(is_well, reason, seconds, tuple(self._seconds.items()), warning)
