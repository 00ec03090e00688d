"""How long a dead backend stays in the answers, with real processes on loopback: the whole time, and its last step.

First: from the death (the moment before the signal, or before the word to answer 503) to the first answer without the
backend, asked every millisecond, beside the bound that ``gtm check`` prints. Then, with 1,000 access domains that all
answer with it, under load: from the verdict (``since`` of the check in ``/status``, to the millisecond) to the arrival of
the first answer without it, asked of one name after the other. Clock and prober, worker and client are on one machine.
"""

import contextlib
import itertools
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

from tests.bench import load
from tests.bench.served import Client, Served, asked, histogram, serving, spread
from tests.edges.backends import Backend, backends, free

TRIALS = int(os.environ.get("BENCH_TRIALS", "100"))
RATE = int(os.environ.get("BENCH_RATE", "5000"))
DOMAINS = 1000
QUIET = 0.5
"""Seconds after one change before the next, so that every name is asked meanwhile."""
TWO = "127.0.0.3"
Act = Callable[[Backend], None]
DEATHS: dict[str, tuple[Act, Act]] = {
    "killed": (Backend.kill, Backend.revive),
    "hung": (Backend.hang, Backend.resume),
    "503": (lambda one: one.say("status 503"), lambda one: one.say("well")),
}
TEMPLATE = """
[templates.web]
protocol = "http"
port = {port}
interval = {interval}
timeout = 0.2
fall = {fall}
confirm = 0.1
"""
POOL = """
[pools.{name}]
policy = "sequence"
checks = ["web"]
addresses = ["{one}", "127.0.0.3"]
"""
DOMAIN = """
[[domain]]
name = "{name}.bench.example"
type = "A"
ttl = 5
policy = "sequence"
pools = ["{pool}"]
"""


def until(client: Client, packets: Iterator[bytes], *, gone: str, there: str = "") -> float:
    """Ask every millisecond until an answer is without an address, or holds another; give the time of day."""
    while (found := client.ask(next(packets))) == gone or (there and found != there):
        time.sleep(0.001)
    return time.time()


def trials(server: Served, name: str, one: Backend) -> list[float]:
    """Let a backend die and come back, again and again; give the seconds from each death to the first answer without it."""
    die, recover = DEATHS[name]
    client, packets = Client(server.port), itertools.repeat(asked(f"{name}.bench.example"))
    chance, taken = random.Random(name), []
    for _ in range(TRIALS):
        until(client, packets, gone=TWO, there=one.address)
        time.sleep(chance.random() * 0.2)  # at any moment between two probes
        began = time.time()
        die(one)
        taken.append(until(client, packets, gone=one.address) - began)
        recover(one)
    return taken


def deaths(folder: Path) -> None:
    """Measure the whole time, for each kind of death; the kinds side by side."""
    ones = [f"127.0.0.{4 + number}" for number in range(len(DEATHS))]
    port = free(TWO, *ones)
    pools = "".join(
        POOL.format(name=name, one=one) + DOMAIN.format(name=name, pool=name)
        for name, one in zip(DEATHS, ones, strict=True)
    )
    with (
        backends(port, *ones, TWO) as made,
        serving(folder, TEMPLATE.format(port=port, interval=0.2, fall=2) + pools) as server,
        ThreadPoolExecutor() as threads,
    ):
        print("from the death of a backend to the first answer without it")
        print(f"the bound: {server.bound()}")
        runs = [threads.submit(trials, server, name, one) for name, one in zip(DEATHS, made[:-1], strict=True)]
        for name, run in zip(DEATHS, runs, strict=True):
            taken = run.result()
            swift = sum(seconds < 1 for seconds in taken)
            print(f"\n{name}: {spread(taken)}; under one second in {swift} of {len(taken)}")
            print("\n".join(histogram(taken, 0.1)))


@contextlib.contextmanager
def loaded(folder: Path, port: int, names: list[str]) -> Iterator[None]:
    """Let somebody ask for all names, at a rate; without dnsperf, as fast as one process may."""
    seconds = 3600
    if program := shutil.which("dnsperf"):
        (folder / "names").write_text("".join(f"{name} A\n" for name in names), encoding="ascii")
        command = [program, "-s", "127.0.0.1", "-p", str(port), "-d", str(folder / "names")]
        command += ["-l", str(seconds), "-Q", str(RATE)]
    else:
        (folder / "packets").write_text("\n".join(asked(name).hex() for name in names), encoding="ascii")
        command = [sys.executable, load.__file__, str(port), str(folder / "packets"), str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            yield
        finally:
            process.send_signal(2)
            said = process.communicate(timeout=10)[0]
            rate = re.search(r"Queries per second:\s+([\d.]+)", said)
            print(f"load: {float(rate[1]):.0f} queries a second" if rate else "load: bursts of 64 queries")


def steps(folder: Path, count: int) -> None:
    """Measure the last step under load, where so many of all access domains answer with the backend."""
    one, other, names = "127.0.0.2", "127.0.0.4", [f"www{number}" for number in range(DOMAINS)]
    port, taken = free(one, TWO, other), []
    text = TEMPLATE.format(port=port, interval=0.2, fall=1)
    text += POOL.format(name="web", one=one) + POOL.format(name="other", one=other)
    text += "".join(DOMAIN.format(name=name, pool="web" if n < count else "other") for n, name in enumerate(names))
    domains = [f"{name}.bench.example" for name in names]
    print(f"\nfrom the verdict to the first answer without the backend, in {count} of {DOMAINS} access domains")
    with backends(port, one, TWO, other) as made, serving(folder, text) as server, loaded(folder, server.port, domains):
        client, packets = Client(server.port), itertools.cycle([asked(domain) for domain in domains[:count]])
        for _ in range(2 * TRIALS):
            until(client, packets, gone=TWO, there=one)
            time.sleep(QUIET)
            made[0].say("status 503")
            answered = until(client, packets, gone=one)
            told = server.status(domains[0])["pools"][0]["addresses"][0]["checks"][0]
            taken.append(answered - datetime.fromisoformat(told["since"]).timestamp())
            made[0].say("well")
    print(f"{len(taken)} verdicts: {spread(taken)}; {client.lost} queries had to be asked again")
    print("\n".join(histogram(taken, 0.005)))


def main() -> None:
    """Measure both."""
    for measure in (deaths, lambda folder: steps(folder, 1), lambda folder: steps(folder, DOMAINS)):
        with tempfile.TemporaryDirectory() as name:
            measure(Path(name))


if __name__ == "__main__":
    main()
