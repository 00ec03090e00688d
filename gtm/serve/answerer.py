"""Who answers: an engine behind sockets. It needs nobody else; what changes in the world is told to it."""

import asyncio
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Final

from gtm.chain.chain import Chain, Service
from gtm.chain.splice import Note
from gtm.chain.trace import CAUGHT, PluginError, raised
from gtm.chain.word import Answered
from gtm.config.loaded import Limits
from gtm.engine import NOTED, Engine
from gtm.health.table import State
from gtm.serve import udp
from gtm.serve.doors import Door
from gtm.serve.report import Reporter
from gtm.serve.tcp import Stream, Streams
from gtm.tally import Tally

SHOWN: Final = 0.2
"""Seconds between two looks of the observers."""


class Answerer:
    """Answers over the sockets that it is given; ``place`` says which of a door's pairs are its own."""

    def __init__(self, service: Service, state: State, limits: Limits | None = None, place: int = 0) -> None:
        """Be ready to answer from a service in a state."""
        self.report = Reporter()
        self.engine = Engine(service, Random(), self.report)  # noqa: S311  shares, not secrets
        self.engine.learn(state)
        self._place = place
        self._streams = Streams(lambda: self.engine.answer, time.time, limits or Limits(), self._took)
        self._servers: dict[Door, asyncio.Server] = {}
        self._tally = Tally()
        self._told = (0, 0)
        self._lost = 0
        self._faults: dict[tuple[str, str], int] = {}
        self._thread = ThreadPoolExecutor(1, "observers")
        self._showing: asyncio.Future[None] | None = None

    async def listen(self, doors: list[Door]) -> None:
        """Answer at these doors and at no others; connections that are open stay."""
        loop = asyncio.get_running_loop()
        for door in doors:
            if door not in self._servers:
                datagrams, listener = door.pairs[self._place]
                server = await loop.create_server(lambda: Stream(self._streams), sock=listener.dup())
                self._servers[door] = server
                loop.add_reader(datagrams, self._drain, datagrams)
        for door in self._servers.keys() - set(doors):
            self._leave(door)

    def _leave(self, door: Door) -> None:
        asyncio.get_running_loop().remove_reader(door.pairs[self._place][0])
        self._servers.pop(door).close()

    def _drain(self, datagrams: socket.socket) -> None:
        begun = time.perf_counter()
        count = udp.drain(datagrams, self.engine.answer, time.time())
        if count:
            self._took(time.perf_counter() - begun, count)

    def _took(self, seconds: float, count: int) -> None:
        """Count how long the queries took that were read at once: each from the reading to the last reply."""
        self._tally.took(seconds, count)

    def sweep(self) -> None:
        """Close connections that outstayed a limit. Once a second will do."""
        self._streams.sweep(asyncio.get_running_loop().time())

    def leave(self) -> None:
        """Answer no new peers; open connections go on."""
        for door in list(self._servers):
            self._leave(door)

    def close(self) -> None:
        """Stop at once."""
        self.leave()
        self._streams.close()
        self._thread.shutdown(wait=False, cancel_futures=True)

    @property
    def open(self) -> int:
        """How many connections there are."""
        return len(self._streams)

    def tally(self) -> Tally:
        """Give what was counted since the last time."""
        found, self._tally = self._tally, Tally()
        found.queries = self.engine.counts.take()
        asked = sum(one[-1] for one in found.queries if one[0])
        walks, dropped = self.engine.walks - self._told[0], self.engine.dropped - self._told[1]
        found.walks, found.dropped, found.hits = walks, dropped, max(0, asked - walks)
        found.lost, self._lost = self._lost, 0
        self._told = (self.engine.walks, self.engine.dropped)
        for key, count in self.report.counts.items():
            if count != self._faults.get(key, 0):
                found.faults.append((*key, count - self._faults.get(key, 0)))
                self._faults[key] = count
        return found

    def show(self) -> None:
        """Show the observers what was answered, in a thread of their own, unless they still look at what came before."""
        if self._showing is not None and not self._showing.done():
            return
        batches = []
        for zone, book in self.engine.books.items():
            if book:
                self._lost += len(book) == NOTED
                batches.append((self.engine.service.chains[zone], tuple(book)))
                book.clear()
        if batches:
            loop = asyncio.get_running_loop()
            self._showing = loop.run_in_executor(self._thread, self._shown, batches)

    def _shown(self, batches: list[tuple[Chain, tuple[Note, ...]]]) -> None:
        for chain, notes in batches:
            batch = tuple(answered(note) for note in notes)
            for plugin, observe in chain.observe:
                try:
                    observe(batch)
                except CAUGHT as fault:
                    self.report(PluginError(plugin, "observe", raised(fault)), None)


def answered(note: Note) -> Answered:
    """Tell an observer of an answer."""
    moment, peer, client, stream, hit, octets, why = note
    assert why is not None
    network = f"{client.address}/{client.prefix}" if client else peer
    return Answered(moment, peer, network, "tcp" if stream else "udp", why[0], why[1], hit, octets, why[2])
