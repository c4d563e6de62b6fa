"""What a server counts for Prometheus, under labels that are bounded.

A script or a registry that the configuration does not know, or that is one of too many, is counted as `other`: scripts
can name any host.  Outcomes, operations and reasons are our own words.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final, Protocol

from prometheus_client import CollectorRegistry, disable_created_metrics, generate_latest
from prometheus_client.openmetrics import exposition as openmetrics

from regbot.registry.reference import DOCKER_HUB
from regbot.supervisor.runs.outcome import Verdict
from regbot.supervisor.server.labels import OTHER, Names
from regbot.supervisor.server.metrics import Counts, Metrics, Readings

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from regbot.supervisor.history.record import RunRecord

MAX_SCRIPTS: Final = 1000
"""Scripts that have series of their own, the first ones of the file: each has a dozen."""
MAX_REGISTRIES: Final = 200
PLAIN: Final = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS: Final = "application/openmetrics-text; version=1.0.0; charset=utf-8"
_RESULTS: Final = {True: "success", False: "failure"}
_STATUSES: Final = {0: "none"} | {int(status): str(int(status)) for status in HTTPStatus}


class Children(Protocol):
    """Counts of a launcher: children that serve a run, processes that took over as planned, and after a death."""

    @property
    def alive(self) -> int:
        """Children that serve a run."""
        ...

    @property
    def renewals(self) -> int:
        """Processes that took over as planned."""
        ...

    @property
    def deaths(self) -> int:
        """Processes that took over after a death."""
        ...


class Keeping(Protocol):
    """Count of a history."""

    @property
    def failed(self) -> int:
        """Records that could not be written when they came."""
        ...


class Telemetry:
    """The metrics of one server; it is also the Meter of its registries.

    No method blocks or raises.  `watch` and `known` are called once there is something to watch and to know.
    """

    def __init__(self, version: str) -> None:
        # They would be a second series beside each counter, which nobody reads.
        disable_created_metrics()  # type: ignore[no-untyped-call]  # the library leaves it out
        self._registry = CollectorRegistry()
        self._metrics = Metrics(self._registry, version)
        self._scripts, self._registries = Names(MAX_SCRIPTS), Names(MAX_REGISTRIES)
        self._children: Children | None = None
        self._history: Keeping | None = None
        self._registry.register(Readings(self._read))
        self.known((), ())
        for result in _RESULTS.values():
            self._metrics.reloads.at(result)

    def watch(self, children: Children, history: Keeping) -> None:
        """Read the counts of launcher and history from now on."""
        self._children, self._history = children, history

    def known(self, registries: Collection[str], scripts: Collection[str]) -> None:
        """Know these names from now on.  The series of others end; of those that stay, none starts again at zero."""
        metrics = self._metrics
        for gone in self._registries.renew({DOCKER_HUB: None} | dict.fromkeys(registries)):
            for by_registry in (metrics.requests, metrics.received, metrics.sent, metrics.waits):
                by_registry.drop(gone)
            metrics.remaining.drop(gone)
        for gone in self._scripts.renew(scripts):
            for by_script in (metrics.runs, metrics.skipped, metrics.counted):
                by_script.drop(gone)
            for latest in (metrics.last_run, metrics.last_success, metrics.last_took):
                latest.drop(gone)
        for script in self._scripts.labels:
            # A counter that begins at one has never increased, as Prometheus sees it.
            metrics.skipped.at(script)
            for verdict in (Verdict.SUCCESS, Verdict.ERROR):
                metrics.runs.at(script, verdict.word)

    def run_started(self, script: str) -> None:  # noqa: ARG002 -- the next metric may want to know
        """Take note of a run that begins."""
        self._metrics.running.inc()

    def run_ended(self, record: RunRecord, metrics: Mapping[str, float]) -> None:
        """Take note of a run that has ended, and of what its script counted."""
        script = self._scripts.label(record.script)
        self._metrics.running.dec()
        self._metrics.runs.at(script, record.outcome).inc()
        if record.ended is not None:
            took = max(0.0, (record.ended - record.started).total_seconds())
            self._metrics.durations.observe(took)
            self._latest(script, record.outcome, record.ended.timestamp(), took)
        for metric, amount in metrics.items():
            if self._metrics.counted.has_room(script, metric):
                self._metrics.counted.at(script, metric).inc(max(0.0, amount))
            else:
                self._metrics.dropped.inc()

    def skipped(self, script: str) -> None:
        """Take note of a start that was skipped."""
        self._metrics.skipped.at(self._scripts.label(script)).inc()

    def operated(self, operation: str) -> None:
        """Take note of an operation, one of the table."""
        self._metrics.operations.at(operation).inc()

    def reloaded(self, ok: bool, when: float) -> None:  # noqa: FBT001 -- the name says it
        """Take note that the configuration was read at *when*, seconds since 1970; the first time counts, too."""
        self._metrics.reload_success.set(ok)
        self._metrics.reloads.at(_RESULTS[ok]).inc()
        if ok:
            self._metrics.reloaded.set(when)

    def requested(self, registry: str, status: int) -> None:
        """Take note of an answer of a registry, 0 for none."""
        word = _STATUSES.get(status) or f"{status // 100 % 10}xx"
        self._metrics.requests.at(self._registries.label(registry), word).inc()

    def received(self, registry: str, size: int) -> None:
        """Take note of bytes that came."""
        self._metrics.received.at(self._registries.label(registry)).inc(size)

    def sent(self, registry: str, size: int) -> None:
        """Take note of bytes that were sent."""
        self._metrics.sent.at(self._registries.label(registry)).inc(size)

    def waited(self, registry: str, seconds: float, why: str) -> None:
        """Take note of a wait."""
        self._metrics.waits.at(self._registries.label(registry), why).inc(max(0.0, seconds))

    def remaining(self, registry: str, pulls: int) -> None:
        """Take note of how many pulls are left; of several registries together that means nothing."""
        if (label := self._registries.label(registry)) != OTHER:
            self._metrics.remaining.at(label).set(pulls)

    def answered(self, route: str, status: int) -> None:
        """Take note of an answer over HTTP; *route* is its template."""
        self._metrics.http_requests.at(route, str(status)).inc()

    def refused(self, why: str) -> None:
        """Take note of a request that somebody may not make: `token`, `host`, `origin` or `busy`."""
        self._metrics.http_refused.at(why).inc()

    def streams(self, number: int) -> None:
        """Take note of how many event streams are open."""
        self._metrics.http_streams.set(number)

    def render(self, accept: str = "") -> tuple[bytes, str]:
        """Return all metrics in the form that an Accept header asks for, and its content type."""
        if "application/openmetrics-text" not in accept:
            return generate_latest(self._registry), PLAIN
        return bytes(openmetrics.generate_latest(self._registry)), OPENMETRICS  # type: ignore[no-untyped-call]

    def _latest(self, script: str, outcome: str, ended: float, took: float) -> None:
        # Of several scripts together these would say nothing.
        if script == OTHER:
            return
        self._metrics.last_run.at(script).set(ended)
        self._metrics.last_took.at(script).set(took)
        if outcome == Verdict.SUCCESS.word:
            self._metrics.last_success.at(script).set(ended)

    def _read(self) -> Counts:
        children, history = self._children, self._history
        if children is None or history is None:
            return Counts()
        return Counts(children.alive, children.renewals, children.deaths, history.failed)
