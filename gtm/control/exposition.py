"""What is measured, written down as Prometheus reads it. Names and labels are a contract: dashboards and rules rest on them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from itertools import accumulate
from pathlib import Path
from platform import python_version
from typing import Final

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from gtm.health.resolving import Finding
from gtm.health.standing import Standing
from gtm.model.health import Health

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
MOST_MEMBERS: Final = 5000
"""Members that have series of their own: access domains first, then pools, then addresses, each kind whole or not at all.

A kind that is left out takes no room from those after it.
"""
KINDS: Final = ("domain", "pool", "address")
COUNTERS: Final[Mapping[str, tuple[str, str]]] = {
    "gtm_queries": (
        "Queries that were answered; the zone is empty for names of no zone.",
        "zone type rcode transport",
    ),
    "gtm_plan_hits": ("Queries for which a plan stood ready.", ""),
    "gtm_walks": ("Walks through a chain of plugins, each of which makes a plan.", ""),
    "gtm_dropped": ("Messages that got no answer: no DNS, or answers themselves.", ""),
    "gtm_rate_limited": ("Answers too many of their kind for one client network: truncated, or withheld.", "action"),
    "gtm_shed": ("Datagrams that came faster than they could be read.", ""),
    "gtm_observed_lost": ("Answers that observe plugins were too slow to be shown.", ""),
    "gtm_plugin_faults": ("Times that a plugin raised, or broke the law of a hook.", "plugin hook"),
    "gtm_probes": ("Probes that ended, by what they saw: well, failed, or nothing (unseen).", "template result"),
    "gtm_transitions": ("What happened that somebody may be told of, by event.", "event"),
    "gtm_flaps": ("Changes that were kept back because their subject flapped.", "kind"),
    "gtm_alerts": ("Deliveries of alerts: delivered, retried or lost.", "channel result"),
    "gtm_reloads": ("Loads of a changed configuration: taken or refused.", "result"),
    "gtm_lookups": (
        "Lookups of names outside our zones: answered, denied (there is no such name) or failed.",
        "result",
    ),
    "gtm_worker_restarts": ("Answering processes that ended and were started again.", ""),
}
"""Help and labels of each, without its ``_total``."""
Series = Mapping[tuple[str, ...], int]


@dataclass(slots=True)
class Times:
    """A histogram of seconds: how many fell into each class, one class more than there are upper ends, and their sum."""

    ends: tuple[float, ...]
    counts: list[int]
    total: float = 0.0

    @classmethod
    def of(cls, ends: tuple[float, ...]) -> "Times":
        """Begin with nothing."""
        return cls(ends, [0] * (len(ends) + 1))

    def copy(self) -> "Times":
        """Give one that stays as it is."""
        return replace(self, counts=list(self.counts))

    def buckets(self) -> list[tuple[str, float]]:
        """List the classes as Prometheus wants them: each holds those below it as well."""
        return list(zip([*map(str, self.ends), "+Inf"], map(float, accumulate(self.counts)), strict=True))


@dataclass(frozen=True, slots=True)
class Now:
    """What is so at this moment. ``loaded`` is when the configuration was, in seconds since 1970.

    ``is_refused``: a newer configuration was refused. ``running`` probes are under way, ``late`` checks missed three turns
    or more, ``data`` are as of ``Loaded``, ``queue`` deliveries of alerts wait, ``workers`` are answering, ``is_braked``: so many fail that no other is taken out, ``idle`` are the keys of members that are disabled
    or drained. ``names`` is what is known of those outside our zones.
    """

    loaded: float
    is_ready: bool = True
    is_refused: bool = False
    running: int = 0
    late: int = 0
    queue: int = 0
    overrides: int = 0
    workers: int = 0
    workers_wanted: int = 0
    is_braked: bool = False
    is_kept: bool = True
    names: tuple[Finding, ...] = ()
    data: Mapping[tuple[str, Path], float | None] = field(default_factory=dict)
    members: tuple[Standing, ...] = ()
    idle: frozenset[str] = frozenset()


@dataclass(frozen=True, eq=False)
class Taken(Collector):
    """All that is measured, as it stood at one moment. Nothing in it changes, so any thread may write it down."""

    counts: Mapping[str, Series]
    queries: Times
    probes: Mapping[str, Times]
    now: Now

    def exposition(self) -> bytes:
        """Write it down, together with what the system says of this process."""
        registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        registry.register(self)
        return generate_latest(registry)

    def describe(self) -> list[Metric]:
        """Name nothing beforehand: ``collect`` costs too much to be asked for names alone."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield every family."""
        for name, (told, labels) in COUNTERS.items():
            counter = CounterMetricFamily(name, told, labels=labels.split())
            for values, count in self.counts[name].items():
                counter.add_metric(values, count)
            yield counter
        query = HistogramMetricFamily(
            "gtm_query_seconds", "Time from reading a query to sending its answer.", labels=()
        )
        query.add_metric((), self.queries.buckets(), self.queries.total)
        yield query
        probe = HistogramMetricFamily("gtm_probe_seconds", "How long probes took.", labels=("template",))
        for template, times in self.probes.items():
            probe.add_metric((template,), times.buckets(), times.total)
        yield probe
        yield from self._gauges()
        yield from _members(self.now.members, self.now.idle)

    def _gauges(self) -> Iterator[Metric]:
        now = self.now
        for name, told, value in (
            ("gtm_ready", "1 when the first answer may be given.", now.is_ready),
            ("gtm_config_loaded_timestamp_seconds", "When the configuration was loaded that is served.", now.loaded),
            ("gtm_config_refused", "1 while a newer configuration stands refused.", now.is_refused),
            ("gtm_brake", "1 while so many addresses fail that no other is taken out.", now.is_braked),
            ("gtm_state_kept", "0 while the state can't be written to its folder.", now.is_kept),
            ("gtm_probes_running", "Probes that are under way.", now.running),
            ("gtm_probes_late", "Checks of which nothing was seen for three turns or more.", now.late),
            ("gtm_alert_queue", "Deliveries of alerts that wait.", now.queue),
            ("gtm_overrides", "Overrides in force.", now.overrides),
            ("gtm_names", "Names outside our zones, each with its type, that are looked up.", len(now.names)),
            (
                "gtm_names_stale",
                "Of these, those whose last lookup failed.",
                sum(bool(each.tries) for each in now.names),
            ),
            (
                "gtm_names_unknown",
                "Of these, those of which nothing is known.",
                sum(each.addresses is None for each in now.names),
            ),
            ("gtm_workers", "Processes that are answering; 0 where the control process answers itself.", now.workers),
            ("gtm_workers_wanted", "How many of them the configuration asks for.", now.workers_wanted),
        ):
            yield GaugeMetricFamily(name, told, value=float(value))
        data = GaugeMetricFamily(
            "gtm_data_built_timestamp_seconds",
            "When the data of a plugin were built, 0 where they are missing.",
            labels=("plugin", "file"),
        )
        for (plugin, file), built in now.data.items():
            data.add_metric((plugin, str(file)), built or 0)
        yield data
        build = GaugeMetricFamily("gtm_build_info", "Always 1; says what is running.", labels=("version", "python"))
        build.add_metric((version("gtm-dns"), python_version()), 1)
        yield build


