"""Row "spoofed-source amplification": what an example sends over UDP without a cookie is at most four times what it was asked with."""

import tomllib
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from random import Random

import dns.message
import dns.name
import dns.rdatatype
import dns.zone
import pytest

from gtm.config.load import load
from gtm.engine import Engine
from tests.conformance.messages import NSID, edns, message, option, question, subnet, tsig

ROOT = Path(__file__).parents[2]
FILES = [ROOT / "Corefile.toml", *sorted((ROOT / "examples").glob("*.toml"))]
EXAMPLES = [path for path in FILES if "zone" in tomllib.loads(path.read_text(encoding="utf-8"))]
TYPES = [
    "A",
    "NS",
    "CNAME",
    "SOA",
    "PTR",
    "MX",
    "TXT",
    "AAAA",
    "SRV",
    "NAPTR",
    "DS",
    "DNSKEY",
    "SVCB",
    "HTTPS",
    "CAA",
    "ANY",
    "TYPE666",
]
MOST = 4.0


def asked(text: str, qtype: str, qclass: int = 1) -> Iterator[bytes]:
    """Yield the ways to ask a question: without EDNS, and with what may make the reply larger."""
    plain = question(text, dns.rdatatype.from_text(qtype), qclass)
    yield message(plain)
    for options in ((), (option(NSID),), (subnet(1, 0, 0, b""),), (subnet(1, 24, 0, b"\xdf\6\0"),)):
        yield edns(*options, asked=plain, size=65535, flags=0x8000)
    yield message(plain, tsig(), counts=(1, 0, 0, 1))


def names(path: Path) -> set[str]:
    """List the names of an example: those of its zones, those that are steered, and some that do not exist."""
    told = tomllib.loads(path.read_text(encoding="utf-8"))
    found = {domain["name"] for domain in told.get("domain", ())}
    for zone in told["zone"]:
        origin = dns.name.from_text(zone["name"])
        for entry in zone["chain"]:
            if isinstance(entry, dict) and entry["use"] == "zone":
                text = entry.get("records") or (path.parent / entry["file"]).read_text(encoding="utf-8")
                read = dns.zone.from_text(text, origin, relativize=False, check_origin=False, allow_include=False)
                found |= {str(owner) for owner in read}
        found |= {str(origin), f"nowhere.{zone['name']}", f"a.{'b' * 63}.{zone['name']}"}
    return found | {".", "example.org"}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_a_reply_is_at_most_four_times_as_long_as_its_query(path):
    loaded = load(path)
    engine = Engine(loaded.service, Random(1), conduct=loaded.server.conduct)
    ratios = {}
    for text, qtype in product(names(path), TYPES):
        for packet in asked(text, qtype):
            reply = engine.answer(packet, "127.0.0.1", 1_750_000_000.0)
            ratios[len(reply) / len(packet), text, qtype, len(packet), len(reply)] = packet
    for text in ("version.bind", "id.server"):
        for packet in asked(text, "TXT", 3):
            reply = engine.answer(packet, "127.0.0.1", 1_750_000_000.0)
            ratios[len(reply) / len(packet), text, "TXT", len(packet), len(reply)] = packet
    too_much = sorted((ratio for ratio in ratios if ratio[0] > MOST), reverse=True)
    assert too_much == []
    assert max(ratios)[0] > 1, "nothing was answered"
