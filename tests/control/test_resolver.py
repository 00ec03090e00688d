"""Looking names up in the background, on a virtual clock; whom it asks is an argument."""

import asyncio
import logging
from random import Random

from gtm import codes, name
from gtm.config.loaded import Sought
from gtm.control.resolver import AT_ONCE, PATIENCE, Resolver
from gtm.health.resolving import Answer, Failure, Finding
from gtm.model.resolved import Resolved
from tests.control.virtual import run, until

ONE, TWO = bytes((192, 0, 2, 1)), bytes((192, 0, 2, 2))


def sought(*names, resolver=None):
    return {f"{each}/A": Sought(name.parse(each), codes.A, resolver) for each in names}


class Stage:
    """A resolver on a loop, those whom it asks, and what it told."""

    def __init__(self, loop, says):
        self.loop, self.says = loop, says
        self.asked, self.told, self.counted = [], [], []
        self.resolver = Resolver(self._tell, self.counted.append, loop.time, Random(1), self._ask)

    def _tell(self):
        self.told.append((self.loop.now, self.resolver.resolved))

    async def _ask(self, wanted):
        self.asked.append((self.loop.now, name.show(wanted.target)))
        said = self.says(wanted, len(self.asked))
        return await said if asyncio.iscoroutine(said) else said


def acted(says, act):
    """Play an act on a stage of its own."""
    stages = []

    async def main(loop):
        stages.append(Stage(loop, says))
        try:
            await act(stages[0])
        finally:
            stages[0].resolver.close()

    run(main)
    return stages[0]


def test_a_name_is_looked_up_at_once_and_again_when_its_ttl_has_passed():
    async def act(stage):
        await stage.resolver.prepare(sought("a.example"))
        assert stage.resolver.resolved == {"a.example/A": Resolved((ONE,), 60)}
        await asyncio.sleep(150)

    stage = acted(lambda *_: Answer((ONE,), 60), act)
    gaps = [late[0] - early[0] for early, late in zip(stage.asked, stage.asked[1:], strict=False)]
    assert len(gaps) == 2
    assert all(60 <= gap <= 66 for gap in gaps)
    assert len(stage.told) == 1, "what stays the same is not told again"
    assert stage.counted == ["answered"] * 3


def test_the_first_answers_wait_only_so_long_and_only_for_what_is_not_known():
    async def act(stage):
        stage.resolver.restore({"known.example/A": Finding((ONE,), 60, 1.0, tries=1, reason="old")})
        begun = stage.loop.now
        await stage.resolver.prepare(sought("known.example"))
        assert stage.loop.now == begun
        await stage.resolver.prepare(sought("slow.example"))
        assert stage.loop.now == begun + PATIENCE
        assert stage.resolver.resolved == {"known.example/A": Resolved((ONE,), 30)}

    acted(lambda *_: asyncio.sleep(1000, Failure("late")), act)


def test_a_reload_keeps_what_is_known_and_forgets_what_is_not_wanted():
    async def act(stage):
        await stage.resolver.prepare(sought("a.example", "b.example"))
        asked = len(stage.asked)
        await stage.resolver.prepare(sought("b.example", "c.example"))
        assert set(stage.resolver.resolved) == {"a.example/A", "b.example/A", "c.example/A"}
        stage.resolver.keep(sought("b.example", "c.example"))
        assert set(stage.resolver.resolved) == {"b.example/A", "c.example/A"}
        assert [each for _, each in stage.asked[asked:]] == ["c.example"]
        await asyncio.sleep(300)
        assert "a.example" not in {each for _, each in stage.asked[asked:]}

    acted(lambda *_: Answer((ONE,), 60), act)


def test_a_name_with_another_resolver_is_asked_for_at_once_and_stays_known_meanwhile():
    async def act(stage):
        await stage.resolver.prepare(sought("a.example"))
        stage.resolver.keep(sought("a.example", resolver=("192.0.2.53", 53)))
        assert stage.resolver.resolved == {"a.example/A": Resolved((ONE,), 600)}
        await until(lambda: len(stage.asked) == 2)
        assert stage.asked[1][0] - stage.asked[0][0] < 1

    acted(lambda *_: Answer((ONE,), 600), act)


def test_a_name_that_hangs_delays_no_other_and_few_are_asked_for_at_once():
    under_way, most = [0], [0]

    async def slowly(is_slow):
        under_way[0] += 1
        most[0] = max(most[0], under_way[0])
        await asyncio.sleep(1e5 if is_slow else 0.01)
        under_way[0] -= 1
        return Answer((ONE,), 3600)

    async def act(stage):
        names = [f"n{number}.example" for number in range(200)]
        await stage.resolver.prepare(sought(*names, "slow.example"))
        assert len(stage.resolver.resolved) == 200

    acted(lambda wanted, _: slowly(wanted.target == name.parse("slow.example")), act)
    assert most[0] == AT_ONCE


def test_a_failure_and_its_end_are_said_once_each(caplog):
    caplog.set_level(logging.INFO, "gtm")

    def says(_, count):
        return Failure("the resolver did not answer") if 2 <= count <= 4 else Answer((ONE,), 60)

    async def act(stage):
        await stage.resolver.prepare(sought("a.example"))
        await until(lambda: len(stage.counted) == 5)
        assert [state["a.example/A"].ttl for _, state in stage.told] == [60, 30, 60]

    acted(says, act)
    failed = "a.example/A: it can't be looked up: the resolver did not answer; what was known of it is answered"
    assert [record.getMessage() for record in caplog.records] == [
        failed,
        "a.example/A is looked up again: 192.0.2.1 for 60 s",
    ]
