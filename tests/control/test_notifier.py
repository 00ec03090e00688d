"""Deliveries: in order, tried again, given up in the end, and never a word of a secret. Time is the virtual loop's."""

import asyncio
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtm import Alert
from gtm.config.loaded import Channel
from gtm.control.alertlog import AlertLog
from gtm.control.door import AlertQuery
from gtm.control.notifier import Notifier, Patience, Pending, shown
from tests.control import virtual


def batch(number, size=1):
    return tuple(
        Alert("pool_down", f"pool:p{number}", "why", float(number), f"key {number}.{part}", pools=(f"pool:p{number}",))
        for part in range(size)
    )


class Receiver:
    """Somebody who is told: ``faults`` are what the next tries meet, ``wrong`` what every try meets after them."""

    def __init__(self, *faults, wrong=None):
        self.faults, self.wrong = list(faults), wrong
        self.got, self.tries = [], []

    async def __call__(self, alerts):
        self.tries.append(asyncio.get_running_loop().time())
        fault = self.faults.pop(0) if self.faults else self.wrong
        if fault == "hang":
            await asyncio.Event().wait()
        if fault == "slow":
            await asyncio.sleep(2)
        elif fault:
            raise fault
        self.got.append(alerts)

    def channel(self, key="hook"):
        return Channel(key, f"webhook {key}.example.com", frozenset(), None, self)


@asynccontextmanager
async def running(*channels, log=None, **patience):
    made = Notifier(channels, log or AlertLog(None), Random(7), Patience(**patience))
    task = asyncio.create_task(made.run())
    await asyncio.sleep(0)
    try:
        yield made
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def noted(log):
    return log.find(AlertQuery())


async def sent(notifier, *batches):
    """Send, one after the other begun."""
    for each in batches:
        notifier.send("hook", each)
        await asyncio.sleep(0.1)


def test_batches_are_delivered_once_and_in_order_and_what_waits_behind_one_together():
    async def main(loop):
        receiver, log = Receiver("slow", "slow"), AlertLog(None)
        log.add(batch(1))
        async with running(receiver.channel(), log=log) as notifier:
            await sent(notifier, *map(batch, range(1, 5)))
            assert notifier.waiting == 4
            await virtual.until(lambda: not notifier.waiting)
        assert receiver.got == [batch(1), batch(2) + batch(3) + batch(4)]
        assert receiver.tries == pytest.approx([1000, 1002])
        (entry,) = noted(log)
        assert entry.outcomes == ("delivered to webhook hook.example.com",)

    virtual.run(main)


def test_a_receiver_that_fails_is_tried_again_ever_less_often_and_then_gets_everything():
    async def main(loop):
        receiver = Receiver(*[OSError("status 500")] * 12)
        async with running(receiver.channel()) as notifier:
            await sent(notifier, *map(batch, range(3)))
            await virtual.until(lambda: not notifier.waiting)
        waits = [after - before for before, after in zip(receiver.tries, receiver.tries[1:], strict=False)]
        for wait, wanted in zip(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300], strict=False):
            assert 0.8 * wanted - 0.01 <= wait <= wanted + 0.01
        assert receiver.got == [batch(0), batch(1) + batch(2)], "what was tried stays as it is"

    virtual.run(main)


def test_no_more_is_delivered_together_than_may_be():
    async def main(loop):
        receiver = Receiver("slow")
        async with running(receiver.channel(), together=5) as notifier:
            await sent(notifier, batch(0, 9), batch(1, 3), batch(2, 2), batch(3), batch(4, 9))
            await virtual.until(lambda: not notifier.waiting)
        assert receiver.got == [batch(0, 9), batch(1, 3) + batch(2, 2), batch(3), batch(4, 9)]

    virtual.run(main)


def test_what_is_delivered_together_has_the_hour_of_the_newest():
    async def main(loop):
        receiver = Receiver("slow", wrong=OSError("status 500"))
        async with running(receiver.channel()) as notifier:
            await sent(notifier, batch(1), batch(2))
            await asyncio.sleep(1.7)
            notifier.send("hook", batch(3))
            await virtual.until(lambda: not notifier.waiting)
        assert 3601.9 <= loop.time() - 1000 <= 3602 + 300
        assert receiver.got == [batch(1)]

    virtual.run(main)


