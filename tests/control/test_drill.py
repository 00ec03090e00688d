"""Drills: the real schedule, judge and answers, on virtual time; members fail by order, and come back whatever happens."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from random import Random

import dns.message
import pytest

from gtm import Observation
from gtm.config.load import load
from gtm.control.attempt import Task
from gtm.control.believer import Believer
from gtm.control.door import DrillRequest, Refused
from gtm.control.drill import MOST, Drills
from gtm.control.lookup import Lookup
from gtm.control.prober import Prober
from gtm.dns import codes, name
from gtm.engine import Engine
from gtm.health.override import Members
from gtm.health.schedule import Schedule
from tests.control.virtual import run, until

COREFILE = """
[[zone]]
name = "example.com"
chain = ["health", "sequence", "weighted", "round_robin", "ttl", "rescue"]

[templates.web]
protocol = "tcp"
port = 80
interval = 0.5
timeout = 0.2
fall = 2
confirm = 0.1

[pools.hk]
checks = ["web"]
addresses = ["192.0.2.1", "192.0.2.2"]

[pools.sg]
checks = ["web"]
policy = "weighted"
addresses = [{{ value = "192.0.2.3", weight = 9 }}, "192.0.2.4"]

[pools.bare]
addresses = ["192.0.2.9"]

[pools.sure]
checks = ["web"]
addresses = [{{ value = "192.0.2.8", mode = "up" }}, {{ value = "192.0.2.7", enabled = false }}]

[pools.spare]
checks = ["web"]
addresses = ["192.0.2.5"]

[[domain]]
name = "www.example.com"
type = "A"
policy = "sequence"
pools = ["hk", "sg"]

[[domain]]
name = "all.example.com"
type = "A"
pools = ["sg", "hk"]

[[domain]]
name = "only.example.com"
type = "A"
keep_at_least = 0
pools = ["hk"]
{more}
"""
BOUND = 0.5 + 2 * 0.2 + 0.1 + 0.1


class Server:
    """A server without sockets: what it believes, and what it answers."""

    def __init__(self, loaded, loop):
        self.loop = loop
        self.bad, self.deaf, self.feigned = set(), False, set()
        probes = {key: replace(probe, probe=self._probe) for key, probe in loaded.probes.items()}
        self.loaded = replace(loaded, probes=probes)
        self.members = Members(loaded.pools.values(), loaded.addresses.values(), loaded.service.domains.values())
        self.engine = Engine(loaded.service, Random(1))
        self.believer = Believer(self.loaded, loop.time, self.engine.learn)
        self.prober = Prober(self.believer.told, Lookup(()), Schedule(Random(1)), loop.time)
        checks = [check for address in loaded.addresses.values() for check in address.checks]
        self.prober.keep({check.key: Task(check, probes[check.template]) for check in checks})

    async def _probe(self, target):
        await asyncio.sleep(0.01)
        return Observation(target.address not in self.bad, "as it is", 0.01)

    @property
    def table(self):
        return self.believer.world.table

    @property
    def state(self):
        return self.believer.world.state

    def feign(self, keys):
        self.feigned |= keys
        return self.believer.feign(keys)

    async def answers(self, domain):
        await asyncio.sleep(0.001)
        if self.deaf:
            raise OSError("no answer")
        query = dns.message.make_query(name.show(domain.name), codes.type_text(domain.qtype))
        reply = dns.message.from_wire(self.engine.answer(query.to_wire(), "127.0.0.1", self.loop.time()))
        return frozenset(record.to_text() for found in reply.answer for record in found)


@pytest.fixture
def drilled(tmp_path):
    """Run a test's coroutine function on a server that has been up for a while."""

    def play(main, more=""):
        path = tmp_path / "Corefile.toml"
        path.write_text(COREFILE.format(more=more))
        loaded = load(path)

        found = []

        async def played(loop):
            server = Server(loaded, loop)
            async with _running(server):
                found.append(await main(server))

        run(played)
        return found[0]

    return play


@asynccontextmanager
async def _running(server):
    await server.prober.round()
    server.believer.settle()
    task = asyncio.create_task(server.prober.run())
    await asyncio.sleep(2)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def drill(on, **more):
    return lambda server: Drills(server).run(DrillRequest(on=on, **more))


def refusal(drilled, main, more=""):
    async def caught(server):
        with pytest.raises(Refused) as refused:
            await main(server)
        assert not server.believer._feigned
        return str(refused.value)

    return drilled(caught, more)


