"""What probing thousands of targets costs, with real processes on loopback, and what those who ask questions notice of it.

The whole server has one core to itself, targets and client have the others, and the client goes before the targets. Measured
in the steady state: CPU of the control process and memory of all, as the system counts them; probes, and by how much the
worst came late, as the targets count them; and how long answers took meanwhile, as a client does that asks 300 times a
second: beside how long they take while the control process is stopped, which is what this machine adds by itself.
"""

import itertools
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import trustme

from tests.bench import targets
from tests.bench.bench import cpu
from tests.bench.served import Client, Served, asked, serving, share
from tests.edges.backends import free

SECONDS = float(os.environ.get("BENCH_SECONDS", "20"))
TARGETS = int(os.environ.get("BENCH_TARGETS", "5000"))
CORES = sorted(os.sched_getaffinity(0))
INTERVAL, TOGETHER = 10, 5
STILL = 5.0
"""Seconds for which nobody is probed: half of what the supervisor takes for a hang."""
CASES = {"tcp": TARGETS, "http": TARGETS, "https": TARGETS // 5}
TEMPLATE = """
[templates.check]
protocol = "{protocol}"
port = {port}
interval = {interval}
timeout = 3
"""
POOL = """
[pools.p{number}]
checks = ["check"]
addresses = [{addresses}]
[[domain]]
name = "www{number}.bench.example"
type = "A"
policy = "sequence"
pools = ["p{number}"]
"""


class Field:
    """The process in which all targets are."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        """Talk to it."""
        self._process = process

    def report(self) -> tuple[int, float]:
        """Give the number of probes so far, and by how many seconds the worst since the last report was late."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(file=self._process.stdin, flush=True)
        count, late = self._process.stdout.readline().split()
        return int(count), float(late)


@contextmanager
def field(port: int, certificate: str) -> Iterator[Field]:
    """Let the targets listen."""
    command = [sys.executable, "-I", targets.__file__, str(port), str(INTERVAL), certificate]
    command = ["nice", "-n", "10", *command]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        made = Field(process)
        made.report()
        yield made
        process.kill()


def corefile(protocol: str, port: int, count: int) -> str:
    """Write a configuration with so many targets."""
    found = [f'"127.1.{number // 250}.{number % 250 + 1}"' for number in range(count)]
    pools = (
        POOL.format(number=number, addresses=", ".join(found[number * TOGETHER : (number + 1) * TOGETHER]))
        for number in range(count // TOGETHER)
    )
    return TEMPLATE.format(protocol=protocol, port=port, interval=INTERVAL) + "".join(pools)


def asking(port: int, count: int, seconds: float) -> list[float]:
    """Ask all names in turn for a while; give how long each answer took."""
    client, taken, end = Client(port), [], time.monotonic() + seconds
    packets = itertools.cycle([asked(f"www{number}.bench.example") for number in range(count // TOGETHER)])
    while (began := time.perf_counter()) and time.monotonic() < end:
        client.ask(next(packets))
        taken.append(time.perf_counter() - began)
        time.sleep(0.003)
    return taken


def quiet(server: Served, count: int) -> list[float]:
    """Ask for a while in which nobody is probed; probes go on afterwards, and a turn later all is as before."""
    os.kill(server.control, signal.SIGSTOP)
    try:
        return asking(server.port, count, STILL)
    finally:
        os.kill(server.control, signal.SIGCONT)
        time.sleep(INTERVAL)


def held(pids: Iterable[int]) -> float:
    """Read how many MB processes have in memory, what they share counted once."""
    rollups = (Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines() for pid in pids)
    return sum(int(line.split()[1]) for lines in rollups for line in lines if line.startswith("Pss:")) / 1000


def measure(protocol: str, count: int, folder: Path) -> None:
    """Print one row."""
    certificate = folder / "certificate.pem"
    trustme.CA().issue_cert("www.bench.example").private_key_and_cert_chain_pem.write_to_path(certificate)
    port = free("0.0.0.0")
    with (
        field(port, str(certificate) if protocol == "https" else "") as made,
        serving(folder, corefile(protocol, port, count), CORES[:1]) as server,
    ):
        control, end = server.control, time.monotonic() + 6 * INTERVAL
        while made.report()[0] < 3 * count:  # a round at the start, early looks, and then one each in an interval
            assert time.monotonic() < end, f"{made.report()[0]} of {3 * count} probes"
            time.sleep(1)
        still = quiet(server, count)
        (before, _), used, began = made.report(), cpu(control), time.monotonic()
        taken = asking(server.port, count, SECONDS)
        (after, late), used, seconds = made.report(), cpu(control) - used, time.monotonic() - began
        probes = after - before
        print(
            f"{protocol:8} {count:7} {probes / seconds:9.0f} {used / seconds:8.1%} {used / probes * 1e6:9.0f}"
            f" {held(server.family):6.0f} {late * 1e3:8.0f} {share(taken, 50) * 1e3:8.2f} {share(taken, 99) * 1e3:8.2f}"
            f" {share(still, 99) * 1e3:8.2f}",
            flush=True,
        )


def main() -> None:
    """Measure every kind."""
    if len(CORES) > 1:
        os.sched_setaffinity(0, CORES[1:])
    print(
        f"each target once in {INTERVAL} s; measured for {SECONDS:g} s in the steady state, the server on one of {len(CORES)} cores"
    )
    print("protocol targets  probes/s  control  us/probe memory     late      p50      p99      p99")
    print("                            of core               MB       ms       ms       ms    still   of answers")
    for protocol, count in CASES.items():
        with tempfile.TemporaryDirectory() as name:
            measure(protocol, count, Path(name))


if __name__ == "__main__":
    main()