class Busy(OSError):
    """Somebody wants to be left alone."""

    def __init__(self, after):
        super().__init__("status 429")
        self.after = after


@pytest.mark.parametrize(
    ("after", "least", "most"),
    [(20, 20, 20.1), (0, 0.8, 1), (-5, 0.8, 1), (1e9, 300, 300.1), (float("nan"), 0.8, 1), ("soon", 0.8, 1)],
)
def test_who_wants_to_be_left_alone_is_but_not_for_ever(after, least, most):
    async def main(loop):
        receiver = Receiver(Busy(after))
        async with running(receiver.channel()) as notifier:
            await sent(notifier, batch(1))
            await virtual.until(lambda: not notifier.waiting)
        first, second = receiver.tries
        assert least - 0.01 <= second - first <= most

    virtual.run(main)


def test_what_cannot_be_delivered_for_an_hour_is_given_up_with_its_reason_in_the_log():
    async def main(loop):
        receiver, log = Receiver(wrong=OSError("status 500")), AlertLog(None)
        log.add(batch(1, 2))
        counts = []
        async with running(receiver.channel(), log=log) as notifier:
            notifier._counted = lambda *told: counts.append(told)
            notifier.send("hook", batch(1, 2))
            await asyncio.sleep(3000)
            await sent(notifier, batch(2), batch(3))
            await virtual.until(lambda: notifier.waiting == 2)
            assert 3600 <= loop.time() - 1000 <= 3600 + 300
            assert notifier.pending == {"hook": (batch(2), batch(3))}
            receiver.wrong = None
            await virtual.until(lambda: not notifier.waiting)
        assert receiver.got == [batch(2) + batch(3)]
        *told, lost = noted(log)
        assert {entry.outcomes for entry in told} == {("given up on webhook hook.example.com: status 500",)}
        assert (lost.event, lost.subject) == ("alert_lost", "channel:webhook hook.example.com")
        assert lost.reason == "2 alerts are lost: status 500"
        assert lost.pools == ("pool:p1",)
        assert counts.count(("webhook hook.example.com", "lost")) == 1
        assert counts[-1] == ("webhook hook.example.com", "delivered")

    virtual.run(main)


@pytest.mark.parametrize("fault", ["hang", asyncio.CancelledError(), TimeoutError(), ValueError("no such thing")])
def test_whatever_a_plugin_does_the_next_try_comes(fault):
    async def main(loop):
        receiver = Receiver(fault)
        async with running(receiver.channel()) as notifier:
            notifier.send("hook", batch(1))
            await virtual.until(lambda: not notifier.waiting)
        assert receiver.got == [batch(1)]
        assert 0.8 <= receiver.tries[1] - receiver.tries[0] <= 31.1

    virtual.run(main)


def test_a_channel_that_hangs_keeps_no_other_waiting():
    async def main(loop):
        stuck, well = Receiver(wrong="hang"), Receiver()
        async with running(stuck.channel("stuck"), well.channel("well")) as notifier:
            notifier.send("stuck", batch(1))
            notifier.send("well", batch(1))
            await virtual.until(lambda: well.got)
            assert loop.time() < 1001

    virtual.run(main)


def test_when_too_much_waits_the_oldest_is_given_up_but_not_the_one_on_its_way():
    async def main(loop):
        receiver, log = Receiver(wrong="hang"), AlertLog(None)
        async with running(receiver.channel(), log=log, batches=3, alerts=5) as notifier:
            notifier.send("hook", batch(0))
            await asyncio.sleep(0.1)
            for number in range(1, 6):
                notifier.send("hook", batch(number))
            assert notifier.pending == {"hook": (batch(0), batch(4), batch(5))}
            notifier.send("hook", batch(6, 9))
            assert notifier.pending == {"hook": (batch(0), batch(6, 9))}, "one that is too big alone is kept"
        assert [entry.pools for entry in noted(log)] == [(f"pool:p{number}",) for number in range(1, 6)]
        assert noted(log)[0].reason == "1 alert is lost: too many alerts waited"

    virtual.run(main)


