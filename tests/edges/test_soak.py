"""Mixed load for long: memory stays what it was. GTM_SOAK says how many seconds; ``make soak`` takes ten minutes."""

import contextlib
import os
import random
import signal
import socket
import statistics
import threading
import time
from ipaddress import ip_address
from pathlib import Path

import dns.edns
import dns.message

from tests.edges.conftest import until
from tests.edges.running import admin, write

SECONDS = float(os.environ.get("GTM_SOAK", "12"))
WARM = 0.4
"""Which part of the time fills what may be filled: tables, buffers, the allocator's own."""
VARIETY = 1 << 20 if SECONDS > 300 else 200
"""How many names, networks and ports are met: what is kept of them is bounded, but fills in minutes only."""


def resident(pid):
    """How many MB a process holds that it does not share."""
    rows = (line.split() for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
    return sum(int(size) for name, size, *_ in rows if name in {"Private_Dirty:", "Private_Clean:"}) / 1024


def queries(chance):
    """Make what all sorts of clients send, now and then what none should."""
    letters = f"n{chance.randrange(VARIETY)}"
    name = chance.choice(
        ["www.example.com", "ns.example.com", "example.com", f"{letters}.example.com", f"{letters}.test"]
    )
    kind = chance.choice(["A", "AAAA", "NS", "SOA", "TXT", "ANY"])
    network = str(ip_address((1 << 24) + (chance.randrange(VARIETY) << 8)))
    options = chance.choice(
        [
            None,
            [],
            [dns.edns.ECSOption(network, 24)],
            [dns.edns.GenericOption(10, chance.randrange(VARIETY).to_bytes(8))],
        ]
    )
    asked = dns.message.make_query(name, kind, use_edns=None if options is None else 0, options=options)
    wire = asked.to_wire()
    if chance.random() < 0.05:
        wire = wire[: chance.randrange(len(wire))] + chance.randbytes(chance.randrange(20))
    return wire


def ask(port, over, seed, counted):
    """Ask over both transports until it is over, from ever new ports."""
    chance = random.Random(seed)
    while not over.is_set():
        with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
            opened.settimeout(0.05)
            opened.connect(("127.0.0.1", port))
            for _ in range(50):
                opened.send(queries(chance))
                with contextlib.suppress(TimeoutError):
                    opened.recv(65535)
                counted.append(None)
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1) as stream:
            for _ in range(chance.randrange(5)):
                wire = queries(chance)
                stream.sendall(len(wire).to_bytes(2) + wire)
                stream.recv(4096)


def test_memory_growth(tmp_path, outside, backends):
    """Catalogue 3.3: flat under mixed load, with backends that come and go, reads of the status, and reloads by nobody."""
    server = outside(write(tmp_path, backends.port, server="watch = false"))
    port, over, counted = server.port, threading.Event(), []
    clients = [threading.Thread(target=ask, args=(port, over, seed, counted)) for seed in range(3)]
    pids = {name: pids[0] for name, pids in server.children.items()} | {"supervisor": server.process.pid}
    seen = {name: [] for name in pids}
    for client in clients:
        client.start()
    try:
        begun = turn = time.monotonic()
        while turn < begun + SECONDS:
            up = "127.0.0.2" in backends.open
            (backends.fall if up else backends.rise)("127.0.0.2")
            admin(server)
            until(lambda turn=turn: time.monotonic() > turn + SECONDS / 40, SECONDS)
            turn = time.monotonic()
            for name, pid in pids.items():
                seen[name].append((turn - begun, resident(pid)))
    finally:
        over.set()
        for client in clients:
            client.join()
    grown = {name: growth([one for one in rows if one[0] > SECONDS * WARM]) for name, rows in seen.items()}
    print(f"{len(counted)} datagrams in {SECONDS:.0f} s, MB that memory grew after the first {WARM:.0%}: {grown}")
    assert len(counted) > 50 * SECONDS
    assert max(grown.values()) < max(1.0, SECONDS / 300), (grown, seen)
    assert server.process.poll() is None
    assert {name: pids[0] for name, pids in server.children.items()}.items() <= pids.items()
    server.signal(signal.SIGTERM)


def growth(rows):
    """Draw a straight line through what was seen, and say how much it climbs."""
    slope, _ = statistics.linear_regression([when for when, _ in rows], [size for _, size in rows])
    return round(slope * (rows[-1][0] - rows[0][0]), 2)
