"""The prober: every check has its turn, whatever plugins, targets or this machine do. Time is the loop's, and virtual."""

import asyncio
import socket
from collections import Counter
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random

import pytest

from gtm import Check, Observation
from gtm.config.loaded import Probe
from gtm.control.attempt import Task
from gtm.control.lookup import Lookup
from gtm.control.prober import BATCH, GRACE, Prober
from gtm.health.schedule import Schedule
from gtm.model.template import Template
from tests.control.virtual import run, until

WELL = Observation(True, "fine", 0.0)
FAILED = Observation(False, "status 503", 0.0)
CUT = 'timed out after 1 s: plugin "p" did not end'


async def fine(_target):
    return WELL


async def hang(_target):
    await asyncio.Event().wait()


def task(probe, number=1, *, at_once=1000, plugin="p", target=None, **template):
    check = Check(plugin, 80, target or f"127.0.{number // 250}.{number % 250 + 1}")
    settings = {"interval": 10.0, "timeout": 1.0, **template}
    return Task(check, Probe(Template(plugin, plugin, **settings), plugin, probe, at_once))


def keyed(*tasks):
    return {one.check.key: one for one in tasks}


@dataclass
class Watched:
    """A prober, and what it told: (seconds since the start, target, observation)."""

    loop: asyncio.AbstractEventLoop
    most: int = 100_000
    wants_more: bool = False
    heard: list = field(default_factory=list)

    def __post_init__(self):
        self.began = self.loop.time()
        self.prober = Prober(self.told, Lookup(()), Schedule(Random(1)), self.loop.time, self.most)

    def told(self, one, seen):
        self.heard.append((self.loop.time() - self.began, one.check.target, seen))
        return self.wants_more

    def moments(self, target="127.0.0.2"):
        return [moment for moment, found, _ in self.heard if found == target]

    def reasons(self, target="127.0.0.2"):
        return [seen.reason for _, found, seen in self.heard if found == target]


@asynccontextmanager
async def going(watched, *tasks):
    watched.prober.keep(keyed(*tasks))
    doing = asyncio.create_task(watched.prober.run())
    try:
        yield watched.prober
    finally:
        doing.cancel()
        with suppress(asyncio.CancelledError):
            await doing
        assert watched.prober.running() == 0


def test_each_check_is_probed_once_in_its_interval():
    async def main(loop):
        watched = Watched(loop)
        async with going(watched, task(fine, 1, interval=10.0), task(fine, 2, plugin="q", interval=0.5)):
            await asyncio.sleep(1000)
        assert len(watched.moments("127.0.0.2")) in (100, 101, 102)
        assert len(watched.moments("127.0.0.3")) in (2000, 2001, 2002)
        gaps = [b - a for a, b in pairwise(watched.moments()[1:])]
        assert {round(gap, 2) for gap in gaps} == {10.0}

    run(main)


def test_five_thousand_new_checks_are_no_storm_and_all_have_their_turn():
    """Catalogue 3.2, probe storm."""

    async def main(loop):
        watched = Watched(loop)
        async with going(watched, *(task(fine, number) for number in range(5000))):
            await asyncio.sleep(60)
        a_second = Counter(int(moment) for moment, _, _ in watched.heard)
        assert max(a_second.values()) < 1200
        assert len({target for _, target, _ in watched.heard}) == 5000
        assert 29_000 < len(watched.heard) < 36_000

    run(main)


def test_a_probe_that_hangs_is_cut_off_after_its_time_out_and_delays_no_other():
    async def main(loop):
        watched = Watched(loop)
        others = [task(fine, number) for number in range(2, 20)]
        async with going(watched, task(hang, 1, at_once=20), *others) as prober:
            await asyncio.sleep(100)
            assert prober.stuck == 0
        assert set(watched.reasons()) == {CUT}
        assert {round(seen.seconds, 3) for _, _, seen in watched.heard if not seen.is_well} == {1 + GRACE}
        assert min(Counter(target for _, target, _ in watched.heard).values()) >= 9

    run(main)


