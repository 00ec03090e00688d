"""CPU time for each query, in one interleaved run: ours beside a bare echo loop, and beside gdnsd where it is installed.

Prints medians over rounds and ratios to the echo loop. Absolute times belong to the machine; the ratios are what counts.
"""

import contextlib
import ipaddress
import os
import random
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import dns.edns
import dns.message

from gtm.config.load import load
from gtm.engine import Engine

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "1"))

COREFILE = """
[server]
listen = ["127.0.0.1:{port}"]
watch = false

[[zone]]
name = "bench.example"
chain = [
  {{ use = "geo", databases = ["{demo}"] }}, "lines", "health", "nearest", "weighted", "round_robin", "ttl", "rescue",
  {{ use = "zone", records = '''
@ 300 SOA ns hostmaster 1 3600 600 86400 300
@ NS ns
ns A 192.0.2.53
static A 192.0.2.80
''' }},
]

[pools.a]
policy = "weighted"
addresses = [{{ value = "192.0.2.1", weight = 3 }}, {{ value = "192.0.2.2", weight = 1 }}]

[pools.b]
addresses = ["192.0.2.3"]

[[domain]]
name = "weighted.bench.example"
type = "A"
pools = ["a"]

[[domain]]
name = "near.bench.example"
type = "A"
policy = "nearest"
pools = [{{ pool = "a", lines = ["internal"] }}, {{ pool = "b", lines = ["default"] }}]
"""

GDNSD_ZONE = """
@ SOA ns hostmaster 1 3600 600 86400 300
@ NS ns
ns A 192.0.2.53
static A 192.0.2.80
weighted 30 DYNA weighted!w
"""
GDNSD_CONFIG = """
options => {{ listen => [127.0.0.1:{port}], run_dir => {dir}/run, state_dir => {dir}/state }}
plugins => {{ weighted => {{ service_types => up, w => {{ a => [192.0.2.1, 3], b => [192.0.2.2, 1] }} }} }}
"""


def queries() -> dict[str, list[bytes]]:
    """Build the packets of each case."""
    chance = random.Random(1)
    networks = [ipaddress.ip_address(chance.getrandbits(24) << 8) for _ in range(10_000)]

    def plain(name: str) -> list[bytes]:
        return [dns.message.make_query(name, "A").to_wire() for _ in range(64)]

    near = [
        dns.message.make_query(
            "near.bench.example", "A", use_edns=0, options=[dns.edns.ECSOption(str(n), 24)]
        ).to_wire()
        for n in networks
    ]
    return {
        "weighted name": plain("weighted.bench.example"),
        "10,000 client subnets": near,
        "static name": plain("static.bench.example"),
        "nonexistent name": plain("nope.bench.example"),
    }


def free_port() -> int:
    """Find a UDP port that nobody has."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        opened.bind(("127.0.0.1", 0))
        return int(opened.getsockname()[1])


@contextlib.contextmanager
def running(*command: str, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server, and end it afterwards."""
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)


def ready(port: int, packet: bytes, log: Path) -> None:
    """Wait until a server answers."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        opened.settimeout(0.2)
        for _ in range(100):
            with contextlib.suppress(OSError):
                opened.sendto(packet, ("127.0.0.1", port))
                opened.recv(4096)
                return
            time.sleep(0.1)
    raise SystemExit(f"no server answers on port {port}; their logs:\n{log.read_text()}")


def cpu(pid: int) -> float:
    """Read the CPU seconds that a process and its children have used."""
    after_name = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    own = (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")
    return own + sum(map(cpu, map(int, children)))


def measure(pid: int, port: int, packets: Path, seconds: float = SECONDS) -> float:
    """Offer load for a round: CPU microseconds of the server for each reply."""
    before = cpu(pid)
    command = [sys.executable, str(HERE / "load.py"), str(port), str(packets), str(seconds)]
    replies = int(subprocess.run(command, check=True, capture_output=True).stdout)
    return (cpu(pid) - before) / max(replies, 1) * 1e6


def many(folder: Path) -> None:
    """Load 10,000 access domains, and walk for each of them once."""
    chain = """[[zone]]
