"""One door for every transport: each odd message gets the same from the engine and from sockets, over UDP and TCP."""

from collections.abc import Callable
from random import Random

import pytest

from gtm.config.load import load
from gtm.dns.transport import TCP, UDP
from gtm.engine import Engine
from tests.conformance import asking
from tests.conformance.messages import CASES, SILENCE, ZONE
from tests.conformance.replies import told
from tests.edges.conftest import Inside

COREFILE = f"""
[server]
listen = ["127.0.0.1:0"]
identity = "one"
version = "one"

[[zone]]
name = "example.com"
chain = ["round_robin", "ttl", {{ use = "zone", records = '''{ZONE}''' }}]

[pools.web]
addresses = ["192.0.2.11"]

[[domain]]
name = "www.example.com"
type = "A"
pools = ["web"]
"""
TRANSPORTS = ("engine-udp", "engine-tcp", "socket-udp", "socket-tcp")
Ask = Callable[[bytes], bytes | None]


@pytest.fixture(scope="module")
def doors(tmp_path_factory):
    """The four ways in, by name."""
    path = tmp_path_factory.mktemp("admission") / "Corefile.toml"
    path.write_text(COREFILE)
    loaded = load(path)
    reports = []
    engine = Engine(loaded.service, Random(1), lambda *fault: reports.append(fault), loaded.server.conduct)
    inside = Inside(path)
    try:
        yield {
            "engine-udp": lambda packet: engine.answer(packet, "127.0.0.1", 1_750_000_000.0, UDP),
            "engine-tcp": lambda packet: engine.answer(packet, "127.0.0.1", 1_750_000_000.0, TCP),
            "socket-udp": lambda packet: asking.over_udp(inside.port, packet),
            "socket-tcp": lambda packet: asking.over_tcp(inside.port, packet),
        }
    finally:
        inside.stop()
    assert reports == []


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_message_gets_the_same_whatever_it_came_by(doors, case, transport):
    wanted = case.over_tcp if case.over_tcp and transport.endswith("tcp") else case.gets
    assert told(case.packet, doors[transport](case.packet)) == wanted


def test_the_matrix_has_every_case_once_and_each_kind_of_end():
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names) > 150
    ends = {case.gets.split()[0] for case in CASES}
    assert ends == {"NOERROR", "NXDOMAIN", "REFUSED", "FORMERR", "NOTIMP", "BADVERS", "NOTAUTH", SILENCE}


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_message_that_was_answered_once_gets_the_same_again(doors, transport):
    def told_all():
        return {case.name: told(case.packet, doors[transport](case.packet)) for case in CASES if case.gets != SILENCE}

    assert told_all() == told_all()
