"""Who answers: what it counts adds up, and observers see every answer without keeping one waiting."""

import asyncio
import threading

from gtm import Plugin, hookimpl
from gtm.engine import NOTED
from gtm.health.table import State
from gtm.serve import answerer as served
from gtm.serve.answerer import Answerer
from tests.chain.making import NOON, All, Healthy, domain, pool, query, service


class Looking(Plugin):
    """An observer that keeps what it saw, waits while it is held up, and raises where it is told to."""

    name = "looking"

    def __init__(self):
        self.seen, self.fault = [], None
        self.go = threading.Event()
        self.go.set()

    @hookimpl
    def observe(self, batch):
        assert self.go.wait(20)
        if self.fault:
            raise self.fault
        self.seen += batch


WWW = domain("www.example.com", pool("hk", "192.0.2.1"))


def answerer(*plugins):
    return Answerer(service([Healthy(), All(), *plugins], WWW), State())


def ask(made, name="www.example.com", **more):
    return made.engine.answer(query(name, **more), "192.0.2.77", NOON)


async def looked(made):
    made.show()
    if made._showing is not None:
        await asyncio.wait_for(asyncio.shield(made._showing), 20)


def test_counts_are_told_once_and_add_up():
    made = answerer()
    for name in ("www.example.com",) * 5 + ("WWW.example.com",) + ("other.example.org",) * 3:
        ask(made, name)
    made.engine.answer(b"short", "192.0.2.77", NOON)
    first = made.tally()
    assert sorted(first.queries) == [
        ("", "A", "REFUSED", "udp", 3),
        ("example.com", "A", "NOERROR", "udp", 6),
    ]
    assert (first.walks, first.hits, first.dropped) == (2, 7, 1)
    again = made.tally()
    assert (again.queries, again.walks, again.hits, again.dropped) == ([], 0, 0, 0)
    made.close()


def test_observers_see_each_answer_once_and_what_it_was():
    looking = Looking()

    async def main():
        made = answerer(looking)
        for turn in range(3):
            ask(made, subnet="203.0.113.0/24" if turn == 2 else None)
            await looked(made)
        await looked(made)
        made.close()

    asyncio.run(main())
    assert [one.hit for one in looking.seen] == [False, True, True]
    assert {(one.peer, one.transport, str(one.question)) for one in looking.seen} == {
        ("192.0.2.77", "udp", "www.example.com A")
    }
    assert [one.client for one in looking.seen] == ["192.0.2.77", "192.0.2.77", "203.0.113.0/24"]


def test_an_observer_that_hangs_delays_no_answer_and_what_it_misses_is_counted():
    looking = Looking()

    async def main():
        made = answerer(looking)
        looking.go.clear()
        ask(made)
        made.show()
        for _ in range(NOTED + 10):
            assert ask(made)
        made.show()
        assert made.tally().lost == 10
        looking.go.set()
        await asyncio.wait_for(made._showing, 20)
        await looked(made)
        for _ in range(NOTED):
            assert ask(made)
        assert made.tally().lost == 0
        made.close()

    asyncio.run(main())
    assert len(looking.seen) == 1 + NOTED


def test_observers_see_what_was_answered_last_before_the_end():
    looking = Looking()

    async def main():
        made = answerer(looking)
        looking.go.clear()
        ask(made)
        made.show()
        ask(made)
        ending = asyncio.ensure_future(made.finish())
        await asyncio.sleep(0)
        looking.go.set()
        await ending
        assert made.tally().lost == 0
        made.close()

    asyncio.run(main())
    assert len(looking.seen) == 2


def test_an_observer_that_hangs_does_not_keep_the_end_waiting(monkeypatch):
    monkeypatch.setattr(served, "LAST", 0.05)
    looking = Looking()

    async def main():
        made = answerer(looking)
        looking.go.clear()
        ask(made)
        await asyncio.wait_for(made.finish(), 10)
        looking.go.set()
        made.close()

    asyncio.run(main())


def test_an_observer_that_raises_is_counted_as_a_fault_and_shown_the_next():
    looking = Looking()

    async def main():
        made = answerer(looking)
        looking.fault = KeyError("no")
        ask(made)
        await looked(made)
        assert made.tally().faults == [("looking", "observe", 1)]
        looking.fault = None
        ask(made)
        await looked(made)
        assert made.tally().faults == []
        made.close()

    asyncio.run(main())
    assert len(looking.seen) == 1
