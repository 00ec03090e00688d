"""Two ways to send a round of packets: with sockets of our own, and with aioping, which is somebody else's and GPL-2.0."""

import asyncio
import errno
import os
import socket
import struct
from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Final

from gtm import is_ours, wrong

from .loss import Round
from .sockets import Flight, Sockets, opened

Backend = Callable[[str, int, float, float], Awaitable[Round]]
"""Sends so many packets to an address, so many seconds apart, and waits for so many seconds in all.

OSError where this machine sends none of them.
"""
MOST: Final = 100
"""Packets that aioping may have under way: as root it loses replies when they are more than about 128."""
_PAUSE: Final = 0.01


class Own:
    """Pings with shared sockets of our own."""

    def __init__(self, sockets: Sockets) -> None:
        """Send through these sockets."""
        self._sockets = sockets

    async def __call__(self, address: str, packets: int, gap: float, seconds: float) -> Round:
        """Send a round; packets for which there was no room are not counted, for nobody could answer them."""
        sent = 0
        with self._sockets.using(_family(address)) as shared:
            flight = Flight(address, packets)
            try:
                async with asyncio.timeout(seconds):
                    for number in range(packets):
                        await asyncio.sleep(gap if number else 0)
                        while not shared.send(flight):  # noqa: ASYNC110  no event tells that there is room
                            await asyncio.sleep(_PAUSE)
                        sent += 1
                    await flight.over
            except TimeoutError:
                pass  # what has not come by now is lost
            finally:
                shared.forget(flight)
        if not sent:
            raise OSError(errno.ENOBUFS, os.strerror(errno.ENOBUFS))
        return Round(sent, flight.times, flight.faults)


class Aioping:
    """Pings with aioping, one socket for each packet."""

    def __init__(self) -> None:
        """Find the library; ImportError when it is not installed."""
        self._ping: Callable[..., Awaitable[float]] = import_module("aioping").ping
        self._slots = asyncio.Semaphore(MOST)

    async def __call__(self, address: str, packets: int, gap: float, seconds: float) -> Round:
        """Send a round."""
        opened(_family(address)).close()  # what is not permitted is told as with sockets of our own
        until = asyncio.get_running_loop().time() + seconds
        tried = [self._one(address, number * gap, until) for number in range(packets)]
        found = await asyncio.gather(*tried)
        ours = next((result for result in found if isinstance(result, OSError)), None)
        if ours is not None:
            raise ours
        times = [result for result in found if isinstance(result, float)]
        return Round(packets, times, [result for result in found if isinstance(result, str) and result])

    async def _one(self, address: str, wait: float, until: float) -> float | str | OSError:
        """Send one packet: the seconds until its reply, or why there is none; an empty text when nothing came."""
        await asyncio.sleep(wait)
        async with self._slots:
            left = until - asyncio.get_running_loop().time()
            if left <= 0:
                return ""
            try:
                return await self._ping(address, timeout=left, family=_family(address))
            except TimeoutError:
                return ""
            except OSError as fault:
                return fault if is_ours(fault) else wrong(fault, address)
            except struct.error:  # aioping takes whatever a raw socket hears for a whole message
                return "a damaged packet came"


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET
