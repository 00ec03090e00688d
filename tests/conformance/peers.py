"""Servers of others, where Debian's packages brought them: the same zone on a loopback port, asked the same messages."""

import contextlib
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from dns.exception import DNSException

from tests.conformance import asking
from tests.conformance.messages import CASES, ZONE, Case
from tests.conformance.replies import told
from tests.conformance.suite import Outcome, Skip

WAIT = 0.2
"""Seconds in which a server on this machine answers, if it does."""
SERVED = f"$ORIGIN example.com.\n{ZONE}"
_NSD = """
server:
  ip-address: 127.0.0.1@{port}
  username: ""
  chroot: ""
  zonesdir: "{folder}"
  database: ""
  pidfile: "{folder}/nsd.pid"
  xfrdfile: "{folder}/xfrd.state"
  zonelistfile: "{folder}/zone.list"
  xfrdir: "{folder}"
  server-count: 1
  identity: "one"
  version: "one"
  nsid: "ascii_one"
  answer-cookie: yes
  rrl-ratelimit: 0
remote-control:
  control-enable: no
zone:
  name: example.com
  zonefile: zone
"""
_KNOT = """
server:
  rundir: "{folder}"
  listen: 127.0.0.1@{port}
  identity: one
  version: one
  nsid: one
database:
  storage: "{folder}"
template:
  - id: default
    storage: "{folder}"
    global-module: mod-cookies
zone:
  - domain: example.com
    file: zone
    zonefile-load: whole
    semantic-checks: off
"""
_NAMED = """
options {{
  directory "{folder}";
  listen-on port {port} {{ 127.0.0.1; }};
  listen-on-v6 {{ none; }};
  pid-file "{folder}/named.pid";
  session-keyfile "{folder}/session.key";
  managed-keys-directory "{folder}";
  recursion no;
  dnssec-validation no;
  allow-transfer {{ none; }};
  server-id "one";
  version "one";
}};
controls {{ }};
zone "example.com" {{ type primary; file "zone"; }};
"""
PEERS: dict[str, tuple[str, Callable[[str], list[str]]]] = {
    "nsd": (_NSD, lambda path: ["nsd", "-d", "-c", path]),
    "knotd": (_KNOT, lambda path: ["knotd", "-c", path]),
    "named": (_NAMED, lambda path: ["named", "-g", "-c", path]),
}


def suite(_folder: Path) -> Outcome:
    """Ask them the messages of the admission matrix over UDP, and note in which ours stands alone. Nothing here can fail."""
    names = [name for name in PEERS if shutil.which(name)]
    if not names:
        raise Skip("none of them is installed")
    with contextlib.ExitStack() as stack:
        ports = [stack.enter_context(serving(name)) for name in names]
        notes = tuple(note for case in CASES for note in compared(case, [asked(port, case) for port in ports]))
    return Outcome(len(CASES), (), (f"asked as well: {', '.join(names)}", *notes))


def compared(case: Case, others: list[str]) -> Iterator[str]:
    """Yield a note where ours differs from all of them in code, flags, the number of answers, or whether there is an OPT."""
    if essence(case.gets) not in map(essence, others):
        yield f"{case.name}: ours {case.gets}; theirs {' | '.join(sorted(set(others)))}"


def essence(gets: str) -> tuple[str, ...]:
    """Leave out what a server may add as it likes: authority and additional records, and options."""
    words = gets.split()
    counts = next((word for word in words if "/" in word), "")
    return (
        *words[: words.index(counts) if counts else None],
        counts.split("/")[1] if counts else "",
        str("opt" in words),
    )


def asked(port: int, case: Case) -> str:
    """Ask one of them; what it answers may be wrong in itself."""
    try:
        return told(case.packet, asking.within(port, case.packet, WAIT))
    except (AssertionError, DNSException) as fault:
        return f"unreadable: {fault}"


@contextlib.contextmanager
def serving(name: str) -> Iterator[int]:
    """Serve the zone by one of them for as long as this lasts; give the port."""
    text, command = PEERS[name]
    with tempfile.TemporaryDirectory(prefix="gtm-peer-") as made:
        folder, port = Path(made), asking.free()
        (folder / "zone").write_text(SERVED)
        (folder / "conf").write_text(text.format(port=port, folder=folder))
        with running(command(str(folder / "conf")), folder / "log"):
            asking.await_answers(port)
            yield port


@contextlib.contextmanager
def running(command: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process that logs to a file, and end it."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
