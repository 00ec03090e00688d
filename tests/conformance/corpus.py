"""The packets of BIND's fuzzer and mutations of them, sent to a server as users run it, over UDP and over TCP.

Nothing may make it stop, tell of a fault, answer a response, leave a query without an answer, or answer with what a client
can't read. Each packet has an identifier of its own, so that every reply is known to be to what.
"""

import contextlib
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

from tests.conformance import asking
from tests.conformance.replies import fits, parsed
from tests.conformance.serving import faults, served
from tests.conformance.suite import Outcome, Skip, Wrong
from tests.conformance.test_admission import COREFILE
from tests.engine.test_flood import CORPUS, mutated, seeds

MUTATIONS = 100_000
BATCH = 64
LARGEST = 4096
"""Octets of the largest datagram that is looked at; one that is longer gets no answer."""
Sent = Callable[[list[bytes]], list[bytes]]


def suite(folder: Path, count: int = MUTATIONS) -> Outcome:
    """Send them all, once over each transport."""
    if not CORPUS.exists():
        raise Skip("the corpus is not beside this checkout")
    wrong: list[Wrong] = []
    with served(folder, COREFILE) as server:
        sent = stamped(packets(count))
        with asking.datagrams(server.port) as client:
            client.settimeout(asking.PATIENCE)
            wrong += judged("udp", sent, lambda batch: by_datagrams(client, batch))
        wrong += judged("tcp", sent, lambda batch: by_stream(server.port, batch))
        asking.await_answers(server.port)
        wrong += [Wrong("the server's log", line) for line in faults(server)]
    return Outcome(2 * len(sent), tuple(wrong))


def packets(count: int, seed: int = 4) -> Iterator[bytes]:
    """Yield the corpus, then mutations of it; every other one is made a query, since most of the corpus are responses."""
    others, chance = seeds(), Random(seed)
    yield from others
    for number in range(count):
        packet = mutated(others[number % len(others)], others, chance)
        yield packet[:2] + bytes((packet[2] & 0x7F,)) + packet[3:] if number % 2 and len(packet) > 2 else packet


def stamped(found: Iterator[bytes]) -> list[bytes]:
    """Give each packet an identifier of its own, which no other has within a batch or near it; none that of the last query."""
    last = int.from_bytes(asking.LAST[:2])
    return [(number % last).to_bytes(2) + packet[2:] for number, packet in enumerate(found)]


def judged(transport: str, sent: list[bytes], send: Sent) -> Iterator[Wrong]:
    """Send packets in batches; yield what is not as it should be, but no more than ten of it."""
    seen: set[bytes] = set()
    count = 0
    for batch in batches(sent):
        for wrong in compared(transport, batch, send(batch), seen):
            yield wrong
            count += 1
            if count == 10:
                return


def batches(sent: list[bytes]) -> Iterator[list[bytes]]:
    """Yield packets in batches; one that is shorter than a header ends its batch, as it may end a connection."""
    batch: list[bytes] = []
    for packet in sent:
        batch.append(packet)
        if len(batch) == BATCH or len(packet) < 12:
            yield batch
            batch = []
    yield batch


def compared(transport: str, batch: list[bytes], replies: list[bytes], seen: set[bytes]) -> Iterator[Wrong]:
    """Compare the replies to a batch with what it must get; those that were ``seen`` can be read."""
    waiting = {packet[:2]: packet for packet in batch if is_answered(transport, packet)}
    for reply in replies:
        packet = waiting.pop(reply[:2], None)
        if packet is None:
            yield Wrong(
                f"{transport} {[one.hex() for one in batch if one[:2] == reply[:2]]}", "got an answer, or a second one"
            )
            continue
        try:
            fits(packet, reply)
            assert transport == "tcp" or len(reply) <= 1232, f"{len(reply)} octets"
            if reply[2:] not in seen:
                parsed(reply)
                seen.add(reply[2:])
        except Exception as fault:  # noqa: BLE001  whatever dnspython or a check says of it
            yield Wrong(f"{transport} {packet.hex()}", f"{reply.hex()}: {type(fault).__name__} {fault}")
    for packet in waiting.values():
        yield Wrong(f"{transport} {packet.hex()}", "got no answer")


def is_answered(transport: str, packet: bytes) -> bool:
    """Tell whether a packet must get an answer: a query or what claims to be one."""
    return len(packet) >= 12 and not packet[2] & 0x80 and (transport == "tcp" or len(packet) <= LARGEST)


def by_datagrams(client: socket.socket, batch: list[bytes]) -> list[bytes]:
    """Send a batch, and take what comes until all that is awaited is there, and an answer to the query behind it."""
    for packet in (*batch, asking.LAST):
        client.send(packet[:65507])
    awaited = {packet[:2] for packet in batch if is_answered("udp", packet)} | {asking.LAST[:2]}
    found: list[bytes] = []
    with contextlib.suppress(TimeoutError):
        while awaited:
            found.append(client.recv(65535))
            awaited.discard(found[-1][:2])
    return [reply for reply in found if reply[:2] != asking.LAST[:2]]


def by_stream(port: int, batch: list[bytes]) -> list[bytes]:
    """Send a batch on a connection of its own, and take what comes until the server closes it."""
    with socket.create_connection((asking.HOST, port), timeout=asking.PATIENCE) as client:
        with contextlib.suppress(OSError):  # it is closed already
            client.sendall(b"".join(map(asking.framed, batch)))
            client.shutdown(socket.SHUT_WR)
        return asking.split(asking.drained(client))
