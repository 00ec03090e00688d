"""What is counted, and how Prometheus reads it: parsed by the client library's own parser."""

from dataclasses import replace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gtm import Alert, Health
from gtm.config.loaded import Channel, Origin, Probe
from gtm.control import exposition, metrics
from gtm.control.exposition import Now
from gtm.control.metrics import Metrics
from gtm.health.standing import Standing
from gtm.model.template import Template
from gtm.tally import BUCKETS, Counts, Tally
from tests.control.viewing import NOON, loaded


async def nothing(_):
    raise AssertionError


def configured(*templates, channels=("webhook hooks.example.com",), plugins=("seeing",)):
    return replace(
        loaded(),
        probes={name: Probe(Template(name, "seeing"), "seeing", nothing, 1) for name in templates},
        channels=tuple(Channel(label, label, frozenset(), None, nothing) for label in channels),
        origins={b"": tuple(Origin(name, "", ("rank", "admit")) for name in plugins)},
    )


def read(measured, **now):
    """Give every sample by name and labels."""
    text = measured.taken(Now(**{"loaded": NOON, **now})).exposition().decode()
    families = text_string_to_metric_families(text)
    return {(sample.name, *sorted(sample.labels.items())): sample.value for each in families for sample in each.samples}


def value(found, name, **labels):
    return found[name, *sorted(labels.items())]


def test_what_processes_count_adds_up():
    measured = Metrics()
    latency = [0] * (len(BUCKETS) + 1)
    latency[1], latency[-1] = 5, 1
    tally = Tally(
        queries=[("example.com", "A", "NOERROR", "udp", 5), ("", "other", "REFUSED", "tcp", 1)],
        hits=4,
        walks=1,
        dropped=2,
        latency=latency,
        latency_sum=0.75,
        faults=[("geo", "classify", 3)],
        lost=7,
    )
    measured.tallied(tally)
    measured.tallied(tally)
    found = read(measured)
    asked = {"zone": "example.com", "type": "A", "rcode": "NOERROR", "transport": "udp"}
    assert value(found, "gtm_queries_total", **asked) == 10
    assert value(found, "gtm_queries_total", zone="", type="other", rcode="REFUSED", transport="tcp") == 2
    assert value(found, "gtm_plan_hits_total") == 8
    assert value(found, "gtm_walks_total") == 2
    assert value(found, "gtm_dropped_total") == 4
    assert value(found, "gtm_observed_lost_total") == 14
    assert value(found, "gtm_plugin_faults_total", plugin="geo", hook="classify") == 6
    assert value(found, "gtm_query_seconds_bucket", le="5e-05") == 0
    assert value(found, "gtm_query_seconds_bucket", le="0.0001") == 10
    assert value(found, "gtm_query_seconds_bucket", le="0.5") == 10
    assert value(found, "gtm_query_seconds_bucket", le="+Inf") == value(found, "gtm_query_seconds_count") == 12
    assert value(found, "gtm_query_seconds_sum") == 1.5


def test_series_that_are_known_beforehand_begin_at_zero_and_go_with_their_configuration():
    measured = Metrics()
    measured.keep(configured("web", "old"))
    measured.probed("web", 0.003, is_well=True)
    measured.probed("old", 0.003, is_well=False)
    measured.alerted("webhook hooks.example.com", "lost")
    measured.tallied(Tally(faults=[("", "answer", 1), ("seeing", "rank", 1)]))
    assert value(read(measured), "gtm_probes_total", template="old", result="well") == 0
    measured.keep(configured("web", "new", channels=(), plugins=("other",)))
    found = read(measured)
    assert value(found, "gtm_probes_total", template="web", result="well") == 1
    assert value(found, "gtm_probes_total", template="new", result="failed") == 0
    assert value(found, "gtm_probe_seconds_bucket", template="web", le="0.005") == 1
    assert value(found, "gtm_probe_seconds_bucket", template="web", le="0.002") == 0
    assert value(found, "gtm_plugin_faults_total", plugin="", hook="answer") == 1
    assert value(found, "gtm_plugin_faults_total", plugin="other", hook="admit") == 0
    gone = ("old", "webhook hooks.example.com", "seeing")
    assert not [key for key in found for _, label in key[1:] if label in gone]


def test_alerts_are_counted_by_event_with_the_changes_that_were_kept_back():
    measured = Metrics()
    measured.told([Alert("pool_down", "pool:hk", "", NOON, flaps=6), Alert("pool_down", "pool:sg", "", NOON)])
    measured.reloaded(is_taken=False)
    measured.restarted()
    found = read(measured)
    assert value(found, "gtm_transitions_total", event="pool_down") == 2
    assert value(found, "gtm_transitions_total", event="pool_up") == 0
    assert value(found, "gtm_flaps_total", kind="pool") == 6
    assert value(found, "gtm_reloads_total", result="refused") == 1
    assert value(found, "gtm_reloads_total", result="taken") == 0
    assert value(found, "gtm_worker_restarts_total") == 1


