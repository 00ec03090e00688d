"""ISC's compliance tests, where their program ``genreport`` is on the PATH. The project carries neither its code nor a recipe for it."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.conformance.messages import ZONE
from tests.conformance.serving import faults, served
from tests.conformance.suite import Outcome, Skip, Wrong

GROUPS = (("-f", "-c"), ("-t",), ("-i", "dnswkk"))
"""Its options for the tests of messages and EDNS, of record types, and of TSIG with a key that everybody knows."""
KNOWN = {
    (
        "opcodeflg",
        "rd",
    ): "RD is copied into every reply (RFC 1035 section 4.1.1), as Knot does; the test wants it cleared",
    (
        "dnswkk",
        "notauth,badkey",
    ): "nobody has that key here, so RFC 8945 section 5.2.1 wants this; NSD, Knot and BIND get the same",
}
"""What need not be ``ok``, and why."""
_COREFILE = f"""
[server]
listen = ["127.0.0.1:0"]

[[zone]]
name = "example.com"
chain = ["ttl", {{ use = "zone", records = '''{ZONE}''' }}]
"""


def suite(folder: Path) -> Outcome:
    """Ask all that it can ask of one server."""
    program = shutil.which("genreport")
    if program is None:
        raise Skip("genreport is not on the PATH")
    results: list[tuple[str, str]] = []
    with served(folder, _COREFILE) as server:
        for options in GROUPS:
            command = [program, *options, "-P", str(server.port)]
            given = "example.com ns1.example.com 127.0.0.1\n"
            done = subprocess.run(command, input=given, capture_output=True, text=True, check=True, timeout=120)
            results += read(done.stdout)
    wrong = [Wrong(test, found, KNOWN.get((test, found), "")) for test, found in results if found != "ok"]
    wrong += [Wrong("the server's log", line) for line in faults(server)]
    return Outcome(len(results), tuple(wrong))


def read(output: str) -> Iterator[tuple[str, str]]:
    """Yield each test with what was found; options that a server supports are told behind ``ok``, and left out."""
    for line in output.splitlines():
        for word in line.partition("): ")[2].split():
            test, _, found = word.partition("=")
            yield test, "ok" if found.split(",")[0] == "ok" else found
