"""What is fuzzed: functions of octets that raise when something is wrong, each with octets to begin with."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from gtm import PluginFault, Setup, name
from gtm.config.load import load
from gtm.dns import query
from gtm.dns.transport import TCP, UDP, Transport
from gtm.engine import Engine
from gtm.serve import proxy
from gtm_plugins.zone import ZoneOptions, ZonePlugin
from tests.conformance.corpus import is_answered
from tests.conformance.messages import CASES, ZONE
from tests.conformance.replies import fits, parsed
from tests.conformance.test_admission import COREFILE
from tests.engine.test_flood import seeds

MOST = 0.02
"""Seconds that a message may take."""
TRIES = 3
"""Times that a message is answered before it is called slow: the machine has other things to do as well."""
NOON = 1_750_000_000.0
ROOM = 65535
LONG = re.compile(rb"\$generate\s+\d*-\d{4}", re.IGNORECASE)
"""What stands for thousands of records: it takes seconds, and shows nothing that a few of them do not."""


@dataclass(frozen=True)
class Target:
    """A function that raises when it is given octets that show a fault, and octets to begin with."""

    run: Callable[[bytes], None]
    seeds: tuple[bytes, ...]


def targets() -> dict[str, Target]:
    """Make everything that is fuzzed, by name."""
    packets = tuple(dict.fromkeys([*(case.packet for case in CASES), *seeds()]))
    return {
        "decoder": Target(decoded, packets),
        "engine-udp": Target(Answered(UDP), packets),
        "engine-tcp": Target(Answered(TCP), packets),
        "proxy": Target(headed, tuple(headers())),
        "zone": Target(zoned, tuple(zones())),
    }


def decoded(octets: bytes) -> None:
    """Decode a message: a value or silence, and silence only where there must be."""
    found = query.decode(octets)
    assert (found is None) == (len(octets) < 12 or octets[2] & 0x80 != 0)
    if isinstance(found, query.Query) and found.question:
        assert octets[12 : 12 + len(found.question)] == found.question


class Answered:
    """Answers a message over a transport."""

    def __init__(self, via: Transport) -> None:
        """Serve the zone of the admission matrix; what a plugin is said to have done wrong is a fault of ours."""
        with TemporaryDirectory() as folder:
            path = Path(folder) / "Corefile.toml"
            path.write_text(COREFILE, encoding="utf-8")
            loaded = load(path)
        self._via = via
        self._reports: list[object] = []
        report = lambda *fault: self._reports.append(fault)  # noqa: E731  nothing else would be said by a name
        self._engine = Engine(loaded.service, Random(1), report, loaded.server.conduct)

    def __call__(self, octets: bytes) -> None:
        """Answer it in time, with what a client can read, or be silent where that must be."""
        octets = octets[:ROOM]
        for number in range(TRIES):
            begun = time.perf_counter()
            reply = self._engine.answer(octets, "127.0.0.1", NOON, self._via)
            took = time.perf_counter() - begun
            if took < MOST:
                break
            assert number + 1 < TRIES, f"{took * 1000:.0f} ms"
        assert not self._reports, self._reports
        # sockets drop a datagram that is too long before they ask
        assert (reply is not None) == is_answered("tcp", octets)
        if reply is not None:
            assert len(reply) <= (ROOM if self._via.is_stream else 1232)
            fits(octets, reply)
            parsed(reply)


def headed(octets: bytes) -> None:
    """Read a PROXY header: the same from all octets as from just as many as it has, and nothing from fewer."""
    try:
        found = proxy.parse(octets)
    except proxy.Malformed:
        return
    if found is not None:
        assert 16 <= found.size <= len(octets)
        assert proxy.parse(octets[: found.size]) == found
        assert proxy.parse(octets[: found.size - 1]) is None


def headers() -> list[bytes]:
    """Write headers of each kind."""
    found = []
    for command, family, length in (
        (0x20, 0, 0),
        (0x21, 0x11, 12),
        (0x21, 0x12, 12),
        (0x21, 0x21, 36),
        (0x21, 0x31, 216),
    ):
        body = bytes(range(length)) + b"\4\0\3abc"
        found.append(proxy.SIGNATURE + bytes((command, family)) + len(body).to_bytes(2) + body + b"\0\x1dmore")
    return found


def zoned(octets: bytes) -> None:
    """Read a master file: a zone, or a fault in a sentence."""
    if LONG.search(octets):
        return
    try:
        ZonePlugin(
            ZoneOptions(records=octets.decode("utf-8", "replace")), Setup(zone=name.parse("example.com"), warn=str)
        )
    except PluginFault as fault:
        said = str(fault)
    else:
        return
    assert said.strip()
    assert "\n" not in said


def zones() -> list[bytes]:
    """Write master files with what they may have."""
    more = "$TTL 1h30m\n$ORIGIN sub.example.com.\n$GENERATE 1-9/2 h${0,3,x} 60 IN A 192.0.2.$\n"
    more += 'a 60 IN TYPE666 \\# 3 010203\n  TXT "a;b" ( "c"\n "\\065" )\n; nothing\nb DNAME c\n*.d CNAME e.\n'
    return [ZONE.encode(), (ZONE + more).encode(), more.encode()]
