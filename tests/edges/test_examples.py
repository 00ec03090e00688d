"""Every example does over real sockets what its ``[[expect]]`` say, asked as a resolver asks that sends the client's address."""

import time
from pathlib import Path

import dns.edns
import dns.message
import dns.query
import pytest

from gtm.config.load import load
from gtm.dns import codes, name
from gtm.health.suppose import suppose
from gtm.health.world import World

ROOT = Path(__file__).parent.parent.parent
EXAMPLES = [ROOT / "Corefile.toml", *sorted((ROOT / "examples").glob("*.toml"))]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_keeps_its_promises_on_the_wire(path, inside, tmp_path):
    loaded = load(path)
    assert loaded.expects
    # the same file on a port and in a state folder of our own
    text = path.read_text().replace("127.0.0.1:5300", "127.0.0.1:0").replace('"state"', f'"{tmp_path}/state"')
    beside = path.parent / f".{path.stem}-under-test.toml"
    beside.write_text(text)
    try:
        running = inside(beside)
    finally:
        beside.unlink()
    world = World(loaded.service)
    for expect in loaded.expects:
        world.learn(suppose(loaded.pools.values(), expect.down), time.time())
        running.call(running.server.publish, world.state)
        ecs = dns.edns.ECSOption(expect.client, 32)
        query = dns.message.make_query(
            name.show(expect.question.name), codes.type_text(expect.question.qtype), use_edns=0, options=[ecs]
        )
        seen = set()
        for _ in range(40):
            reply = dns.query.udp(query, "127.0.0.1", timeout=5, port=running.port)
            seen |= {r.to_text() for rrset in reply.answer if rrset.rdtype == expect.question.qtype for r in rrset}
        assert seen == set(expect.answer), expect
