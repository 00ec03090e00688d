"""Catalogue 3.2, TTL of dynamic answers: at most what the access domain says, and the same within an RRset."""

from itertools import combinations
from random import Random

import dns.message
import pytest

from gtm.config.load import load
from gtm.engine import Engine
from gtm.health.table import State

COREFILE = """
[[zone]]
name = "example.com"
chain = ["health", "nearest", "sequence", "weighted", "round_robin",
  {{ use = "ttl", max = {most}, degraded = 20, rescued = 5 }}, "rescue",
  {{ use = "zone", records = '''
$TTL 900
@ SOA ns hostmaster 1 3600 600 86400 300
@ NS ns
ns A 192.0.2.53
far A 192.0.2.99
'''}}]

[pools.four]
policy = "{policy}"
addresses = ["192.0.2.1", "192.0.2.2", {{ value = "192.0.2.3", lines = ["default"] }}]
[pools.more]
policy = "round_robin"
addresses = ["192.0.2.4", "192.0.2.5"]
[pools.six]
addresses = ["2001:db8::1", "2001:db8::2"]
[pools.alias]
addresses = ["far.example.com"]

[[domain]]
name = "www.example.com"
type = "A"
ttl = 60
policy = "{policy}"
pools = [{{ pool = "four", lines = ["default"] }}, "more"]

[[domain]]
name = "www.example.com"
type = "AAAA"
ttl = 40
pools = ["six"]

[[domain]]
name = "alias.example.com"
type = "CNAME"
ttl = 7
pools = ["alias"]
"""


@pytest.mark.parametrize("policy", ["round_robin", "sequence", "weighted", "nearest"])
@pytest.mark.parametrize("most", [3600, 30])
def test_no_dynamic_answer_lives_longer_than_it_may(tmp_path, policy, most):
    path = tmp_path / "Corefile.toml"
    path.write_text(COREFILE.format(policy=policy, most=most))
    loaded = load(path)
    engine = Engine(loaded.service, Random(1))
    seen = set()
    for count in range(6):
        for down in combinations([key for key in loaded.addresses if "192.0.2" in key], count):
            engine.learn(State(down=frozenset(down)))
            for name, qtype, ttl in (("www", "A", 60), ("www", "AAAA", 40), ("alias", "CNAME", 7), ("alias", "A", 7)):
                query = dns.message.make_query(f"{name}.example.com", qtype)
                # dnspython gives an RRset the smallest TTL of its records, so each is read as a set of its own
                reply = dns.message.from_wire(engine.answer(query.to_wire(), "192.0.2.9", 0.0), one_rr_per_rrset=True)
                assert reply.answer or policy == "nearest"  # which may say that nobody fits
                if not reply.answer:
                    continue
                ttls = {rrset.ttl for rrset in reply.answer if rrset.name == query.question[0].name}
                assert len(ttls) == 1
                assert max(ttls) <= min(ttl, most)
                seen |= ttls
    assert len(seen) > 2
