"""What is counted. Series whose labels are known beforehand begin at 0, so that ``increase()`` sees the first event too.

Label values come from the configuration or from fixed sets, and where even those are many the number of series is bounded.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Container, Iterable
from typing import Final

from gtm.chain.word import Alert
from gtm.config.loaded import Loaded
from gtm.control.exposition import COUNTERS, KINDS, Now, Taken, Times
from gtm.dns.name import show
from gtm.model.event import EVENTS
from gtm.tally import BUCKETS, OTHER, Tally

MOST_QUERIES: Final = 20_000
"""Series of ``gtm_queries_total``; what comes after them is counted as zone and type ``other``."""
PROBE_BUCKETS: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
"""Upper ends, in seconds, of the classes by which probes are counted."""


class Metrics:
    """The counters of a control process, from its start on."""

    def __init__(self) -> None:
        """Begin at 0."""
        self._counts: dict[str, Counter[tuple[str, ...]]] = {name: Counter() for name in COUNTERS}
        self._queries = Times.of(BUCKETS)
        self._probes: dict[str, Times] = {}
        for name, (_, labels) in COUNTERS.items():
            self._begin(name, [] if labels else [()])
        self._begin("gtm_transitions", ((event,) for event in EVENTS))
        self._begin("gtm_flaps", ((kind,) for kind in KINDS))
        self._begin("gtm_reloads", (("taken",), ("refused",)))
        self._begin("gtm_lookups", (("answered",), ("denied",), ("failed",)))
        self._begin("gtm_rate_limited", (("truncated",), ("withheld",)))

    def _begin(self, name: str, series: Iterable[tuple[str, ...]]) -> None:
        for labels in series:
            self._counts[name].setdefault(labels, 0)

    def keep(self, loaded: Loaded) -> None:
        """Begin the series of a configuration, and forget those of what it does not have any more."""
        origins = [origin for chain in loaded.origins.values() for origin in chain]
        results = ("delivered", "retried", "lost")
        self._keep("gtm_probes", [(name, result) for name in loaded.probes for result in ("well", "failed")])
        self._keep("gtm_alerts", [(channel.label, result) for channel in loaded.channels for result in results])
        self._keep("gtm_plugin_faults", [(origin.plugin, hook) for origin in origins for hook in origin.hooks])
        self._forget("gtm_queries", {OTHER, *map(show, loaded.service.chains)})
        self._probes = {name: self._probes.get(name) or Times.of(PROBE_BUCKETS) for name in loaded.probes}

    def _keep(self, name: str, series: list[tuple[str, ...]]) -> None:
        self._forget(name, {labels[0] for labels in series})
        self._begin(name, series)

    def _forget(self, name: str, known: Container[str]) -> None:
        """Forget the series whose first label is not known, and not empty."""
        old = self._counts[name]
        self._counts[name] = Counter({labels: old[labels] for labels in old if not labels[0] or labels[0] in known})

    def tallied(self, tally: Tally) -> None:
        """Count what an answering process did."""
        queries = self._counts["gtm_queries"]
        for zone, qtype, rcode, transport, count in tally.queries:
            labels = (zone, qtype, rcode, transport)
            fits = labels in queries or len(queries) < MOST_QUERIES
            queries[labels if fits else (OTHER, OTHER, rcode, transport)] += count
        for plugin, hook, count in tally.faults:
            self._counts["gtm_plugin_faults"][plugin, hook] += count
        self._counts["gtm_plan_hits"][()] += tally.hits
        self._counts["gtm_walks"][()] += tally.walks
        self._counts["gtm_dropped"][()] += tally.dropped
        self._counts["gtm_observed_lost"][()] += tally.lost
        self._counts["gtm_rate_limited"]["truncated",] += tally.truncated
        self._counts["gtm_rate_limited"]["withheld",] += tally.withheld
        self._counts["gtm_shed"][()] += tally.shed
        self._queries.counts = [one + two for one, two in zip(self._queries.counts, tally.latency, strict=True)]
        self._queries.total += tally.latency_sum

    def probed(self, template: str, seconds: float, *, is_well: bool | None) -> None:
        """Count a probe that ended after so many seconds."""
        self._counts["gtm_probes"][template, "unseen" if is_well is None else "well" if is_well else "failed"] += 1
        times = self._probes.setdefault(template, Times.of(PROBE_BUCKETS))
        times.counts[bisect_left(times.ends, seconds)] += 1
        times.total += seconds

    def told(self, alerts: Iterable[Alert]) -> None:
        """Count alerts by their event, and the changes that were kept back before them."""
        for alert in alerts:
            self._counts["gtm_transitions"][alert.event,] += 1
            if alert.flaps:
                self._counts["gtm_flaps"][alert.subject.partition(":")[0],] += alert.flaps

    def alerted(self, channel: str, result: str) -> None:
        """Count a delivery to a channel (its label): ``delivered``, ``retried`` or ``lost``."""
        self._counts["gtm_alerts"][channel, result] += 1

    def reloaded(self, *, is_taken: bool) -> None:
        """Count a load of a changed configuration."""
        self._counts["gtm_reloads"]["taken" if is_taken else "refused",] += 1

    def resolved(self, result: str) -> None:
        """Count a lookup of a name outside our zones: ``answered``, ``denied`` or ``failed``."""
        self._counts["gtm_lookups"][result,] += 1

    def restarted(self) -> None:
        """Count an answering process that was started again."""
        self._counts["gtm_worker_restarts"][()] += 1

    def taken(self, now: Now) -> Taken:
        """Take everything as it stands; ``Taken.exposition`` then writes it down, in another thread if need be."""
        counts = {name: dict(series) for name, series in self._counts.items()}
        return Taken(counts, self._queries.copy(), {name: times.copy() for name, times in self._probes.items()}, now)