def test_a_probe_that_learns_late_that_its_time_is_up_still_says_where_it_was():
    """The loop was busy: the plugin's own deadline and the prober's come in the same turn."""

    async def keeps_time(target):
        try:
            async with asyncio.timeout(target.timeout):
                await asyncio.wait({asyncio.create_task(asyncio.sleep(60))})
        except TimeoutError:
            return Observation(False, "timed out in TLS", 0.0)

    async def main(loop):
        watched = Watched(loop)
        async with going(watched, task(keeps_time)) as prober:
            await until(prober.running)
            await asyncio.sleep(0.9)
            loop.now += 0.3  # too little to doubt the probe
            await asyncio.sleep(5)
            assert prober.dropped == 0
        assert watched.reasons()[0] == "timed out in TLS"

    run(main)


def test_a_probe_that_will_not_be_cancelled_is_given_up_and_begun_again_only_when_it_has_ended():
    begun, free = [], asyncio.Event()

    async def stubborn(_target):
        begun.append(1)
        while not free.is_set():
            with suppress(asyncio.CancelledError):
                await free.wait()
        return WELL

    async def main(loop):
        watched = Watched(loop)
        # one at a time: who holds on to the only slot would keep the other out
        async with going(watched, task(stubborn, 1, at_once=1), task(fine, 2, at_once=1)) as prober:
            await asyncio.sleep(50)
            assert prober.stuck == 1
            assert len(begun) == 1
            assert len(watched.moments("127.0.0.3")) >= 5
            free.set()
            await asyncio.sleep(20)
            assert prober.stuck == 0
        reasons = watched.reasons()
        assert reasons[0] == CUT
        assert set(reasons[1:4]) == {'plugin "p" does not end the probe before'}
        assert reasons[-1] == "fine"

    run(main)


async def raises(_target):
    raise KeyError("x\ny")


async def exits(_target):
    raise SystemExit(3)


async def cancels(_target):
    raise asyncio.CancelledError


async def says_nothing(_target):
    return None


async def says_wrong(_target):
    return Observation(1, None, 0.0)


async def rambles(_target):
    return Observation(False, "a\x1b[31m\n" + "b" * 1000, float("nan"))