def test_a_drill_takes_a_pool_out_of_every_answer_within_the_bound_and_puts_it_back(drilled):
    async def main(server):
        found = await Drills(server).run(DrillRequest(on="pool:sg"))
        assert server.state.down == frozenset()
        assert {key.partition("@")[2] for key in server.feigned} == {"192.0.2.3", "192.0.2.4"}
        return found

    found = drilled(main)
    assert found.dead == ("address:sg/192.0.2.3", "address:sg/192.0.2.4")
    assert found.kept
    assert 0 < found.back <= 0.5 + 0.2
    gone = {each.domain: each for each in found.domains}
    assert gone.keys() == {"domain:www.example.com/A", "domain:all.example.com/A"}
    assert all(0.1 < each.seconds <= each.bound == pytest.approx(BOUND) for each in gone.values())
    assert gone["domain:all.example.com/A"].seen
    assert not gone["domain:www.example.com/A"].seen  # the first pool of the sequence serves
    assert [str(each) for each in found.left] == [
        "domain:www.example.com/A keeps 1 of 2 pools",
        "domain:all.example.com/A keeps 1 of 2 pools",
    ]


def test_an_access_domain_without_another_pool_is_told_to_stay_on_its_last_resort(drilled):
    found = drilled(drill("pool:hk"))
    (only,) = (each for each in found.domains if each.stays)
    assert only.domain == "domain:only.example.com/A"
    assert 0.1 < only.seconds <= only.bound
    assert found.kept


def test_the_reason_that_people_read_while_it_lasts_is_that_it_is_a_drill(drilled):
    async def main(server):
        task = asyncio.create_task(Drills(server).run(DrillRequest(on="pool:sg")))
        await until(lambda: server.state.down)
        reason = server.believer.standings.get("address:sg/192.0.2.3").reason
        await task
        return reason

    assert "drill" in drilled(main)


@pytest.mark.parametrize(
    ("on", "said"),
    [
        ("pool:hgk", 'is not a pool; did you mean "pool:hk"?'),
        ("domain:www.example.com", "domain:www.example.com/A is an access domain; drill one of its pools"),
        (
            "pool:bare",
            "pool:bare can't be drilled: address:bare/192.0.2.9 has no checks, so its failure is never noticed",
        ),
        ("pool:sure", "address:sure/192.0.2.8 is up by hand; address:sure/192.0.2.7 takes no part"),
        ("pool:*", "domain:www.example.com/A would keep 0 of 2 pools available"),
        ("pool:spare", "pool:spare can't be drilled: no access domain answers with it"),
    ],
)
def test_what_can_not_be_drilled_is_refused_in_words(drilled, on, said):
    assert said in refusal(drilled, drill(on))


def test_of_a_pool_only_those_that_can_fail_are_taken_out_and_the_others_are_told(drilled):
    more = '[pools.mixed]\naddresses = ["192.0.2.20", { value = "192.0.2.21", checks = ["web"] }]\n'
    more += '[[domain]]\nname = "mixed.example.com"\ntype = "A"\npools = ["mixed"]\n'
    found = drilled(drill("pool:mixed"), more)
    assert found.dead == ("address:mixed/192.0.2.21",)
    assert found.spared == ("address:mixed/192.0.2.20 has no checks, so its failure is never noticed",)
    assert found.kept


def test_who_shares_a_check_dies_with_it_and_is_counted(drilled):
    more = '[pools.twin]\nchecks = ["web"]\naddresses = ["192.0.2.3"]\n'
    more += '[[domain]]\nname = "twin.example.com"\ntype = "A"\npools = ["twin"]\n'
    said = refusal(drilled, drill("address:sg/192.0.2.3"), more)
    assert "pool:twin would keep 0 of 1 addresses" in said
    found = drilled(drill("address:sg/192.0.2.3", anyway=True), more)
    assert found.dead == ("address:sg/192.0.2.3", "address:twin/192.0.2.3")


def test_a_value_that_another_answers_with_as_well_need_not_leave(drilled):
    more = '[pools.other]\nchecks = ["web:81"]\naddresses = ["192.0.2.3"]\n'
    more += '[[domain]]\nname = "both.example.com"\ntype = "A"\npools = ["other", "sg"]\n'
    found = drilled(drill("address:sg/192.0.2.3"), more)
    assert {each.domain: each.seen for each in found.domains}["domain:both.example.com/A"] is False
    assert found.kept


