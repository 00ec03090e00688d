"""A resolver that sends client subnets (Debian's unbound): it asks once for each scope, and each client gets its own answer."""

import re
import shutil
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import dns.edns
import dns.message
import dns.query

from tests.conformance import asking
from tests.conformance.peers import running
from tests.conformance.serving import faults, served
from tests.conformance.suite import Outcome, Skip, Wrong
from tests.edges.conftest import Outside, until

_COREFILE = """
[server]
listen = ["127.0.0.1:0"]
admin = "127.0.0.1:0"

[[zone]]
name = "example.com"
chain = ["lines", "nearest", "round_robin", "ttl", { use = "zone", records = '''
@ 3600 SOA ns1 hostmaster 1 3600 600 86400 300
@ 3600 NS ns1
ns1 3600 A 127.0.0.1
plain 3600 A 192.0.2.4
''' }]

[lines.north]
networks = ["10.16.0.0/20"]

[lines.south]
networks = ["10.32.0.0/20", "10.48.7.128/25"]

[pools]
north.addresses = ["192.0.2.1"]
south.addresses = ["192.0.2.2"]
rest.addresses = ["192.0.2.3"]

[[domain]]
name = "www.example.com"
type = "A"
ttl = 300
policy = "nearest"
pools = [{ pool = "north", lines = ["north"] }, { pool = "south", lines = ["south"] }, { pool = "rest", lines = ["default"] }]
"""
_UNBOUND = """
server:
  directory: "{folder}"
  chroot: ""
  username: ""
  pidfile: "{folder}/unbound.pid"
  use-syslog: no
  logfile: ""
  interface: 127.0.0.1
  port: {port}
  do-ip6: no
  do-not-query-localhost: no
  num-threads: 1
  module-config: "subnetcache iterator"
  send-client-subnet: 127.0.0.1
  max-client-subnet-ipv4: 24
  qname-minimisation: no
remote-control:
  control-enable: no
stub-zone:
  name: "example.com"
  stub-addr: 127.0.0.1@{server}
"""


@dataclass(frozen=True)
class Step:
    """What is asked for which clients, the answer of each, and how many queries of the resolver that takes."""

    what: str
    name: str
    clients: Sequence[str]
    answer: str
    count: int


STEPS = (
    Step("a /20 of one line, from all of its networks", "www", [f"10.16.{n}.7" for n in range(16)], "192.0.2.1", 1),
    Step("the same once more", "www", [f"10.16.{n}.9" for n in range(16)], "192.0.2.1", 0),
    Step("another line", "www", [f"10.32.{n}.7" for n in range(16)], "192.0.2.2", 1),
    Step("nobody's networks, far from any line", "www", [f"11.{n}.3.7" for n in range(16)], "192.0.2.3", 1),
    Step(
        "a name that is not steered, from everywhere", "plain", [f"{n}.16.3.7" for n in range(20, 36)], "192.0.2.4", 1
    ),
)


def suite(folder: Path) -> Outcome:
    """Ask the resolver for clients, and count what it asks of us."""
    if not shutil.which("unbound"):
        raise Skip("unbound is not installed")
    port = asking.free()
    with served(folder, _COREFILE) as server:
        (folder / "unbound.conf").write_text(_UNBOUND.format(folder=folder, port=port, server=server.port))
        with running(["unbound", "-d", "-c", str(folder / "unbound.conf")], folder / "unbound.log"):
            asking.await_answers(port)
            wrong = [wrong for step in STEPS for wrong in tried(server, port, step)]
        wrong += [Wrong("the server's log", line) for line in faults(server)]
    return Outcome(2 * len(STEPS), tuple(wrong))


def tried(server: Outside, port: int, step: Step) -> Iterator[Wrong]:
    """Ask for each client; yield what is not as it should be."""
    before = asked(server)
    for client in step.clients:
        got = answered(port, f"{step.name}.example.com", client)
        if got != [step.answer]:
            yield Wrong(step.what, f"{client} got {got}, not {step.answer}")
            break
    count = asked(server) - before
    if count != step.count:
        yield Wrong(step.what, f"the resolver asked {count} times, not {step.count}")


def answered(port: int, name: str, client: str) -> list[str]:
    """Ask for a client's network."""
    query = dns.message.make_query(name, "A", options=[dns.edns.ECSOption(client, 24)])
    reply = dns.query.udp(query, asking.HOST, timeout=asking.PATIENCE, port=port)
    return [record.to_text() for rrset in reply.answer for record in rrset]


def asked(server: Outside) -> int:
    """Tell how many address queries the server has answered: all of them, once one more of another type is counted."""
    marks = counted(server, "SOA")
    dns.query.udp(dns.message.make_query("example.com", "SOA"), asking.HOST, timeout=asking.PATIENCE, port=server.port)
    until(lambda: counted(server, "SOA") > marks)
    return counted(server, "A")


def counted(server: Outside, qtype: str) -> int:
    """Read a counter at the admin door."""
    door = server.wait_for(r"admin door at (\S+)")[1]
    with urllib.request.urlopen(f"{door}/metrics", timeout=asking.PATIENCE) as reply:
        text = reply.read().decode()
    pattern = rf'^gtm_queries_total{{[^}}]*type="{qtype}"[^}}]*}} (\S+)'
    return int(sum(float(found) for found in re.findall(pattern, text, re.MULTILINE)))