@pytest.mark.parametrize(
    ("probe", "reason"),
    [
        (raises, "plugin \"p\" raised KeyError: 'x\\ny'"),
        (exits, 'plugin "p" raised SystemExit: 3'),
        (cancels, 'plugin "p" raised CancelledError'),
        (says_nothing, 'plugin "p" returned NoneType, not an Observation'),
        (says_wrong, 'plugin "p" returned an Observation of the wrong types'),
        (rambles, "a [31m " + "b" * 292 + "…"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_whatever_a_plugin_does_is_a_failed_observation(probe, reason):
    async def main(loop):
        watched = Watched(loop)
        async with going(watched, task(probe)):
            await asyncio.sleep(30)
        assert set(watched.reasons()) == {reason}
        assert all(0 <= seen.seconds < 1 for _, _, seen in watched.heard)
        assert len(watched.heard) >= 3

    run(main)


class Busy:
    """Probes that take a while, and how many of each plugin were under way at most."""

    def __init__(self):
        self.now, self.most = Counter(), Counter()

    def probe(self, plugin, seconds=0.5):
        async def probe(_target):
            self.now[plugin] += 1
            self.most[plugin] = max(self.most[plugin], self.now[plugin])
            self.most["all"] = max(self.most["all"], sum(self.now.values()))
            try:
                await asyncio.sleep(seconds)
            finally:
                self.now[plugin] -= 1
            return WELL

        return probe


def test_a_plugin_has_no_more_probes_under_way_than_it_bears_and_all_together_no_more_than_files_may_be_open():
    async def main(loop):
        busy, watched = Busy(), Watched(loop, most=30)
        few = [task(busy.probe("few"), n, plugin="few", at_once=3, interval=60.0) for n in range(60)]
        many = [task(busy.probe("many"), n, plugin="many", at_once=100, interval=60.0) for n in range(300)]
        async with going(watched, *few, *many):
            await asyncio.sleep(60)
        assert busy.most["few"] == 3
        assert busy.most["all"] == 30
        assert len(watched.heard) >= 360

    run(main)


def test_checks_that_never_get_their_turn_are_late():
    async def main(loop):
        watched = Watched(loop)
        crowd = [task(hang, number, at_once=1, interval=0.5) for number in range(50)]
        async with going(watched, *crowd) as prober:
            await asyncio.sleep(1)
            assert prober.late == []
            await asyncio.sleep(20)
            assert len(prober.late) > 25
            assert all(seconds >= 2.5 for _, seconds in prober.late)

    run(main)


def test_no_more_than_a_few_probes_are_begun_before_others_get_the_loop():
    async def main(loop):
        begun, turns = [], []

        async def noted(_target):
            begun.append(1)
            await asyncio.sleep(0.1)
            return WELL

        def look():
            turns.append(len(begun))
            if len(begun) < 500:
                loop.call_soon(look)

        watched = Watched(loop)
        watched.prober.keep(keyed(*(task(noted, number) for number in range(500))))
        loop.call_soon(look)
        await watched.prober.round()
        assert max(b - a for a, b in pairwise(turns)) <= BATCH
        assert len(watched.heard) == 500

    run(main)


def test_a_check_that_leaves_is_ended_and_never_told_of_again():
    async def main(loop):
        ended = []

        async def slow(_target):
            try:
                await asyncio.sleep(0.9)
            except asyncio.CancelledError:
                ended.append(1)
                raise
            return WELL

        watched = Watched(loop)
        stays = task(fine, 2)
        async with going(watched, task(slow, 1, interval=1.0), stays) as prober:
            await until(prober.running)
            prober.keep(keyed(stays))
            assert prober.running() == 0
            before = watched.moments()
            await asyncio.sleep(30)
            assert watched.moments() == before
            assert ended == [1]
            assert len(watched.moments("127.0.0.3")) >= 3

    run(main)


def test_a_check_that_comes_back_while_its_old_probe_still_waits_is_probed_once_a_turn():
    async def main(loop):
        busy, watched = Busy(), Watched(loop)
        crowd = [task(busy.probe("p", 0.3), number, at_once=1, interval=5.0) for number in range(5)]
        async with going(watched, *crowd) as prober:
            for _ in range(20):
                prober.keep(keyed(crowd[0]))
                prober.keep(keyed(*crowd))
                await asyncio.sleep(0.05)
            await asyncio.sleep(20)
            assert prober.late == []
        late = [moment for moment in watched.moments() if moment > 6]
        assert len(late) in (2, 3, 4)
        assert busy.most["p"] == 1

    run(main)


def test_a_first_failure_is_looked_at_again_after_the_confirm_time():
    async def bad(_target):
        return FAILED

    async def main(loop):
        watched = Watched(loop, wants_more=True)
        async with going(watched, task(bad, interval=60.0, confirm=0.2)):
            await asyncio.sleep(2)
        first, second, third, *_ = watched.moments()
        assert (second - first, third - second) == (pytest.approx(0.2), pytest.approx(0.2))

    run(main)


def test_a_fault_of_who_is_told_ends_no_check():
    async def main(loop):
        watched, said = Watched(loop), []
        loop.set_exception_handler(lambda _, context: said.append(context["exception"]))

        def told(_task, _seen):
            watched.heard.append((0, "", WELL))
            raise RuntimeError("mine")

        watched.prober._told = told
        async with going(watched, task(fine)):
            await asyncio.sleep(60)
        assert len(watched.heard) >= 6
        assert {str(fault) for fault in said} == {"mine"}

    run(main)


class TestRound:
    def test_probes_each_check_once_and_spares_it_its_early_look(self):
        async def main(loop):
            watched = Watched(loop)
            tasks = keyed(*(task(fine, number, interval=1000.0) for number in range(200)))
            watched.prober.keep(tasks)
            await watched.prober.round()
            assert loop.time() == watched.began
            assert Counter(target for _, target, _ in watched.heard) == {one.check.target: 1 for one in tasks.values()}
            doing = asyncio.create_task(watched.prober.run())
            await asyncio.sleep(5)
            doing.cancel()
            assert len(watched.heard) < 210

        run(main)

    def test_is_no_longer_than_the_longest_time_out_and_leaves_those_without_a_turn_without_data(self, caplog):
        async def main(loop):
            watched = Watched(loop)
            hung = [task(hang, number, at_once=2, timeout=2.0) for number in range(10)]
            watched.prober.keep(keyed(*hung, task(fine, 50, plugin="q")))
            await watched.prober.round()
            assert loop.time() - watched.began < 2.5
            assert [seen.reason for _, _, seen in watched.heard] == ["fine", *[CUT.replace("1 s", "2 s")] * 2]
            assert watched.prober.running() == 0

        run(main)
        assert "8 checks had no turn" in caplog.text

    def test_of_no_checks_is_over_at_once(self):
        async def main(loop):
            watched = Watched(loop)
            await watched.prober.round()
            assert loop.time() == watched.began

        run(main)


class TestPause:
    """A process that stood still knows nothing of what happened meanwhile."""

    @staticmethod
    async def stop(loop, prober, seconds):
        """Stand still while probes are under way."""
        await until(prober.running)
        await asyncio.sleep(0.05)
        loop.now += seconds

    def test_a_time_out_that_ran_out_in_a_pause_is_not_told_and_looked_at_again(self):
        async def main(loop):
            answers = [2.0, 0.0]

            async def slow(target):
                try:
                    async with asyncio.timeout(target.timeout):
                        await asyncio.sleep(answers.pop(0) if answers else 0.0)
                except TimeoutError:
                    return FAILED
                return WELL

            watched = Watched(loop)
            async with going(watched, task(slow, interval=60.0)) as prober:
                await self.stop(loop, prober, 30)
                await asyncio.sleep(1)
                assert [seen.is_well for _, _, seen in watched.heard] == [True]
                assert prober.dropped == 1

        run(main)

    def test_the_second_such_failure_in_a_row_counts(self):
        async def main(loop):
            watched = Watched(loop)
            async with going(watched, task(hang, interval=60.0)) as prober:
                await self.stop(loop, prober, 30)
                assert watched.heard == []
                await asyncio.sleep(0.1)
                await self.stop(loop, prober, 30)
                await asyncio.sleep(1)
                assert watched.reasons() == [CUT]

        run(main)

    def test_a_short_one_leaves_a_failure_its_word(self):
        async def main(loop):
            watched = Watched(loop)
            async with going(watched, task(hang, interval=60.0, timeout=5.0)) as prober:
                await self.stop(loop, prober, 1)
                await asyncio.sleep(10)
                assert watched.reasons() == [CUT.replace("1 s", "5 s")]
                assert prober.dropped == 0

        run(main)

    def test_no_storm_follows_it(self):
        async def main(loop):
            watched = Watched(loop)
            async with going(watched, *(task(fine, number) for number in range(2000))):
                await asyncio.sleep(30)
                loop.now += 3600
                after = loop.now - watched.began
                await asyncio.sleep(20)
            times = [moment for moment, _, _ in watched.heard if moment >= after]
            assert max(Counter(int(moment - after) for moment in times).values()) < 1200
            assert len(times) >= 2000

        run(main)


def test_a_name_that_nobody_resolves_fails_within_the_time_out():
    async def main(loop):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
            silent.bind(("127.0.0.1", 0))
            watched = Watched(loop)
            named = task(fine, target="web.example", resolver=silent.getsockname(), interval=5.0)
            async with going(watched, named):
                await asyncio.sleep(6.5)
        assert set(watched.reasons("web.example")) == {
            "the resolver 127.0.0.1 did not answer for web.example within 1 s"
        }
        assert {round(seen.seconds, 2) for _, _, seen in watched.heard} == {1.0}

    run(main)
