"""``gtm serve`` as a process, for benchmarks of what it believes; and how their figures are shown."""

import contextlib
import json
import os
import socket
import sys
import urllib.request
from collections import Counter
from collections.abc import Collection, Iterator
from math import ceil
from pathlib import Path
from typing import Any

import dns.message

from gtm.config.load import load
from gtm.health.bound import bound, show
from tests.bench.bench import free_port, ready, running

CHAIN = """
[[zone]]
name = "bench.example"
chain = ["health", "sequence", "round_robin", "ttl", "rescue", { use = "zone", records = '''
@ 300 SOA ns hostmaster 1 3600 600 86400 300
@ NS ns
ns A 192.0.2.53
''' }]
"""


class Served:
    """A server that runs: where it answers, where its admin door is, and its processes."""

    def __init__(self, path: Path, port: int, admin: int, pid: int) -> None:
        """Know all of it."""
        self._path, self.port, self._admin, self._pid = path, port, admin, pid

    def get(self, what: str) -> bytes:
        """Ask the admin door."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self._admin}{what}", timeout=60) as reply:
            return bytes(reply.read())

    def status(self, domain: str) -> dict[str, Any]:
        """Ask for all about one access domain."""
        found: dict[str, Any] = json.loads(self.get(f"/status?domain={domain}"))["domains"][0]
        return found

    @property
    def control(self) -> int:
        """The control process: the first that the supervisor starts."""
        return self.family[1]

    @property
    def family(self) -> list[int]:
        """The supervisor, and all that it has started."""
        children = Path(f"/proc/{self._pid}/task/{self._pid}/children").read_text(encoding="ascii")
        return [self._pid, *map(int, children.split())]

    def bound(self) -> str:
        """Say what ``gtm check`` says of the bound, of one access domain."""
        loaded = load(self._path)
        templates = {name: probe.template for name, probe in loaded.probes.items()}
        return show(bound(next(iter(loaded.service.domains.values())), templates))


@contextlib.contextmanager
def serving(folder: Path, text: str, cores: Collection[int] = ()) -> Iterator[Served]:
    """Serve a Corefile, given without ``[server]`` and zone, from the first answer on; on these cores alone, if any are named."""
    port, admin = free_port(), free_port()
    server = f'[server]\nlisten = ["127.0.0.1:{port}"]\nadmin = "127.0.0.1:{admin}"\nwatch = false\n'
    path = folder / "Corefile.toml"
    path.write_text(server + CHAIN + text, encoding="utf-8")
    with running(sys.executable, "-m", "gtm", "serve", str(path), folder=folder) as process:
        if cores:  # it has forked nobody yet, and who is forked inherits it
            os.sched_setaffinity(process.pid, cores)
        ready(port, asked("ns.bench.example"), folder / "log")
        yield Served(path, port, admin, process.pid)


def asked(name: str) -> bytes:
    """Build a query for addresses of a name."""
    return dns.message.make_query(name, "A").to_wire()


class Client:
    """Asks a server, one question at a time; like a resolver it asks again where nothing comes."""

    def __init__(self, port: int) -> None:
        """Ask at this port."""
        self.lost = 0
        """Questions that had to be asked again."""
        self._opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._opened.settimeout(0.8)
        self._opened.connect(("127.0.0.1", port))

    def ask(self, packet: bytes) -> str:
        """Give the address in a reply, the last of several; one of ours that is not asked for any more is passed over."""
        for _ in range(5):
            self._opened.send(packet)
            try:
                while (reply := self._opened.recv(4096))[:2] != packet[:2]:
                    pass
            except TimeoutError:
                self.lost += 1
            else:
                return socket.inet_ntoa(reply[-4:])
        raise TimeoutError("nobody answers")


def share(values: list[float], percent: float) -> float:
    """Give the value that so many percent do not exceed."""
    return sorted(values)[max(0, ceil(len(values) * percent / 100) - 1)]


def spread(values: list[float]) -> str:
    """Show how values in seconds are spread, in milliseconds."""
    marks = (("min", 0), ("median", 50), ("p90", 90), ("p99", 99), ("max", 100))
    return "  ".join(f"{name} {share(values, percent) * 1e3:.3g} ms" for name, percent in marks)


def histogram(values: list[float], width: float) -> Iterator[str]:
    """Draw how many values lie in each class of so many seconds, a mark for one in a hundred."""
    for number, count in sorted(Counter(int(value / width) for value in values).items()):
        bar = "#" * max(1, round(100 * count / len(values)))
        yield f"  {number * width * 1e3:5.0f} to {(number + 1) * width * 1e3:5.0f} ms {count:4} {bar}"