def test_what_is_pending_survives_a_restart_and_is_delivered_once():
    async def main(loop):
        first, second, log = Receiver(wrong=OSError("status 500")), Receiver(), AlertLog(None)
        async with running(first.channel(), first.channel("gone")) as notifier:
            await sent(notifier, *(batch(number, 2) for number in range(3)))
            notifier.send("gone", batch(9))
            await asyncio.sleep(10)
        saved = msgspec.json.encode(notifier.pending)
        async with running(second.channel(), log=log) as again:
            again.restore(msgspec.json.decode(saved, type=Pending))
            await virtual.until(lambda: not again.waiting)
        assert second.got == [batch(0, 2), batch(1, 2) + batch(2, 2)]
        assert [entry.reason for entry in noted(log)] == ["1 alert is lost: the Corefile names this channel no longer"]

    virtual.run(main)


@pytest.mark.parametrize(("fault", "left"), [("slow", 1), ("hang", 2)])
def test_at_the_end_what_is_under_way_has_a_moment_to_arrive(fault, left):
    async def main(loop):
        receiver = Receiver(fault)
        async with running(receiver.channel()) as notifier:
            await sent(notifier, batch(1), batch(2))
            await asyncio.sleep(0.3)
        assert loop.time() <= 1004
        assert notifier.waiting == left
        assert len(receiver.got) == 2 - left

    virtual.run(main)


def test_a_reload_gives_up_what_waits_for_a_channel_that_went_and_keeps_the_others():
    async def main(loop):
        old, new, log = Receiver(wrong=OSError("status 500")), Receiver(), AlertLog(None)
        async with running(old.channel("kept"), old.channel("went"), log=log) as notifier:
            notifier.send("kept", batch(1))
            notifier.send("went", batch(2))
            await asyncio.sleep(1)
            notifier.exchange([new.channel("kept"), new.channel("came")])
            notifier.send("came", batch(3))
            await virtual.until(lambda: not notifier.waiting)
        assert {alerts[0].subject for alerts in new.got} == {"pool:p1", "pool:p3"}
        assert [entry.subject for entry in noted(log)] == ["channel:webhook went.example.com"]

    virtual.run(main)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("no answer from https://hooks.example.com/services/T0/B0/s3cret?token=s3cret", "https://hooks.example.com"),
        ("http://ops:s3cret@192.0.2.1:8080/x refused", "http://192.0.2.1:8080 refused"),
        ("http://ops:s3/cret@host/x refused", "http://… refused"),
        ("http://ops:" + "s3cret" * 60 + "@host/x", "http://…"),
        ("smtp://[2001:db8::1]:25?s3cret", "smtp://[2001:db8::1]:25"),
        ("https:// is no address", "https://… is no address"),
        ("first line\nhttps://a/s3cret", "first line https://a"),
    ],
)
def test_of_a_url_in_a_fault_only_scheme_and_host_are_shown(text, left):
    assert shown(OSError(text)).endswith(left)
    assert "s3cret" not in shown(RuntimeError(text))


@given(st.text(max_size=30), st.text(min_size=1, max_size=10))
def test_no_password_of_a_url_is_shown(user, word):
    secret = f"{word}-s3cret".replace(" ", "")
    for text in (f"https://{user}:{secret}@host/", f"https://host/?{user}={secret}"):
        if not any(letter.isspace() or not letter.isprintable() for letter in text):
            assert "s3cret" not in shown(OSError(text))


def test_an_alert_is_the_same_after_a_restart():
    alert = replace(batch(1)[0], flaps=7, domains=("domain:www.example.com/A",))
    octets = msgspec.json.encode({"hook": ((alert,),)})
    assert msgspec.json.decode(octets, type=Pending) == {"hook": ((alert,),)}
