"""Fuzz: ``python -m tests.fuzz [--seconds N] [--seed N] [target ...]``; by atheris where it is installed, else by chance alone."""

import argparse
import importlib.util
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random

NAMES = ("decoder", "engine-udp", "engine-tcp", "proxy", "zone")
HAS_ATHERIS = importlib.util.find_spec("atheris") is not None
FOUND = Path("build") / "fuzz"
"""Where octets are left that showed a fault."""


@dataclass(frozen=True)
class Fuzzed:
    """How often a target was tried, and what was said of the fault that it showed, if it did."""

    count: int
    fault: str = ""


def main() -> int:
    """Share the time out among the targets, and tell whether none of them showed a fault."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="for all targets together")
    parser.add_argument(
        "--seed", type=int, default=int(time.time()), help="for the same tries again; another in each run"
    )
    parser.add_argument("--guided", metavar="TARGET", choices=NAMES, help=argparse.SUPPRESS)
    parser.add_argument("targets", nargs="*", metavar="target", help=f"of {', '.join(NAMES)}")
    given = parser.parse_args()
    if given.guided:
        guided(given.guided, given.seconds, given.seed)
    chosen = given.targets or NAMES
    if unknown := set(chosen) - set(NAMES):
        parser.error(f"no such target: {', '.join(sorted(unknown))}")
    print(f"seed {given.seed}", flush=True)
    failed = False
    for name in chosen:
        print(
            f"{name}: {given.seconds / len(chosen):.0f} s, {'by atheris' if HAS_ATHERIS else 'by chance'}", flush=True
        )
        done = fuzzed(name, given.seconds / len(chosen), given.seed)
        print(f"  {done.fault or f'{done.count} tries'}", flush=True)
        failed |= bool(done.fault)
    return int(failed)


def fuzzed(name: str, seconds: float, seed: int = 1) -> Fuzzed:
    """Fuzz one target."""
    FOUND.mkdir(parents=True, exist_ok=True)
    if not HAS_ATHERIS:
        return tried(name, seconds, seed)
    command = [sys.executable, "-m", "tests.fuzz", "--guided", name, "--seconds", str(seconds), "--seed", str(seed)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, errors="replace")
    said = done.stdout + done.stderr
    count = re.search(r"number_of_executed_units: (\d+)", said)
    if done.returncode or not count:
        said = said[said.find("Uncaught") :] if "Uncaught" in said else said
        return Fuzzed(0, said[-3000:].strip() or f"it ended with {done.returncode}")
    return Fuzzed(int(count[1]))


def guided(name: str, seconds: float, seed: int) -> None:
    """Let atheris look for octets that lead somewhere new, from the target's own on; it ends the process itself."""
    import atheris  # noqa: PLC0415  not everybody has it

    with atheris.instrument_imports(include=["gtm", "gtm_plugins"]):
        from tests.fuzz.targets import targets  # noqa: PLC0415  importing the server is what is watched
    target = targets()[name]
    with tempfile.TemporaryDirectory(prefix="gtm-fuzz-") as folder:
        for number, octets in enumerate(target.seeds):
            (Path(folder) / str(number)).write_bytes(octets)
        limits = ["-max_len=65535", "-timeout=10", "-rss_limit_mb=2048", "-print_final_stats=1", f"-seed={seed}"]
        where = f"-artifact_prefix={FOUND}/{name}-"
        atheris.Setup([sys.argv[0], folder, f"-max_total_time={max(1, int(seconds))}", where, *limits], target.run)
        atheris.Fuzz()


def tried(name: str, seconds: float, seed: int) -> Fuzzed:
    """Change the target's octets at random for so long."""
    from tests.engine.test_flood import mutated  # noqa: PLC0415  it imports the server, which atheris wants to see
    from tests.fuzz.targets import targets  # noqa: PLC0415  likewise

    target, chance, end, count = targets()[name], Random(seed), time.monotonic() + seconds, 0
    while time.monotonic() < end:
        octets = mutated(target.seeds[count % len(target.seeds)], target.seeds, chance)
        try:
            target.run(octets)
        except Exception as fault:  # noqa: BLE001  whatever it is, it is a find
            path = FOUND / f"{name}-crash"
            path.write_bytes(octets)
            return Fuzzed(count, f"{type(fault).__name__}: {fault}; see {path}")
        count += 1
    return Fuzzed(count)


if __name__ == "__main__":
    sys.exit(main())
