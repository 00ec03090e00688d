"""What is written down, and how soon: a control process may be killed at any moment."""

import asyncio
import json
import time
from contextlib import suppress
from random import Random

import pytest

from gtm import Observation
from gtm.config.loaded import Probe
from gtm.control.alertlog import AlertLog
from gtm.control.attempt import Task
from gtm.control.believer import Believer
from gtm.control.memory import Memory
from gtm.control.notifier import Notifier
from gtm.control.resolver import Resolver
from gtm.control.scribe import Scribe
from gtm.health.alerting import Told
from gtm.model.template import Template
from tests.control.viewing import pair

HK = "192.0.2.1"
TEMPLATE = Template("web", "http", fall=1)


class Desk:
    """A believer, and a scribe who hears of what it publishes."""

    def __init__(self, folder):
        self.made, self.folder = pair(), folder
        self.believer = Believer(self.made, time.time, lambda _: self.scribe.hear())
        notifier = Notifier((), AlertLog(None, 1, time.time), Random(1))
        resolver = Resolver(lambda: None, lambda *_: None, time.time, Random(1))
        self.scribe = Scribe(Memory(folder), self.believer, notifier, resolver)
        self.believer.restore({}, Told(), ())
        self.believer.begin()

    def see(self, *, is_well):
        (check,) = (one for each in self.made.addresses.values() for one in each.checks if one.target == HK)
        task = Task(check, Probe(TEMPLATE, "http", lambda _: None, 1))
        self.believer.told(task, Observation(is_well, "status 503", 0.01))
        self.believer.settle()

    def verdicts(self):
        """What one who follows would find."""
        with suppress(FileNotFoundError):
            checks = json.loads((self.folder / "verdicts.json").read_text())["checks"]
            return [one["verdict"] for key, one in checks.items() if key.endswith(HK)]
        return []


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def test_a_verdict_is_written_down_as_soon_as_there_is_one(desk):
    async def main():
        writing = asyncio.create_task(desk.scribe.run())
        for word in ("up", "down", "up", "down"):
            desk.see(is_well=word == "up")
            async with asyncio.timeout(10):
                while desk.verdicts() != [word]:  # noqa: ASYNC110  a file tells nobody
                    await asyncio.sleep(0.005)
        writing.cancel()
        await desk.scribe.close()

    asyncio.run(main())


def test_what_only_a_drill_says_is_not_kept_and_neither_is_it_held_against_anybody(desk):
    async def main():
        desk.see(is_well=True)
        with desk.believer.feign(desk.believer.world.table.beliefs):
            desk.see(is_well=True)
            assert desk.believer.world.state.down
            await desk.scribe.remember()
            assert desk.verdicts() == []
        desk.see(is_well=False)
        await desk.scribe.remember()
        assert desk.verdicts() == ["down"]
        await desk.scribe.close()

    asyncio.run(main())


def test_the_last_writing_holds_what_is_believed_last_whatever_was_under_way(desk):
    async def main():
        for turn in range(30):
            writing = asyncio.create_task(desk.scribe.run())
            desk.see(is_well=turn % 2 == 0)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            desk.see(is_well=turn % 2 == 1)
            writing.cancel()  # its thread goes on
            await desk.scribe.remember(hurried=True)
            assert desk.verdicts() == ["up" if turn % 2 == 1 else "down"]
        await desk.scribe.close()

    asyncio.run(main())
