"""From the host name of a target to the IP address that is probed, and none in a network in which nothing is probed.

Every probe looks its name up anew, once, and connects to what was allowed: there is no second lookup in between. Nothing is
cached, for the resolver does that, and an address that the name has left is not to be probed on. Equal lookups that are
under way at the same time are one.
"""

import asyncio
import errno
import socket
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from ipaddress import ip_address
from threading import Thread
from typing import Final

import dns.asyncresolver
import dns.exception
import dns.resolver

from gtm.chain.plugin import Networks
from gtm.model.member import Kind
from gtm.model.within import within
from gtm.model.wrong import wrong

_AT_ONCE: Final = 32
"""Threads that wait for the system's resolver: one that hangs must not take them all, nor be many."""
_WAITING: Final = 2000
"""Lookups under way: where redirects lead is said by others, and must not fill the memory."""
_KNOWN: Final = 100_000
"""IP addresses that are known to be allowed: most targets are, and are asked for every time."""
_PATIENCE: Final = 10.0
"""Seconds for which a name server is asked; who waits for the answer gives up by a time-out of their own."""
_FAMILIES: Final = {Kind.IPV4: socket.AF_INET, Kind.IPV6: socket.AF_INET6}
_TYPES: Final = {Kind.IPV4: "A", Kind.IPV6: "AAAA"}

Resolver = tuple[str, int]
_Key = tuple[str, Kind, Resolver | None]
_Found = Sequence[str]


class Lookup:
    """Looks host names up, and refuses what lies in a network that is denied."""

    def __init__(self, deny: Networks) -> None:
        """Deny these networks."""
        self.forbid(deny)
        self._under_way: dict[_Key, asyncio.Task[_Found]] = {}
        self._slots = asyncio.Semaphore(_AT_ONCE)

    def forbid(self, deny: Networks) -> None:
        """Deny these networks from now on, and no others."""
        self._deny = deny
        self._passed: set[str] = set()

    async def find(self, name: str, family: Kind, resolver: Resolver | None, timeout: float) -> str:  # noqa: ASYNC109  it is part of the reason
        """Give the address of a host name, or an IP address itself, whatever its family; OSError says why there is none.

        ``resolver`` is a name server's address and port, None the system's own. Where one of several addresses is denied
        so is the name, lest the order in which they come decides. ``timeout`` is in seconds.
        """
        if name in self._passed:
            return name
        if _is_address(name):
            self._allowed((name,))
            if len(self._passed) < _KNOWN:
                self._passed.add(name)
            return name
        task = self._shared(name, family, resolver)
        done, _ = await asyncio.wait({task}, timeout=timeout)
        if not done:
            asked = "the system's resolver" if resolver is None else f"the resolver {resolver[0]}"
            raise OSError(f"{asked} did not answer for {name} within {timeout:.3g} s")
        return self._allowed(task.result())

    def _shared(self, name: str, family: Kind, resolver: Resolver | None) -> asyncio.Task[_Found]:
        """Begin a lookup, or join the same one that is under way; it goes on when nobody waits for it any more."""
        key = (name, family, resolver)
        task = self._under_way.get(key)
        if task is None:
            if len(self._under_way) >= _WAITING:
                raise OSError(f"{_WAITING} lookups wait for their resolvers; {name} is not looked up")
            asked = self._system(name, family) if resolver is None else _stub(name, family, resolver)
            task = self._under_way[key] = asyncio.create_task(_worded(f"{family.value} address for {name}", asked))
            task.add_done_callback(lambda ended: self._ended(key, ended))
        return task

    def _ended(self, key: _Key, task: asyncio.Task[_Found]) -> None:
        del self._under_way[key]
        if not task.cancelled():
            task.exception()  # so that it counts as seen where nobody waits any more

    def _allowed(self, found: Sequence[str]) -> str:
        for address in found:
            network = within(address, self._deny)
            if network is not None:
                raise OSError(f"{address} lies in {network}, in which nothing is probed (probe_deny)")
        return found[0]

    async def _system(self, name: str, family: Kind) -> _Found:
        """Ask the system's resolver in a thread that nobody waits for when the process ends: it may hang for long."""
        async with self._slots:
            loop = asyncio.get_running_loop()
            answer: asyncio.Future[_Found] = loop.create_future()

            def ask() -> None:
                told: _Found | Exception
                try:
                    found = socket.getaddrinfo(name, None, _FAMILIES[family], socket.SOCK_STREAM)
                    told = [str(address[0]) for *_, address in found]
                except (OSError, ValueError) as fault:  # the name can't even be asked for
                    told = fault
                with suppress(RuntimeError):  # the loop is closed: nobody wants to know
                    loop.call_soon_threadsafe(_tell, answer, told)

            Thread(target=ask, name=f"lookup {name}", daemon=True).start()
            return await answer


def _tell(answer: asyncio.Future[_Found], told: _Found | Exception) -> None:
    if answer.done():
        return
    if isinstance(told, Exception):
        answer.set_exception(told)
    else:
        answer.set_result(told)


async def _stub(name: str, family: Kind, resolver: Resolver) -> _Found:
    """Ask a name server, over TCP where a datagram has no room for the answer."""
    asking = dns.asyncresolver.Resolver(configure=False)
    asking.nameservers, asking.port, asking.lifetime = [resolver[0]], resolver[1], _PATIENCE
    answer = await asking.resolve(f"{name.rstrip('.')}.", _TYPES[family], search=False)
    return [data.address for data in answer]


async def _worded(wanted: str, asked: Coroutine[None, None, _Found]) -> _Found:
    """Turn the faults of resolvers into an OSError in words; ``wanted`` is what is looked up."""
    try:
        found = await asked
    except socket.gaierror as fault:
        said = ": the system's resolver has no answer just now" if fault.errno == socket.EAI_AGAIN else ""
        raise OSError(f"no {wanted}{said}") from fault
    except dns.resolver.NXDOMAIN as fault:
        raise OSError(f"no {wanted}: there is no such name") from fault
    except dns.resolver.NoAnswer as fault:
        raise OSError(f"no {wanted}") from fault
    except dns.resolver.NoNameservers as fault:
        raise OSError(f"no {wanted}: the resolver answered {fault.kwargs['errors'][-1][3]}") from fault
    except dns.exception.DNSException as fault:
        raise OSError(f"no {wanted}: {wrong(fault)}") from fault
    except ValueError as fault:
        raise OSError(f"no {wanted}: that is no host name") from fault
    except RuntimeError as fault:  # no thread is left to ask by
        raise OSError(errno.EAGAIN, str(fault)) from fault
    if not found:
        raise OSError(f"no {wanted}")
    return found


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
