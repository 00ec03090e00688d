"""Two hundred thousand mutated packets in one run: nothing escapes, nothing grows, and the next good query is answered."""

import gc
import sys
import tarfile
from pathlib import Path
from random import Random

from gtm import codes
from gtm.chain.plan import Plans
from gtm.chain.store import Store
from tests.chain.making import NOON, All, Static, alias, domain, engine, host, pool, query
from tests.engine.reading import values

CORPUS = Path(__file__).parents[2].parent / "shared" / "conformance" / "dns_message_parse.tar.xz"
COUNT, PARTS = 200_000, 5
OWN = [
    query("www.example.com"),
    query("WWW.example.com", edns=True, do=True),
    query("www.example.com", subnet="203.0.113.0/24"),
    query("www.example.com", subnet="2001:db8::/56"),
    query("nowhere.example.com", "TXT", edns=True),
    query("alias.example.com", "A"),
    query("example.org", "ANY", flags=0),
    query("example.com", "AXFR"),
]


def seeds():
    """Collect our own queries, and the messages of others where they lie beside the checkout."""
    found = OWN * 40  # about as many as there are of the others
    if CORPUS.exists():
        with tarfile.open(CORPUS) as archive:
            found += [archive.extractfile(entry).read() for entry in archive if entry.isfile()]
    return [packet for packet in found if packet]


def mutated(packet, others, chance):
    """Change a packet in one to four ways."""
    octets = bytearray(packet)
    for _ in range(chance.choice((1, 1, 2, 4))):
        kind, at = chance.randrange(7), int(chance.random() * len(octets)) if octets else 0
        if kind < 3 and octets:
            octets[at] = chance.choice((0, 1, 0x3F, 0x40, 0x80, 0xC0, 0xFF, int(chance.random() * 256)))
        elif kind == 3 and octets:
            octets[at] ^= 1 << chance.randrange(8)
        elif kind == 4:
            del octets[at:]
        elif kind == 5:
            octets[at:at] = chance.randbytes(chance.randrange(1, 9))
        else:
            other = chance.choice(others)
            octets[at:] = other[int(chance.random() * len(other)) :]
    return bytes(octets[:4096])


def checked(packet, reply):
    """Check what holds for every reply, whatever was asked."""
    if len(packet) < 12 or packet[2] & 0x80:
        assert reply is None
        return
    assert reply is not None
    assert len(reply) >= 12
    assert reply[:2] == packet[:2]
    assert reply[2] & 0x80
    assert reply[2] & 0x79 == packet[2] & 0x79
    assert reply[3] & 0xF0 == 0
    assert len(reply) <= 1232


def resident():
    """Give the octets that the process occupies; 0 where the system does not tell."""
    statm = Path("/proc/self/statm")
    return int(statm.read_text(encoding="ascii").split()[1]) * 4096 if statm.exists() else 0


def small(reports):
    """Make an engine whose stores are full soon: memory that still grows then is a leak."""
    static = Static(
        {
            ("alias.example.com", codes.A): alias("alias.example.com", "b.example.com"),
            ("b.example.com", codes.A): host("b.example.com"),
        }
    )
    found = domain("www.example.com", pool("p", "192.0.2.1"))
    server = engine([All(), static], found, report=lambda error, question: reports.append(error))
    server._plans, server._reception.visitors = Plans(questions=500, plans=5_000), Store(500)
    return server


def test_two_hundred_thousand_mutated_packets_change_nothing():
    reports, sizes = [], []
    server, chance, others, good = small(reports), Random(1), seeds(), query("www.example.com")
    for _ in range(PARTS):
        for number in range(COUNT // PARTS):
            packet = mutated(others[number % len(others)], others, chance)
            checked(packet, server.answer(packet, "198.51.100.7", NOON))
            if number % 1000 == 0:
                assert values(server.answer(good, "198.51.100.7", NOON)) == ["192.0.2.1"]
        gc.collect()
        sizes.append((sys.getallocatedblocks(), resident()))
    assert reports == []
    blocks, octets = ([size[kind] for size in sizes[1:]] for kind in (0, 1))
    assert max(blocks) - min(blocks) < 10_000, blocks
    assert max(octets) - min(octets) < 8_000_000, octets
    assert server.walks > 5_000
