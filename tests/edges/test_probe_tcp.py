"""tcp against real listeners: each way to be unwell is told in its own words, within the time-out."""

import asyncio
import contextlib
import socket
import time

import pytest

from gtm import Setup, Target
from gtm_plugins.tcp import Tcp


async def nowhere(host):
    raise OSError(f'"{host}" is not to be asked for')


def target(port, timeout=3.0, address="127.0.0.1"):
    return Target(address, port, address, timeout, nowhere)


def probed(port, timeout=3.0, address="127.0.0.1", **options):
    return asyncio.run(Tcp(Tcp.Options(**options), Setup()).probe(target(port, timeout, address)))


def told(says, **options):
    """Probe a server that says something and hangs up."""

    async def answer(_, writer):
        with contextlib.suppress(OSError):
            for octets in says:
                writer.write(octets)
                await writer.drain()
        writer.close()

    async def talked():
        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            plugin = Tcp(Tcp.Options(**options), Setup())
            return await plugin.probe(target(server.sockets[0].getsockname()[1]))

    return asyncio.run(talked())


@pytest.fixture
def silent():
    """A listener that never accepts; the system completes connections all the same."""
    with socket.create_server(("127.0.0.1", 0), backlog=8) as server:
        yield server


def test_a_port_that_takes_connections_is_well(silent):
    seen = probed(silent.getsockname()[1])
    assert (seen.is_well, seen.reason, seen.warning) == (True, "connected", "")
    assert [name for name, _ in seen.parts] == ["connect"]
    assert 0 < dict(seen.parts)["connect"] <= seen.seconds < 1


def test_a_closed_port_refuses():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # bound, so that nobody else listens there
        assert probed(held.getsockname()[1]).reason == "connection refused"


def test_a_listener_whose_queue_is_full_times_out_in_connect(full):
    seen = probed(full, 0.3)
    assert seen.reason == "timed out after 0.3 s in connect"
    assert 0.3 <= seen.seconds < 1


def test_a_probe_hangs_up_with_a_reset_so_that_nothing_waits_on_this_side(silent):
    probed(silent.getsockname()[1])
    connection, _ = silent.accept()
    with connection, pytest.raises(ConnectionResetError):
        connection.recv(1)


def test_ipv6_is_probed_too():
    with contextlib.ExitStack() as stack:
        try:
            server = stack.enter_context(socket.create_server(("::1", 0), family=socket.AF_INET6))
        except OSError:
            pytest.skip("this machine has no IPv6")
        assert probed(server.getsockname()[1], address="::1").reason == "connected"


@pytest.mark.parametrize(
    ("says", "options", "reason"),
    [
        ((b"220 mail.example ESMTP\r\n",), {"expect": "220 "}, 'said "220"'),
        ((b"22", b"0 mail.example\r\n"), {"expect": "220 "}, 'said "220"'),
        ((b"554 no\r\n",), {"expect": "220 "}, 'connection closed before "220" was said'),
        ((b"x" * 5000,), {"expect": "220 "}, 'no "220" in the first 4096 octets'),
        ((b"x" * 4095 + b"220 ",), {"expect": "220 "}, 'no "220" in the first 4096 octets'),
    ],
)
def test_what_is_said_is_judged(says, options, reason):
    assert told(says, **options).reason == reason


def test_what_is_sent_is_heard_and_silence_is_told_from_a_slow_connect(silent):
    port = silent.getsockname()[1]
    seen = probed(port, 0.2, send="PING\r\n", expect="+PONG\r\n")
    assert seen.reason == 'timed out after 0.2 s waiting for "+PONG"'
    connection, _ = silent.accept()
    with connection, contextlib.suppress(ConnectionResetError):
        assert connection.recv(6) in (b"PING\r\n", b"")


def test_a_probe_that_is_cancelled_leaves_nothing_open(silent):
    async def cancelled():
        probe = asyncio.create_task(Tcp(Tcp.Options(expect="x"), Setup()).probe(target(silent.getsockname()[1])))
        connection, _ = await asyncio.to_thread(silent.accept)
        probe.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await probe
        return connection

    with asyncio.run(cancelled()) as connection, pytest.raises(ConnectionResetError):
        connection.recv(1)


def test_a_probe_is_cheap(silent):
    async def many(count):
        plugin, chosen = Tcp(Tcp.Options(), Setup()), target(server.getsockname()[1])
        for _ in range(count):
            assert (await plugin.probe(chosen)).is_well

    with socket.create_server(("127.0.0.1", 0), backlog=4096) as server:
        asyncio.run(many(50))
        began = time.process_time()
        asyncio.run(many(500))
        assert (time.process_time() - began) / 500 < 0.0015  # three times the promise: others use this machine too