def _members(members: tuple[Standing, ...], idle: frozenset[str]) -> Iterator[Metric]:
    by_kind: dict[str, list[Standing]] = {kind: [] for kind in KINDS}
    for standing in members:
        by_kind[standing.key.partition(":")[0]].append(standing)
    counts = GaugeMetricFamily("gtm_members", "Members by their health.", labels="kind health".split())  # noqa: SIM905  like those of the counters
    able = GaugeMetricFamily("gtm_member_available", "1 when a member may serve.", labels=("kind", "key"))
    well = GaugeMetricFamily("gtm_member_healthy", "0 when a member is exceptional.", labels=("kind", "key"))
    takes = GaugeMetricFamily("gtm_member_enabled", "0 when a member is disabled or drained.", labels=("kind", "key"))
    out = GaugeMetricFamily("gtm_members_left_out", "Members without series of their own.", labels=("kind",))
    room = MOST_MEMBERS
    for kind, standings in by_kind.items():
        for health in Health:
            counts.add_metric((kind, health.value), sum(standing.health is health for standing in standings))
        fits = len(standings) <= room
        room -= len(standings) if fits else 0
        for standing in standings if fits else ():
            able.add_metric((kind, standing.key), standing.available)
            well.add_metric((kind, standing.key), standing.health.is_good)
            takes.add_metric((kind, standing.key), standing.key not in idle)
        out.add_metric((kind,), 0 if fits else len(standings))
    yield from (counts, able, well, takes, out)
