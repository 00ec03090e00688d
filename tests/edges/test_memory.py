"""What a reload leaves behind: nothing."""

import gc
import time
import weakref

import dns.message

COREFILE = """
[server]
listen = ["127.0.0.1:0"]
watch = false

[[zone]]
name = "example.com"
chain = ["health", "sequence", "weighted", "round_robin", "ttl", "rescue", { use = "zone", records = '''
@ 300 SOA ns hostmaster 1 3600 600 86400 300
@ NS ns
ns A 192.0.2.53
''' }]

[pools.a]
policy = "weighted"
addresses = ["192.0.2.1", "192.0.2.2"]

[[domain]]
name = "www.example.com"
type = "A"
policy = "sequence"
preemptive = false
pools = ["a"]
"""


def watched(server):
    """Refer weakly to what a configuration is made of."""
    service = server.control.loaded.service
    chain = next(iter(service.chains.values()))
    return [weakref.ref(each) for each in (service, server.engine._plans, *chain.plugins)]


def test_an_old_configuration_is_freed_without_the_collector(tmp_path, inside):
    path = tmp_path / "Corefile.toml"
    path.write_text(COREFILE)
    running = inside(path)
    server = running.server
    gc.collect()
    old = []
    for _ in range(3):
        for name in ("www.example.com", "ns.example.com", "nope.example.com"):
            packet = dns.message.make_query(name, "A").to_wire()
            assert running.call(server.engine.answer, packet, "192.0.2.9", time.time())
        old += running.call(watched, server)
        assert running.run(server.control.reload())
    assert [reference() for reference in old if reference() is not None] == []
    assert gc.isenabled()
