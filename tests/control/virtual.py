"""An event loop on which time passes only when nothing is left to do: a day of probes takes a moment, and no two runs differ."""

import asyncio
import selectors


class _Selector(selectors.DefaultSelector):
    loop = None

    def select(self, timeout=None):
        found = super().select(0)
        if not found and timeout is None:
            raise AssertionError("everybody waits for ever")
        if not found:
            self.loop.now += timeout
        return found


class Loop(asyncio.SelectorEventLoop):
    """Its time is ``now``; a test that sets it forward stops the whole process, as a signal would."""

    def __init__(self):
        self.now = 1000.0
        selector = _Selector()
        super().__init__(selector)
        selector.loop = self

    def time(self):
        return self.now


def run(main):
    """Run a coroutine function on such a loop; it is given the loop. What a callback raises is a fault as well."""
    faults = []
    with asyncio.Runner(loop_factory=Loop) as runner:
        runner.get_loop().set_exception_handler(lambda _, context: faults.append(context))
        runner.run(main(runner.get_loop()))
    assert faults == []


async def until(condition):
    """Let time pass until something is so."""
    while not condition():  # noqa: ASYNC110  what is waited for tells nobody
        await asyncio.sleep(0.01)
