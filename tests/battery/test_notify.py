"""The law of ``notify``, for every plugin that has it: a receiver that can't be reached is told of in time, and no secret with it."""

import asyncio

import pytest

from gtm import Alert
from gtm import wrong as said
from gtm.chain.chain import build
from tests.battery.implementers import SECRET, having, make
from tests.battery.peers import PEERS, Behind
from tests.chain.making import NOON, ZONE

SECONDS = 5.0  # a tenth of it is what the options below say
ALERTS = (
    Alert("pool_down", "pool:hk", "0 of 2 addresses are available", NOON, "one", 3, ("pool:hk",), ("domain:x/A",)),
    Alert("address_down", "address:hk-1", "status 503\n\x1b[31m\u202e", NOON + 0.5),
)
AT = {  # the options with which a plugin tells somebody at a port, and a secret wherever one may stand
    "webhook": lambda port, _: {
        "url": f"http://user:{SECRET}@127.0.0.1:{port}/{SECRET}?key={SECRET}",
        "headers": {"X-Key": SECRET},
        "timeout": SECONDS / 10,
    },
    "email": lambda port, file: {
        "server": f"127.0.0.1:{port}",
        "tls": "none",
        "user": "gtm",
        "password_file": str(file),
        "timeout": SECONDS / 10,
    },
    "bot": lambda port, _: {"port": port},
}


async def law(function, alerts):
    """List what a plugin does against it when it is to tell somebody who can't be told."""
    behind, limit, wrong = Behind(), asyncio.timeout(SECONDS), []
    try:
        async with limit:
            word = await function(alerts)
        wrong.append(f"returned {word!r}, as if somebody had been told")
    except Exception as fault:  # noqa: BLE001  a law lists faults, it does not pass them on
        wrong += ["took longer than it may"] if limit.expired() else reasoned(fault)
    return wrong + await behind.wrong()


def reasoned(fault):
    """List what is wrong with a fault, which is kept in words."""
    if said(fault) == type(fault).__name__:
        return ["gives no reason"]
    return [f"tells a secret: {fault}"] if SECRET in f"{fault}" else []


def labelled(text):
    """List what is wrong with what a plugin says of itself."""
    wrong = [f"tells a secret: {text}"] if SECRET in text else []
    return wrong if text.isprintable() and 0 < len(text) < 100 else [*wrong, f"is not one short line: {text!r}"]


@pytest.mark.parametrize("peer", PEERS)
@pytest.mark.parametrize(("plugin", "_"), having("notify"))
def test_whoever_has_it_keeps_its_law(plugin, _, peer, tmp_path):
    (tmp_path / "secret").write_text(SECRET)

    async def tried():
        async with PEERS[peer]() as port:
            options = AT[plugin.name](port, tmp_path / "secret") if plugin.name in AT else {}
            made = make(type(plugin), **options)
            assert labelled(made.label()) == []
            ((_, function),) = build(ZONE, [made]).notify
            await law(function, ALERTS[:1])  # what the first time builds for good is no trace
            return await law(function, ALERTS)

    assert asyncio.run(tried()) == []


async def swallows(_):
    pass


async def hangs(_):
    await asyncio.sleep(60)


async def blabs(_):
    raise OSError(f"https://127.0.0.1/{SECRET}: status 500")


async def says_nothing(_):
    raise OSError


VIOLATIONS = {
    "swallowing the fault": (swallows, "as if somebody had been told"),
    "hanging": (hangs, "took longer than it may"),
    "a secret": (blabs, "tells a secret"),
    "no reason": (says_nothing, "gives no reason"),
}


@pytest.mark.parametrize(("function", "wanted"), VIOLATIONS.values(), ids=VIOLATIONS.keys())
def test_whoever_breaks_it_is_found(function, wanted, monkeypatch):
    monkeypatch.setattr("tests.battery.test_notify.SECONDS", 0.05)
    assert any(wanted in fault for fault in asyncio.run(law(function, ALERTS)))


@pytest.mark.parametrize("text", ["", "two\nlines", "x" * 100, f"webhook {SECRET}"])
def test_a_label_that_says_too_little_or_too_much_is_found(text):
    assert labelled(text)