def test_a_real_failure_ends_a_drill_and_all_is_put_back(drilled):
    async def main(server):
        server.loop.call_later(1.0, server.bad.add, "192.0.2.1")
        server.loop.call_later(1.0, server.bad.add, "192.0.2.2")
        await Drills(server).run(DrillRequest(on="pool:sg"))

    said = refusal(drilled, main)
    assert "went down while drilling, and that is no drill; all is put back" in said


def test_a_new_configuration_ends_a_drill(drilled):
    async def main(server):
        server.loop.call_later(0.7, setattr, server, "loaded", replace(server.loaded))
        await Drills(server).run(DrillRequest(on="pool:sg"))

    assert "the configuration was loaded anew while drilling" in refusal(drilled, main)


def test_a_drill_that_is_cancelled_puts_all_back(drilled):
    async def main(server):
        drills = Drills(server)
        task = asyncio.create_task(drills.run(DrillRequest(on="pool:sg")))
        await until(lambda: server.state.down)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not server.believer._feigned
        await asyncio.sleep(1)
        assert server.state.down == frozenset()
        return await drills.run(DrillRequest(on="pool:sg"))

    assert drilled(main).kept


def test_one_drill_at_a_time(drilled):
    async def main(server):
        drills = Drills(server)
        task = asyncio.create_task(drills.run(DrillRequest(on="pool:sg")))
        await asyncio.sleep(0.1)
        with pytest.raises(Refused, match="a drill of pool:sg is under way; one at a time"):
            await drills.run(DrillRequest(on="pool:hk"))
        return await task

    assert drilled(main).kept


def test_answers_that_keep_the_dead_break_the_bound_and_the_drill_ends_all_the_same(drilled):
    async def main(server):
        server.engine.learn = lambda state: None
        server.believer._publish = server.engine.learn
        began = server.loop.time()
        found = await Drills(server).run(DrillRequest(on="pool:sg"))
        assert server.loop.time() - began < 2 * BOUND + 5 + 1 + 1
        assert server.state.down == frozenset()
        return found

    found = drilled(main)
    assert not found.kept
    (late,) = (each for each in found.domains if not each.kept)
    assert (late.domain, late.seconds) == ("domain:all.example.com/A", None)


def test_a_server_that_does_not_answer_any_more_has_not_shown_that_it_keeps_the_bound(drilled):
    async def main(server):
        task = asyncio.create_task(Drills(server).run(DrillRequest(on="pool:sg")))
        await until(lambda: server.feigned)
        server.deaf = True
        return await task

    assert [each.kept for each in drilled(main).domains] == [False, False]


def test_where_nobody_answers_nothing_is_taken_out(drilled):
    async def main(server):
        server.deaf = True
        try:
            await Drills(server).run(DrillRequest(on="pool:sg"))
        finally:
            assert not server.feigned

    assert refusal(drilled, main) == "answers can't be timed: no answer; nothing was taken out"


def test_a_pool_that_takes_no_part_is_not_drilled(drilled):
    async def main(server):
        server.believer.heed({"pool:sg": "drain"})
        await Drills(server).run(DrillRequest(on="pool:sg", anyway=True))

    assert refusal(drilled, main) == "pool:sg can't be drilled: no access domain answers with it"


def test_who_drills_what_is_logged_from_the_beginning_to_the_end(drilled, caplog):
    caplog.set_level("INFO", logger="gtm")
    drilled(drill("pool:sg", by="alice"))
    assert caplog.messages == [
        'drill of "pool:sg" by "alice": its probes count as failed for a while',
        'drill of "pool:sg" is over',
    ]


def test_who_does_not_come_back_is_told(drilled):
    async def main(server):
        task = asyncio.create_task(Drills(server).run(DrillRequest(on="pool:sg")))
        await asyncio.sleep(1.5)
        server.bad.add("192.0.2.3")
        return await task

    found = drilled(main)
    assert found.kept
    assert found.back is None


def test_of_many_access_domains_some_are_asked_about(drilled):
    more = "".join(
        f'[[domain]]\nname = "d{number}.example.com"\ntype = "A"\npools = ["sg", "hk"]\n' for number in range(MOST + 3)
    )
    found = drilled(drill("pool:sg"), more)
    assert (len(found.domains), found.unasked) == (MOST, 5)
