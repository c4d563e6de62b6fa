"""The metrics there are, with their help and their labels.  The first label is the one that is bounded by names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from prometheus_client import Counter, Gauge, Histogram, Info, PlatformCollector, ProcessCollector
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily

from regbot.supervisor.runs.metrics import MAX_METRICS
from regbot.supervisor.server.labels import Series

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from prometheus_client import CollectorRegistry, Metric

MAX_SCRIPT_METRICS: Final = 1000
"""Series that scripts' own counters may have together; one script has no more than a run of it may."""
BUCKETS: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0, 21600.0)
"""Seconds that runs take."""


class Metrics:
    """All metrics of one server, each at zero where it has no labels."""

    def __init__(self, registry: CollectorRegistry, version: str) -> None:
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        Info("regbot_build", "The version of this server.", registry=registry).info({"version": version})

        def counter(name: str, what: str, *labels: str, unit: str = "") -> Series[Counter]:
            return Series(Counter(f"regbot_{name}", what, labels, unit=unit, registry=registry))

        def gauge(name: str, what: str, *labels: str) -> Series[Gauge]:
            return Series(Gauge(f"regbot_{name}", what, labels, registry=registry))

        self.runs = counter("runs", "Runs that have ended.", "script", "outcome")
        self.durations = Histogram(
            "regbot_run_duration_seconds", "How long runs took, of all scripts.", buckets=BUCKETS, registry=registry
        )
        self.running = Gauge("regbot_runs_running", "Runs that are going on.", registry=registry)
        self.last_run = gauge("script_last_run_timestamp_seconds", "When the latest run ended.", "script")
        self.last_success = gauge("script_last_success_timestamp_seconds", "When the latest success ended.", "script")
        self.last_took = gauge("script_last_run_duration_seconds", "How long the latest run took.", "script")
        skipped = "Starts that were skipped because the script still ran."
        self.skipped = counter("overlaps_skipped", skipped, "script")
        counted = "What scripts counted by metric.add, once their runs had ended."
        totals = Counter("regbot_script_metric", counted, ("script", "metric"), registry=registry)
        self.counted = Series(totals, most=MAX_SCRIPT_METRICS, each=MAX_METRICS)
        dropped = "Counts of scripts that were dropped, because there were too many different ones."
        self.dropped = Counter("regbot_script_metrics_dropped", dropped, registry=registry)

        self.operations = counter("operations", "Operations that scripts called for.", "operation")
        requests = "Requests to registries, retries included, by status of the answer (none: there was no answer)."
        self.requests = counter("requests", requests, "registry", "status")
        self.received = counter("received", "Bytes of bodies that registries sent.", "registry", unit="bytes")
        self.sent = counter("sent", "Bytes of bodies that were sent to registries.", "registry", unit="bytes")
        waits = "Time spent waiting for a slot, for reqPerSec (pace), between attempts (retry), for ratelimit.wait."
        self.waits = counter("wait", waits, "registry", "why", unit="seconds")
        self.remaining = gauge("ratelimit_remaining", "Pulls that are left, as the registry said last.", "registry")

        self.reload_success = Gauge("regbot_reload_success", "Whether the latest reload succeeded.", registry=registry)
        when = "When the configuration in force was read."
        self.reloaded = Gauge("regbot_reload_timestamp_seconds", when, registry=registry)
        self.reloads = counter("reloads", "Times the configuration was read, by result: success or failure.", "result")
        self.http_requests = counter("http_requests", "Requests that were answered.", "route", "status")
        refused = "Requests that were refused: no or a wrong token, a foreign host or origin, too many connections."
        self.http_refused = counter("http_refused", refused, "why")
        self.http_streams = Gauge("regbot_http_streams", "Event streams that are open.", registry=registry)


class Counts(NamedTuple):
    """What others count: the launcher its children and processes, the history what it could not write in time."""

    alive: int = 0
    renewals: int = 0
    deaths: int = 0
    failures: int = 0


class Readings:
    """A collector of what others count, which *read* returns."""

    def __init__(self, read: Callable[[], Counts]) -> None:
        self._read = read

    def collect(self) -> Iterator[Metric]:
        """Yield what is counted now."""
        counts = self._read()
        yield GaugeMetricFamily("regbot_children_alive", "Locked-down children that serve a run.", value=counts.alive)
        renewed = "Launcher processes that took over as planned."
        yield CounterMetricFamily("regbot_launcher_renewals", renewed, value=counts.renewals)
        died = "Launcher processes that ended before their time."
        yield CounterMetricFamily("regbot_launcher_deaths", died, value=counts.deaths)
        failed = "Records of history that could not be written when they came; most are later."
        yield CounterMetricFamily("regbot_history_failures", failed, value=counts.failures)
