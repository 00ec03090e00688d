"""Plays a scenario: the real loader, the real engine, no sockets."""

from collections import Counter
from itertools import cycle
from pathlib import Path
from random import Random

import dns.edns
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype

from gtm import Client, Question, Verdict
from gtm.chain.explain import explain
from gtm.config.load import load
from gtm.control import store
from gtm.control.memory import STICKY, Sticky
from gtm.health.suppose import suppose
from gtm.health.table import Belief, Table, judge
from tests.chain.making import Believing

from .corefile import change, write
from .scenario import table

GEODATA = Path(__file__).parents[2] / "geodata"
NOON = 1_750_000_000.0
THOUSAND = 1000


class Player:
    """The server of one scenario, in a folder of its own."""

    def __init__(self, scenario, folder):
        """Load and start; Faults when the configuration is refused."""
        self._folder = folder
        self._clients = table("clients.toml")
        (folder / "geodata").symlink_to(GEODATA)
        self._corefile = change(table("fixture.toml"), scenario)
        self._load()
        checks = (check.key for address in self._loaded.addresses.values() for check in address.checks)
        self._table = Table.of(dict.fromkeys(checks, Verdict.UP))
        self._start()

    def _load(self):
        path = self._folder / "Corefile.toml"
        path.write_text(write(self._corefile), encoding="utf-8")
        self._loaded = load(path)

    def _start(self):
        self._engine = Believing(self._loaded.service, Random(7))
        kept = store.load(self._folder / "state", STICKY, Sticky)
        self._engine.hold(kept.held if kept else {}, NOON)
        self._engine.publish(self._table, NOON)

    def play(self, step):
        self._happen(step)
        for name, expected in step.health.items():
            assert judge(self._loaded.addresses[f"address:{name}"], self._table).value == expected
        if step.line:
            self._explained(step)
        else:
            self._answered(step, self._asking(step))

    def _happen(self, step):
        if step.restart:
            store.save(self._folder / "state", STICKY, Sticky(dict(self._engine.state.held)))
            self._start()
        if step.reload:
            self._corefile = change(self._corefile, step.reload)
            self._load()
            self._engine.exchange(self._loaded.service, NOON)
        words = {**self._keys(step.down, Verdict.DOWN), **self._keys(step.up, Verdict.UP)}
        self._table = self._table.saying(words)
        self._engine.publish(self._table, NOON)

    def _keys(self, words, verdict):
        return dict.fromkeys(suppose(self._loaded.pools.values(), words).beliefs, Belief(verdict))

    def _asking(self, step):
        """Yield one reply after the other."""
        everyone = [self._clients[name] for name in ("T", "O", "U")]
        named = [self._clients.get(step.client, step.client)] if step.client else everyone
        options = [dns.edns.ECSOption(*_network(step.subnet))] if step.subnet else []
        query = dns.message.make_query(*step.ask.split(), use_edns=0, options=options)
        for peer in cycle(named):
            reply = dns.message.from_wire(self._engine.answer(query.to_wire(), peer, NOON), one_rr_per_rrset=True)
            assert query.is_response(reply)
            yield reply

    def _answered(self, step, replies):
        if step.answer is not None:
            self._in_turn(step, replies, [step.answer])
        elif step.in_turn is not None:
            self._in_turn(step, replies, step.in_turn)
        elif step.rotating is not None:
            self._in_turn(step, replies, 2 * _rotations(step.rotating))
        elif step.any_of is not None:
            assert self._read(step, next(replies)) in [self._values(records) for records in step.any_of]
        else:
            self._shared(step, replies)

    def _in_turn(self, step, replies, expected):
        found = [self._read(step, next(replies)) for _ in expected]
        assert found == [self._values(records) for records in expected]

    def _shared(self, step, replies):
        counts = Counter(self._read(step, next(replies)) for _ in range(THOUSAND))
        expected = {self._values([name]): share * THOUSAND for name, share in step.shares.items()}
        assert counts.keys() == expected.keys()
        assert all(abs(counts[records] - share) <= step.within for records, share in expected.items()), counts

    def _explained(self, step):
        client = Client(Client.of("0.0.0.0/0").address, 0, step.line)
        told = explain(self._loaded.service, Question.of(*step.ask.split()), client, self._engine.state, NOON)
        assert [way.records for way in told.answers] == [self._values(step.answer)]

    def _values(self, records):
        """Put addresses for their names."""
        known = self._loaded.addresses
        return tuple(known[f"address:{name}"].value if f"address:{name}" in known else name for name in records)

    def _read(self, step, reply):
        """Check everything but the answer, and give that."""
        records = [(dns.rdatatype.to_text(found.rdtype), found[0].to_text()) for found in reply.answer]
        assert reply.flags & dns.flags.AA
        assert dns.rcode.to_text(reply.rcode()) == step.rcode
        ttls = step.ttl if isinstance(step.ttl, tuple) else (step.ttl,) * len(records)
        assert tuple(found.ttl for found in reply.answer) == ttls
        owners = [found.rdtype for found in reply.authority]
        assert owners == ([] if records else [dns.rdatatype.SOA])
        if step.scope is not None:
            assert [option.scopelen for option in reply.options] == [step.scope]
        return tuple(f"CNAME {text}" if rtype == "CNAME" else text for rtype, text in records)


def _network(text):
    address, _, prefix = text.partition("/")
    return address, int(prefix)


def _rotations(records):
    """The order as written, then rotated right by one each time until it comes back."""
    return [records[len(records) - turn :] + records[: len(records) - turn] for turn in range(len(records))]
