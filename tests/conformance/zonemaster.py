"""Zonemaster's whole test of a zone of ours, from a root of our own.

It takes a network of our own: the addresses stand for name servers in different networks, and must lead nowhere but here.
"""

import json
import shutil
import subprocess
from pathlib import Path

import dns.reversename

from tests.conformance.serving import faults, served
from tests.conformance.suite import Outcome, Skip, Wrong
from tests.edges.wires import Denied, run

SUBJECT = "steered.test"
PARENTS = ("11.0.0.53", "2000:1::53")
SERVERS = {"ns1": ("22.0.0.53", "2000:2::53"), "ns2": ("33.0.0.53", "2000:3::53")}
BAD = ("WARNING", "ERROR", "CRITICAL")
KNOWN: dict[str, str] = {}
"""Tags of messages of these levels that need not be heeded, and why."""
_SOA = "@ 86400 SOA {mname} hostmaster 2026112101 14400 3600 1209600 3600\n@ 86400 NS {mname}\n"
_SERVER = "[server]\nlisten = {listen}\nrate_limit = 0\n"
_ZONE = """
[[zone]]
name = "{name}"
chain = ["round_robin", "ttl", {{ use = "zone", records = '''{records}''' }}]
"""
_STEERED = """
[pools.web]
addresses = ["22.0.0.80", "33.0.0.80"]

[[domain]]
name = "www.steered.test"
type = "A"
pools = ["web"]
"""


def suite(folder: Path, *, is_alone: bool) -> Outcome:
    """Test the zone; each message of level WARNING or worse is a case that did not pass."""
    program = shutil.which("zonemaster-cli")
    if program is None:
        raise Skip("zonemaster-cli is not installed")
    if not is_alone:
        raise Skip("no network of our own can be had here")
    try:
        for pair in (PARENTS, *SERVERS.values()):
            run(f"ip addr add {pair[0]} dev lo", f"ip -6 addr add {pair[1]}/128 dev lo nodad")
    except Denied as reason:
        raise Skip(str(reason).strip()) from None
    hints = folder / "hints"
    hints.write_text(". 86400 NS ns.parent.test.\n" + hosts("ns.parent.test.", PARENTS))
    (folder / "above").mkdir()
    (folder / "below").mkdir()
    with served(folder / "above", above()) as parents, served(folder / "below", below()) as server:
        command = [program, "--hints", str(hints), "--json", "--level", "INFO", "--no-progress", SUBJECT]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=280)
        heard = faults(parents) + faults(server)
    if not done.stdout.strip():
        raise Skip(f"zonemaster-cli ended with {done.returncode}: {done.stderr.strip()[-300:]}")
    found = json.loads(done.stdout)
    messages = found["results"] if isinstance(found, dict) else found  # as of which version it is
    wrong = [
        Wrong(told["tag"], str(told.get("args", "")), KNOWN.get(told["tag"], ""))
        for told in messages
        if told["level"] in BAD
    ]
    return Outcome(len(messages), (*wrong, *(Wrong("the server's log", line) for line in heard)))


def below() -> str:
    """Write the Corefile of the zone that is tested."""
    records = _SOA.format(mname="ns1") + "@ 86400 NS ns2\n@ 86400 MX 10 mail\nmail 86400 A 22.0.0.25\n"
    records += '@ 86400 TXT "v=spf1 -all"\n@ 86400 A 22.0.0.80\n'
    records += "".join(hosts(name, pair) for name, pair in SERVERS.items())
    return served_at(*SERVERS.values()) + _ZONE.format(name=SUBJECT, records=records) + _STEERED


def above() -> str:
    """Write the Corefile of the root, of the zone's parent, and of where Zonemaster looks addresses up."""
    zones = {".": "test. 86400 NS ns.parent.test.\n" + hosts("ns.parent.test.", PARENTS)}
    zones["test"] = hosts("ns.parent", PARENTS)
    zones["arpa"] = zones["asnlookup.zonemaster.net"] = ""
    for number, (name, pair) in enumerate(SERVERS.items(), 1):
        zones["test"] += f"steered 86400 NS {name}.steered\n" + hosts(f"{name}.steered", pair)
        for address in pair:
            turned = str(dns.reversename.from_address(address))
            origin = turned.replace("in-addr.arpa.", "origin").replace("ip6.arpa.", "origin6")
            network = "2000::/16" if ":" in address else "0.0.0.0/8"
            zones["arpa"] += f"{turned} 300 PTR {name}.{SUBJECT}.\n"
            zones["asnlookup.zonemaster.net"] += (
                f'{origin} 300 TXT "{64496 + number} | {network} | ZZ | none | 2026-01-01"\n'
            )
    soa = _SOA.format(mname="ns.parent.test.")
    return served_at(PARENTS) + "".join(_ZONE.format(name=name, records=soa + text) for name, text in zones.items())


def hosts(name: str, pair: tuple[str, str]) -> str:
    """Write the address records of a server."""
    return f"{name} 86400 A {pair[0]}\n{name} 86400 AAAA {pair[1]}\n"


def served_at(*pairs: tuple[str, str]) -> str:
    """Write where a server listens."""
    return _SERVER.format(listen=json.dumps([place for four, six in pairs for place in (f"{four}:53", f"[{six}]:53")]))
