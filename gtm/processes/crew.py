"""The control process among others: it tells the workers through the hub, and asks the supervisor to take a configuration over."""

import asyncio
import logging
import signal
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from gtm.config.loaded import Loaded
from gtm.control.control import Answering, Control
from gtm.control.desk import Desk
from gtm.control.hub import Hub
from gtm.health.table import State
from gtm.processes.word import leave_word
from gtm.processes.worker import BEAT
from gtm.serve.doors import Place

log = logging.getLogger("gtm")
TAKE: Final = b"take"
HANG_UP: Final = b"hang up"
RESTARTED: Final = b"restarted"
SERVED: Final = b"served"
TAKEN: Final = b"taken "
REFUSED: Final = b"refused "
LONGEST: Final = 65536
SLOWEST: Final = 5.0
"""Seconds after which a reload waits no longer for the last worker that answers from the old configuration."""


class Crew(Answering):
    """The workers and the supervisor, as the control process sees them."""

    def __init__(self, hub: Hub, line: socket.socket, generation: int, places: list[Place], folder: Path) -> None:
        """Know the supervisor by a socket, and where the answers are; ``folder`` keeps the state for new workers."""
        self._hub, self._line, self._folder = hub, line, folder
        self._orders: Mapping[bytes, Callable[[], None]] = {}
        self._generation = generation
        self._places = places
        self._word: asyncio.Future[bytes] | None = None
        self._served = asyncio.Event()
        self._served.set()  # at the start nobody waits
        self._stop = asyncio.Event()

    async def prepare(self, loaded: Loaded) -> None:  # noqa: ARG002  the supervisor loads it itself
        """Let the supervisor start workers that serve the new configuration; ValueError says why it could not."""
        self._word = asyncio.get_running_loop().create_future()
        self._line.send(TAKE)
        word = await self._word  # however long: it takes it over, and this process must not believe otherwise
        if word.startswith(REFUSED):
            raise ValueError(word.removeprefix(REFUSED).decode(errors="replace"))
        number, *places = word.removeprefix(TAKEN).decode().split(" ")
        self._generation = int(number)
        self._places = [(host, int(port)) for host, _, port in (place.partition("|") for place in places)]
        self._served.clear()

    async def adopt(self, loaded: Loaded, state: State) -> None:  # noqa: ARG002  the workers have it already
        """Let the new workers begin; after a reload, wait until the old ones answer nothing new."""
        self._hub.generation = self._generation
        self.publish(state)
        try:
            await asyncio.wait_for(self._served.wait(), SLOWEST)
        except TimeoutError:
            log.warning("some worker still answers from the old configuration")

    def publish(self, state: State) -> None:
        """Tell every worker, and leave word for one that is made while this process can't be asked."""
        self._hub.publish(state)
        if self._hub.generation is not None:
            leave_word(self._folder, self._hub.generation, state)

    @property
    def addresses(self) -> list[Place]:
        """Where the answers are."""
        return self._places

    @property
    def workers(self) -> int:
        """How many answer."""
        return self._hub.workers

    def obey(self, orders: Mapping[bytes, Callable[[], None]]) -> None:
        """Do this at these words of the supervisor."""
        self._orders = orders

    def hear(self) -> None:
        """Take a word of the supervisor; stop when it is gone."""
        try:
            word = self._line.recv(LONGEST)
        except BlockingIOError:
            return
        except OSError:
            word = b""
        if not word:
            self._stop.set()
        elif word in self._orders:
            self._orders[word]()
        elif word == SERVED:
            self._served.set()
        elif self._word is not None and not self._word.done():
            self._word.set_result(word)

    async def beat(self) -> None:
        """Tell the supervisor each second that all is well."""
        while True:
            try:
                self._line.send(BEAT)
            except OSError as fault:
                log.debug("no beat: %s", fault)
            await asyncio.sleep(1)

    async def stopped(self) -> None:
        """Wait until it is time to stop."""
        await self._stop.wait()

    def stop(self) -> None:
        """Stop now."""
        self._stop.set()


async def keep(  # noqa: PLR0913, PLR0917  what a child is given is all that it ever gets
    path: Path,
    loaded: Loaded,
    generation: int,
    listener: socket.socket,
    line: socket.socket,
    folder: Path,
    places: list[Place],
    again: bool,
) -> None:
    """Be the control process. ``folder`` keeps what another one needs if this one dies; ``again``: this is such another one."""
    loop = asyncio.get_running_loop()
    hub = Hub(lambda tally: control.counted(tally))  # noqa: PLW0108  it comes to be below
    crew = Crew(hub, line, generation, places, folder)
    control = Control(path, loaded, crew, folder)
    crew.obey({RESTARTED: control.restarted, HANG_UP: control.hang_up})
    loop.add_signal_handler(signal.SIGTERM, crew.stop)
    loop.add_signal_handler(signal.SIGHUP, control.hang_up)
    loop.add_reader(line, crew.hear)
    beating = loop.create_task(crew.beat())
    listener.setblocking(False)
    await hub.start(listener)
    desk = loop.create_task(Desk(control, path).run())
    running = loop.create_task(control.run(again=again))
    stopping = loop.create_task(crew.stopped())
    try:
        await asyncio.wait([running, stopping], return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            running.result()
    finally:
        for task in (desk, running, beating, stopping):
            task.cancel()
        await asyncio.gather(desk, running, return_exceptions=True)
        await control.stop()
        hub.close()