def test_what_is_taken_does_not_change_any_more():
    measured = Metrics()
    measured.keep(configured("web"))
    taken = measured.taken(Now(NOON))
    before = taken.exposition()
    measured.probed("web", 1, is_well=True)
    measured.tallied(Tally(hits=1, latency=[1] * (len(BUCKETS) + 1)))

    def ours(text):
        return [line for line in text.splitlines() if b"process_" not in line]

    assert ours(taken.exposition()) == ours(before)


def standings(kind, number, health=Health.OK):
    return tuple(Standing(f"{kind}:{place}", health, health.is_good, "") for place in range(number))


def test_members_are_told_by_availability_and_health_which_may_differ():
    forced = Standing("address:x", Health.EXCEPTIONAL, available=True, reason="")
    found = read(Metrics(), members=(forced, *standings("pool", 1), *standings("domain", 2, Health.EXCEPTIONAL)))
    assert value(found, "gtm_member_available", kind="address", key="address:x") == 1
    assert value(found, "gtm_member_healthy", kind="address", key="address:x") == 0
    assert value(found, "gtm_member_available", kind="domain", key="domain:1") == 0
    assert value(found, "gtm_members", kind="domain", health="exceptional") == 2
    assert value(found, "gtm_members", kind="pool", health="ok") == 1


@pytest.mark.parametrize(
    ("numbers", "left_out"),
    [
        ((1, 2, 7), (0, 0, 0)),
        ((1, 2, 8), (0, 0, 8)),
        ((5, 6, 5), (0, 6, 0)),
        ((11, 4, 7), (11, 0, 7)),
        ((11, 1, 10), (11, 0, 10)),
    ],
    ids=["nobody", "addresses", "pools", "domains", "domains and addresses"],
)
def test_a_huge_configuration_has_a_bounded_number_of_series_and_says_so(numbers, left_out, monkeypatch):
    monkeypatch.setattr(exposition, "MOST_MEMBERS", 10)
    kinds = ("domain", "pool", "address")
    members = [each for kind, number in zip(kinds, numbers, strict=True) for each in standings(kind, number)]
    found = read(Metrics(), members=tuple(reversed(members)))
    assert tuple(value(found, "gtm_members_left_out", kind=kind) for kind in kinds) == left_out
    assert sum(key[0] == "gtm_member_available" for key in found) == sum(numbers) - sum(left_out)
    assert value(found, "gtm_members", kind="address", health="ok") == numbers[2]


def test_zones_without_end_are_counted_together(monkeypatch):
    monkeypatch.setattr(metrics, "MOST_QUERIES", 3)
    measured = Metrics()
    measured.tallied(Tally(queries=[(f"z{each}.example", "A", "NOERROR", "udp", 1) for each in range(10)]))
    measured.tallied(Tally(queries=[("z0.example", "A", "NOERROR", "udp", 1)]))
    found = read(measured)
    same = {"rcode": "NOERROR", "transport": "udp"}
    assert value(found, "gtm_queries_total", zone="z0.example", type="A", **same) == 2
    assert value(found, "gtm_queries_total", zone="other", type="other", **same) == 7


def test_zones_that_are_configured_no_more_are_counted_no_more_and_leave_their_room():
    measured = Metrics()
    same = ("A", "NOERROR", "udp", 1)
    measured.tallied(Tally(queries=[("example.com", *same), ("gone.example", *same), ("other", *same), ("", *same)]))
    measured.keep(loaded())
    zones = {dict(key[1:])["zone"] for key in read(measured) if key[0] == "gtm_queries_total"}
    assert zones == {"example.com", "other", ""}


def test_every_family_has_help_and_a_type_and_a_name_by_the_conventions():
    text = Metrics().taken(Now(NOON)).exposition().decode()
    ours = [each for each in text_string_to_metric_families(text) if each.name.startswith("gtm_")]
    assert len(ours) > 20
    for each in ours:
        assert each.documentation.endswith(".")
        assert each.type in ("counter", "gauge", "histogram")
    assert not [line for line in text.splitlines() if line.startswith("gtm_") and "_created" in line]


def test_the_process_is_measured_too():
    assert value(read(Metrics()), "process_resident_memory_bytes") > 1e6


def test_a_tally_counts_times_by_class():
    tally = Tally()
    tally.took(0.003, 2)
    tally.took(7)
    assert tally.latency[BUCKETS.index(0.005)] == 2
    assert (tally.latency[-1], sum(tally.latency), tally.latency_sum) == (1, 3, pytest.approx(7.006))


def test_counts_give_what_was_added_since_the_last_time():
    counts = Counts()
    cell = counts.cell("example.com", "A", "NOERROR")
    cell[0] += 2
    counts.cell("example.com", "A", "NOERROR")[1] += 1
    counts.cell("", "TYPE65280", "REFUSED")[0] += 1
    assert counts.cell("", "TYPE65281", "REFUSED") is counts.cell("", "other", "REFUSED")
    udp, tcp = ("example.com", "A", "NOERROR", "udp", 2), ("example.com", "A", "NOERROR", "tcp", 1)
    assert counts.take() == [udp, tcp, ("", "other", "REFUSED", "udp", 1)]
    assert counts.take() == []
    cell[0] += 4
    assert counts.take() == [(*udp[:-1], 4)]