name = "bench.example"
chain = ["health", "nearest", "sequence", "weighted", "round_robin", "ttl", "rescue",
  { use = "zone", records = "@ 300 SOA ns host 1 2 3 4 300\\n@ NS ns\\nns A 192.0.2.53" }]
"""
    tables = [
        f"""[pools.p{n}]
policy = "weighted"
addresses = [{{ value = "192.0.2.1", weight = 3 }}, "192.0.2.2", "192.0.2.3"]
[[domain]]
name = "www{n}.bench.example"
type = "A"
policy = "sequence"
pools = ["p{n}"]
"""
        for n in range(10_000)
    ]
    path = folder / "many.toml"
    path.write_text(chain + "".join(tables), encoding="utf-8")
    before = time.process_time()
    engine = Engine(load(path).service, random.Random(1))
    print(f"loading 10,000 access domains: {time.process_time() - before:.2f} s")
    taken = []
    for n in range(10_000):
        packet = dns.message.make_query(f"www{n}.bench.example", "A").to_wire()
        before = time.process_time()
        engine.answer(packet, "127.0.0.1", 0.0)
        taken.append(time.process_time() - before)
    print(f"first walk: median {statistics.median(taken) * 1e6:.0f} us, 99th of 100 {sorted(taken)[9900] * 1e6:.0f} us")


def main() -> None:
    """Measure every case in turn, round after round."""
    with tempfile.TemporaryDirectory() as name:
        many(Path(name))
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        cases = queries()
        files = {}
        for case, packets in cases.items():
            files[case] = folder / case.replace(" ", "-")
            files[case].write_text("\n".join(packet.hex() for packet in packets), encoding="ascii")
        ours, echo, other = free_port(), free_port(), free_port()
        (folder / "Corefile.toml").write_text(COREFILE.format(port=ours, demo=ROOT / "geodata/demo.mmdb"))
        gtm = [sys.executable, "-m", "gtm", "serve", str(folder / "Corefile.toml")]
        servers = {
            "echo loop": (
                stack.enter_context(running(sys.executable, str(HERE / "echo.py"), str(echo), folder=folder)),
                echo,
            ),
            "gtm": (stack.enter_context(running(*gtm, folder=folder)), ours),
        }
        runs = [("echo loop", "static name"), *(("gtm", case) for case in cases)]
        if program := shutil.which("gdnsd") or shutil.which("/usr/sbin/gdnsd"):
            config = folder / "gdnsd"
            (config / "zones").mkdir(parents=True)
            (config / "config").write_text(GDNSD_CONFIG.format(port=other, dir=folder))
            (config / "zones" / "bench.example").write_text(GDNSD_ZONE)
            command = [program, "-c", str(config), "start"]
            servers["gdnsd"] = (stack.enter_context(running(*command, folder=folder)), other)
            runs += [("gdnsd", "weighted name"), ("gdnsd", "static name")]
        for _, port in servers.values():
            ready(port, cases["static name"][0], folder / "log")
        for server, case in runs:  # every network is met once before it is measured
            measure(servers[server][0].pid, servers[server][1], files[case], 3 * SECONDS)
        found: dict[tuple[str, str], list[float]] = {run: [] for run in runs}
        for _ in range(ROUNDS):
            for server, case in runs:
                process, port = servers[server]
                found[server, case].append(measure(process.pid, port, files[case]))
        base = statistics.median(found["echo loop", "static name"])
        print(f"{'server':10} {'case':24} {'CPU us/query':>12} {'to echo':>8}   (median of {ROUNDS} rounds)")
        for (server, case), values in found.items():
            middle = statistics.median(values)
            print(f"{server:10} {case:24} {middle:12.2f} {middle / base:8.2f}")


if __name__ == "__main__":
    main()
