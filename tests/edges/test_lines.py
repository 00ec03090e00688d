"""Workers' lines to the control process over a real socket: cut, made again, and one of them asleep."""

import asyncio
import contextlib
import socket

import pytest

from gtm.control.hub import Hub
from gtm.health.table import State
from gtm.serve.link import Link
from gtm.stream import Hello, heard
from gtm.tally import Tally


@contextlib.asynccontextmanager
async def hub(path, counted=lambda _tally: None):
    """A control process's side, which ends with the context."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen(8)
    listener.setblocking(False)
    made = Hub(counted)
    made.generation = 1
    await made.start(listener)
    try:
        yield made
    finally:
        made.close()
        path.unlink()
        await asyncio.sleep(0.05)  # let what was cut off say goodbye


class Worker:
    """A worker's side: the state as it heard it."""

    def __init__(self, path, number):
        self.state, self.wholes = State(), 0
        self.link = Link(path, Hello(number, 1), self.hear)

    def hear(self, news):
        self.wholes += news.is_whole
        self.state = heard(self.state, news)

    @contextlib.asynccontextmanager
    async def running(self):
        task = asyncio.create_task(self.link.run())
        try:
            yield self
        finally:
            task.cancel()
            await asyncio.wait([task])


def down(*numbers):
    return State(down=frozenset(f"address:192.0.2.{number}" for number in numbers))


async def until(condition):
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110  what is waited for tells nobody
            await asyncio.sleep(0.01)


@pytest.mark.filterwarnings("ignore:unclosed transport")
def test_a_worker_goes_on_with_what_it_knows_and_learns_anew_when_the_line_is_back(tmp_path):
    path, counted = tmp_path / "hub", []

    async def main():
        async with Worker(path, 0).running() as worker:
            async with hub(path) as first:
                first.publish(down(1))
                await until(lambda: worker.state == down(1))
                first.publish(down(1, 2))
                await until(lambda: worker.state == down(1, 2))
                assert worker.wholes == 1
            await until(lambda: not worker.link.ready)
            assert worker.state == down(1, 2)
            async with hub(path, counted.append) as second:
                second.publish(down(3))
                await until(lambda: worker.state == down(3))
                assert worker.wholes == 2
                worker.link.tell(Tally(hits=4))
                await until(lambda: counted)
                assert counted[0].hits == 4

    asyncio.run(main())


@pytest.mark.filterwarnings("ignore:unclosed transport")
def test_one_that_is_asleep_is_cut_off_others_hear_all_and_it_begins_anew_when_it_wakes(tmp_path):
    path = tmp_path / "hub"

    async def main():
        async with hub(path) as control, Worker(path, 0).running() as awake, Worker(path, 1).running() as asleep:
            await until(lambda: awake.wholes and asleep.wholes)
            asleep.link._transport.pause_reading()
            turn = 0
            while control.workers == 2:
                turn += 1
                newest = down(*range(turn % 2, 40_000, 2))
                control.publish(newest)
                await until(lambda newest=newest: awake.state == newest)
            assert (awake.wholes, asleep.state) == (1, State())
            asleep.link._transport.resume_reading()
            await until(lambda: asleep.state == newest)
            assert asleep.wholes == 2

    asyncio.run(main())
