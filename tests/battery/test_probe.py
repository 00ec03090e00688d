"""The law of ``probe``, for every plugin that has it: within its time, in words, at its target only, and gone without a trace."""

import asyncio
import socket
from time import monotonic

import pytest

from gtm import Observation, Target
from tests.battery.implementers import having
from tests.battery.peers import HERE, PEERS, Behind

SECONDS, GRACE = 0.3, 0.5
STRANGER = "127.0.0.9"


async def here(_name):
    return HERE


def target(port, seconds=SECONDS):
    return Target(HERE, port, "name.example", seconds, here)


async def law(function, port):
    """List what a probe of a port does against the law."""
    behind, began, limit = Behind(), monotonic(), asyncio.timeout(SECONDS + GRACE)
    wrong = []
    try:
        async with limit:
            wrong += observed(await function(target(port)), monotonic() - began)
    except OSError as fault:  # a fault of this machine says nothing of the target, and may be raised
        wrong += ["took longer than it may"] if limit.expired() else readable("its fault", str(fault) or repr(fault))
    except Exception as fault:  # noqa: BLE001  a law lists faults, it does not pass them on
        wrong.append(f"raised {fault!r}")
    return wrong + await behind.wrong()


def observed(word, took):
    """List what is wrong with an observation that took so many seconds."""
    if not isinstance(word, Observation):
        return [f"{word!r} is no Observation"]
    wrong = readable("its reason", word.reason) + (readable("its warning", word.warning) if word.warning else [])
    if type(word.is_well) is not bool:
        wrong.append(f"well: {word.is_well!r}")
    parts = [word.seconds, *(seconds for _, seconds in word.parts)]
    if not all(isinstance(seconds, float) and 0 <= seconds <= took for seconds in parts):
        wrong.append(f"tells of {parts} s, and took {took} s")
    return wrong


def readable(what, text):
    """List what keeps a text from being one line that can be shown."""
    is_fine = isinstance(text, str) and text.isprintable() and 0 < len(text) < 300 and text == text.strip()
    return [] if is_fine else [f"{what} is not one short line: {text!r}"]


async def called_off(function, port):
    """List what a probe leaves behind that is called off half-way."""
    behind = Behind()
    probe = asyncio.create_task(function(target(port, 30)))
    done, _ = await asyncio.wait({probe}, timeout=0.1)
    probe.cancel()
    await asyncio.wait({probe}, timeout=GRACE)
    wrong = [] if probe.cancelled() or done else ["went on when it was called off"]
    return wrong + await behind.wrong()


def tried(peer, function, how=law):
    """Try it on a peer twice: what the first time builds for good is no trace."""

    async def trying():
        async with PEERS[peer]() as port:
            await how(function, port)
            return await how(function, port)

    return asyncio.run(trying())


@pytest.mark.parametrize("peer", PEERS)
@pytest.mark.parametrize(("plugin", "function"), having("probe"))
def test_whoever_has_it_keeps_its_law(plugin, function, peer):
    assert tried(peer, function) == []


@pytest.mark.parametrize(("plugin", "function"), having("probe"))
def test_whoever_is_called_off_leaves_nothing_behind(plugin, function):
    assert tried("never speaks", function, called_off) == []


@pytest.mark.parametrize(("plugin", "function"), having("probe"))
def test_a_port_at_which_nobody_listens_is_not_well(plugin, function):
    async def probed():
        async with PEERS["nobody listens"]() as port:
            return await function(target(port))

    assert plugin.port == 0 or not asyncio.run(probed()).is_well


def saying(*given, **more):
    """Make a probe that always observes this."""

    async def probe(_):
        return Observation(*given, **more)

    return probe


async def returns_nothing(target):
    pass


async def raises(target):
    raise ValueError("no number")


async def raises_lines(target):
    raise OSError("one\ntwo")


async def hangs(target):
    await asyncio.sleep(60)


async def goes_elsewhere(target):
    with socket.socket(type=socket.SOCK_DGRAM) as stream:
        stream.connect((STRANGER, 9))
    return Observation(False, "elsewhere", 0.0)


async def looks_up(target):
    socket.getaddrinfo("localhost", 80)
    return Observation(False, "looked up", 0.0)


async def leaves_a_task(target):
    asyncio.create_task(asyncio.sleep(5), name="a task")  # noqa: RUF006  left, as it should not be
    return Observation(False, "busy", 0.0)


async def drops_a_fault(target):
    asyncio.get_running_loop().call_soon(lambda: 1 / 0)
    return Observation(False, "dropped", 0.0)


def leaving_open():
    kept = []

    async def probe(target):
        kept.append(socket.socket())
        return Observation(False, "open", 0.0)

    return probe, kept


VIOLATIONS = {
    "nothing": (returns_nothing, "is no Observation"),
    "raising": (raises, "ValueError"),
    "raising in lines": (raises_lines, "its fault is not one short line"),
    "hanging": (hangs, "took longer than it may"),
    "no reason": (saying(True, "", 0.0), "its reason is not one short line"),
    "two lines": (saying(False, "one\ntwo", 0.0), "its reason is not one short line"),
    "what can't be shown": (saying(False, "\x1b[31mred", 0.0), "its reason is not one short line"),
    "a long story": (saying(False, "x" * 300, 0.0), "its reason is not one short line"),
    "a warning in lines": (saying(True, "well", 0.0, warning="one\ntwo"), "its warning is not one short line"),
    "neither well nor not": (saying(None, "perhaps", 0.0), "well: None"),
    "time that has not passed": (saying(True, "well", 5.0), "tells of [5.0] s"),
    "time backwards": (saying(True, "well", 0.0, (("connect", -1.0),)), "tells of [0.0, -1.0] s"),
    "another address": (goes_elsewhere, f"reached for {STRANGER}"),
    "a name": (looks_up, "reached for localhost"),
    "a fault that nobody catches": (drops_a_fault, "ZeroDivisionError"),
    "a task left behind": (leaves_a_task, "left a task behind"),
}


@pytest.mark.parametrize(("function", "wanted"), VIOLATIONS.values(), ids=VIOLATIONS.keys())
def test_whoever_breaks_it_is_found(function, wanted, monkeypatch):
    monkeypatch.setattr("tests.battery.peers.BEHIND", 0.05)
    assert any(wanted in fault for fault in tried("nobody listens", function))


def test_whoever_leaves_a_descriptor_open_is_found(monkeypatch):
    monkeypatch.setattr("tests.battery.peers.BEHIND", 0.05)
    function, kept = leaving_open()
    assert "left 1 descriptors open" in tried("nobody listens", function)
    for each in kept:
        each.close()


def test_whoever_goes_on_when_called_off_is_found():
    async def stubborn(_):
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            await asyncio.sleep(GRACE * 2)

    assert "went on when it was called off" in tried("nobody listens", stubborn, called_off)
