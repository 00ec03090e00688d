"""The control process among others: it tells the workers through the hub, and asks the supervisor to take a configuration over."""

import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gtm.config.loaded import Loaded
from gtm.control.control import Answering, Control
from gtm.control.desk import Desk
from gtm.control.hub import Hub
from gtm.control.watch import look
from gtm.health.table import State
from gtm.processes.renewing import Renewing
from gtm.processes.snapshot import Keeper, Start
from gtm.processes.word import find_word, leave_word
from gtm.processes.worker import BEAT
from gtm.serve.doors import Place
from gtm.stream import heard

log = logging.getLogger("gtm")
TAKE: Final = b"take"
HANG_UP: Final = b"hang up"
RESTARTED: Final = b"restarted"
SERVED: Final = b"served"
RELOADED: Final = b"reloaded"
TAKEN: Final = b"taken "
REFUSED: Final = b"refused "
LONGEST: Final = 65536
SLOWEST: Final = 5.0
"""Seconds after which a reload waits no longer for the last worker that answers from the old configuration."""


@dataclass(frozen=True)
class Charge:
    """What a control process is given: how it all started, where the answers are, and who will call.

    ``folder`` keeps what another one needs if this one dies; ``again``: this is such another one.
    """

    start: Start
    generation: int
    listener: socket.socket
    folder: Path
    places: list[Place]
    again: bool


class Crew(Answering):
    """The workers and the supervisor, as the control process sees them."""

    def __init__(self, hub: Hub, line: socket.socket, charge: Charge) -> None:
        """Know the supervisor by a socket."""
        self._hub, self._line, self._folder = hub, line, charge.folder
        self._orders: Mapping[bytes, Callable[[], None]] = {}
        self._generation = charge.generation
        self._places = charge.places
        self._keeper = Keeper(charge.start)
        self._keeping: asyncio.Task[None] | None = None
        self._word: asyncio.Future[bytes] | None = None
        self._served = asyncio.Event()
        self._served.set()  # at the start nobody waits
        self._stop = asyncio.Event()

    async def prepare(self, loaded: Loaded) -> None:
        """Let the supervisor start workers that serve the new configuration; ValueError says why it could not."""
        noted = await asyncio.to_thread(look, loaded.files)
        self._word = asyncio.get_running_loop().create_future()
        self._line.send(TAKE)
        word = await self._word  # however long: it takes it over, and this process must not believe otherwise
        if word.startswith(REFUSED):
            raise ValueError(word.removeprefix(REFUSED).decode(errors="replace"))
        number, *places = word.removeprefix(TAKEN).decode().split(" ")
        self._generation = int(number)
        self._places = [(host, int(port)) for host, _, port in (place.partition("|") for place in places)]
        self._served.clear()
        self._keeper.note(noted)

    async def adopt(self, loaded: Loaded, state: State) -> None:
        """Let the new workers begin; after a reload, wait until the old ones answer nothing new."""
        self._hub.generation = self._generation
        self.publish(state)
        try:
            await asyncio.wait_for(self._served.wait(), SLOWEST)
        except TimeoutError:
            log.warning("some worker still answers from the old configuration")
        else:
            self._keeping = asyncio.get_running_loop().create_task(self._keeper.keep(loaded))

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

    def reloaded(self) -> None:
        """Tell the supervisor that a reload is over, one way or the other."""
        with contextlib.suppress(OSError):
            self._line.send(RELOADED)


class Hasty(ThreadPoolExecutor):
    """Threads that nobody waits for at the end: a configuration that is still being loaded is wanted no more."""

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002  as inherited
        """Wait for nobody."""
        super().shutdown(wait=False, cancel_futures=cancel_futures)


async def keep(charge: Charge, line: socket.socket) -> None:
    """Be the control process, under the supervisor at the other end of the line."""
    loop = asyncio.get_running_loop()
    start = charge.start
    hub = Hub(lambda tally: control.counted(tally))  # noqa: PLW0108  it comes to be below
    loop.set_default_executor(Hasty())
    crew = Crew(hub, line, charge)
    control = Control(start.path, start.loaded, crew, charge.folder / "state")
    start.confess(control.reloader)
    renewing = Renewing(control.reload, crew.reloaded)
    crew.obey({RESTARTED: control.restarted, HANG_UP: renewing.begin})
    loop.add_signal_handler(signal.SIGTERM, crew.stop)
    loop.add_signal_handler(signal.SIGHUP, renewing.begin)
    loop.add_reader(line, crew.hear)
    beating = loop.create_task(crew.beat())
    charge.listener.setblocking(False)
    await hub.start(charge.listener)
    desk = loop.create_task(Desk(control, start.path).run())
    word = find_word(charge.folder, charge.generation) if charge.again else None
    answered = heard(State(), word) if word else None
    running = loop.create_task(control.run(again=charge.again, answered=answered))
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
