"""Who answers: an engine behind sockets. It needs nobody else; what changes in the world is told to it."""

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from random import Random
from secrets import token_bytes
from typing import Final

from gtm.chain.chain import Chain, Service
from gtm.chain.splice import Note
from gtm.chain.trace import CAUGHT, PluginError, raised
from gtm.chain.word import Answered
from gtm.config.loaded import Limits, Server
from gtm.dns import name
from gtm.engine import Engine
from gtm.health.table import State
from gtm.serve.doors import Door
from gtm.serve.listener import Listener
from gtm.serve.proxy import Listed
from gtm.serve.report import Reporter
from gtm.serve.streams import Streams
from gtm.serve.udp import Datagrams
from gtm.tally import Tally

log = logging.getLogger("gtm")
SHOWN: Final = 0.2
"""Seconds between two looks of the observers."""
LAST: Final = 0.5
"""Seconds that observers are given for a last look, twice at most."""
SECOND: Final = 5
"""So many of them make a second."""


class Answerer:
    """Answers over the sockets that it is given; ``place`` says which of a door's pairs are its own."""

    def __init__(
        self, service: Service, state: State, server: Server | None = None, place: int = 0, master: bytes = b""
    ) -> None:
        """Be ready to answer from a service in a state; ``master`` is what cookies are made with where no secrets are given."""
        self.report = Reporter()
        self.engine = Engine(service, Random(), self.report)  # noqa: S311  shares, not secrets
        self.engine.learn(state)
        self._place = place
        self._master = master or token_bytes(32)
        self._streams = Streams(
            lambda: self.engine.answer, time.time, server.limits if server else Limits(), self._took
        )
        self._listed = Listed()
        self._open: dict[Door, tuple[Datagrams, Listener]] = {}
        if server is not None:
            self.behave(server)
        self._tally = Tally()
        self._told = (0, 0, 0)
        self._noted = self._seen = 0
        self._faults: dict[tuple[str, str], int] = {}
        self._thread = ThreadPoolExecutor(1, "observers")
        self._showing: asyncio.Future[None] | None = None

    def behave(self, server: Server) -> None:
        """Behave like this from now on."""
        self.engine.behave(server.conduct, self._master)
        self._listed = self._streams.listed = Listed(server.proxy)
        self._streams.limits = server.limits
        for datagrams, _ in self._open.values():
            datagrams.listed = self._listed

    async def listen(self, doors: list[Door]) -> None:
        """Answer at these doors and at no others; connections that are open stay."""
        loop = asyncio.get_running_loop()
        for door in doors:
            if door not in self._open:
                opened, listening = door.pairs[self._place]
                datagrams = Datagrams(opened, self._listed, counts=not (door.is_one and self._place))
                loop.add_reader(opened, self._drain, datagrams)
                self._open[door] = datagrams, Listener(listening, self._streams)
        for door in self._open.keys() - set(doors):
            self._leave(door)

    def _leave(self, door: Door) -> None:
        asyncio.get_running_loop().remove_reader(door.pairs[self._place][0])
        _, listener = self._open.pop(door)
        listener.close()

    def _drain(self, datagrams: Datagrams) -> None:
        begun = time.perf_counter()
        count = datagrams.drain(self.engine.answer, time.time())
        if count:
            self._took(time.perf_counter() - begun, count)

    def _took(self, seconds: float, count: int) -> None:
        """Count how long the queries took that were read at once: each from the reading to the last reply."""
        self._tally.took(seconds, count)

    async def tend(self, then: Callable[[], None]) -> None:
        """Keep house, and do something more each second, until cancelled."""
        turn = 0
        while True:
            await asyncio.sleep(SHOWN)
            turn += 1
            try:
                self.show()
                if turn % SECOND == 0:
                    then()
                    self.sweep()
            except Exception as fault:  # noqa: BLE001  housekeeping must go on, and the answers anyway
                log.error("housekeeping: %r", fault)  # noqa: TRY400

    def sweep(self) -> None:
        """Close connections that outstayed a limit. Once a second will do."""
        self._streams.sweep(asyncio.get_running_loop().time())

    def leave(self) -> None:
        """Answer no new peers; open connections go on."""
        for door in list(self._open):
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
        now = (self.engine.walks, self.engine.dropped, self.engine.afresh)
        found.walks, found.dropped, afresh = (one - before for one, before in zip(now, self._told, strict=True))
        self._told = now
        found.hits = max(0, sum(one[-1] for one in found.queries) - afresh)
        found.lost = self._unseen(found)
        found.shed = sum(datagrams.take() for datagrams, _ in self._open.values())
        found.truncated, found.withheld = self.engine.limiter.take()
        for key, count in self.report.counts.items():
            if count != self._faults.get(key, 0):
                found.faults.append((*key, count - self._faults.get(key, 0)))
                self._faults[key] = count
        return found

    def _unseen(self, found: Tally) -> int:
        """Count the answers that were noted, and thrown out of the books before anybody saw them."""
        books = self.engine.books
        zones = set(map(name.show, books))
        self._noted += sum(one[-1] for one in found.queries if one[0] in zones)
        lost = max(0, self._noted - self._seen - sum(map(len, books.values())))
        self._noted -= lost
        return lost

    async def finish(self) -> None:
        """Show the observers what they have not seen yet, if they take it soon."""
        for _ in ("what they are looking at", "what came meanwhile"):
            self.show()
            if self._showing is not None:
                await asyncio.wait([self._showing], timeout=LAST)

    def show(self) -> None:
        """Show the observers what was answered, in a thread of their own, unless they still look at what came before."""
        if self._showing is not None and not self._showing.done():
            return
        batches = []
        for zone, book in self.engine.books.items():
            if book:
                self._seen += len(book)
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
    moment, peer, client, via, hit, octets, why = note
    assert why is not None
    network = f"{client.address}/{client.prefix}" if client else peer
    return Answered(moment, peer, network, via.name, why[0], why[1], hit, octets, why[2])
