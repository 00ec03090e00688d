"""``make conformance``: everything that others have to say of the server, in one table."""

import argparse
import os
import subprocess
import sys
from functools import partial
from pathlib import Path
from xml.etree import ElementTree as ET

from tests.conformance import corpus, ferret, genreport, machine, peers, resolver, zonemaster
from tests.conformance.suite import Line, Outcome, Skip, Suite, Wrong, table, tried
from tests.fuzz.__main__ import HAS_ATHERIS, NAMES, fuzzed

ROOT = Path(__file__).parents[2]


def suites(seconds: float, *, is_alone: bool) -> dict[str, Suite]:
    """Name all suites, in the order in which they run."""
    return {
        "ferret": ferret.suite,
        "ferret-invalid": ferret.refusals,
        "admission": partial(pytested, "tests/conformance/test_admission.py"),
        "amplification": partial(pytested, "tests/conformance/test_amplification.py"),
        "others": peers.suite,
        "genreport": genreport.suite,
        "zonemaster": partial(zonemaster.suite, is_alone=is_alone),
        "unbound": resolver.suite,
        "corpus": corpus.suite,
        "fuzz": partial(fuzz, seconds),
    }


def pytested(path: str, folder: Path) -> Outcome:
    """Run tests that say themselves what is wrong."""
    if not (ROOT / path).exists():
        raise Skip(f"there is no {path}")
    report = folder / "report.xml"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", str(ROOT / path)]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    cases = list(ET.parse(report).iter("testcase"))
    wrong = [
        Wrong(case.get("name", ""), (found.get("message") or "").partition("\n")[0])
        for case in cases
        for found in case
        if found.tag in ("failure", "error")
    ]
    skipped = sum(case.find("skipped") is not None for case in cases)
    if skipped == len(cases):
        raise Skip("its data is not beside this checkout")
    return Outcome(len(cases) - skipped, tuple(wrong))


def fuzz(seconds: float, _folder: Path) -> Outcome:
    """Share seconds out among what is fuzzed; each try is a case."""
    done = {name: fuzzed(name, seconds / len(NAMES)) for name in NAMES}
    wrong = tuple(Wrong(name, each.fault) for name, each in done.items() if each.fault)
    counts = ", ".join(f"{name} {each.count}" for name, each in done.items())
    notes = (counts, *([] if HAS_ATHERIS else ["atheris is not installed: octets were changed by chance alone"]))
    return Outcome(sum(each.count for each in done.values()) + len(wrong), wrong, notes)


def main() -> int:
    """Run what was asked for, and print the table; 1 where something is wrong that is not known to be."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="for fuzzing")
    parser.add_argument("suites", nargs="*", metavar="suite", help=f"of {', '.join(suites(0, is_alone=False))}")
    given = parser.parse_args()
    if not os.environ.get(machine.INSIDE):
        machine.widen()
        print(machine.install(machine.missing()) or "every package is there", flush=True)
    is_alone = machine.enclose()
    known = suites(given.seconds, is_alone=is_alone)
    if unknown := set(given.suites) - set(known):
        parser.error(f"no such suite: {', '.join(sorted(unknown))}")
    print(
        "in a network of our own" if is_alone else "on this machine's loopback: no network of our own can be had",
        flush=True,
    )
    lines = [shown(name, suite) for name, suite in known.items() if not given.suites or name in given.suites]
    print(table(lines))
    return int(any(line.has_failed for line in lines))


def shown(name: str, suite: Suite) -> Line:
    """Run a suite, and say meanwhile which."""
    print(f"... {name}", file=sys.stderr, flush=True)
    return tried(name, suite)


if __name__ == "__main__":
    sys.exit(main())
