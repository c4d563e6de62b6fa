"""Metrics as Prometheus reads them, and their bounds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import pytest
from prometheus_client import parser
from prometheus_client.openmetrics import parser as openmetrics_parser

from regbot.supervisor.history.record import Cause, RunRecord
from regbot.supervisor.server.telemetry import MAX_REGISTRIES, MAX_SCRIPTS, OPENMETRICS, PLAIN, Telemetry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from prometheus_client import Metric

WHEN: Final = datetime(2026, 1, 2, tzinfo=UTC)
RUN: Final = RunRecord(
    id=1,
    script="mirror",
    hash="",
    cause=Cause.SCHEDULE,
    dry_run=False,
    started=WHEN,
    ended=WHEN + timedelta(seconds=2),
    outcome="success",
)
parse_plain: Callable[[str], Iterable[Metric]] = parser.text_string_to_metric_families
parse_openmetrics: Callable[[str], Iterable[Metric]] = openmetrics_parser.text_string_to_metric_families
UNITS: Final = ("_seconds", "_bytes")


@dataclass
class Children:
    """Counts of a launcher."""

    alive: int = 2
    renewals: int = 3
    deaths: int = 4


@dataclass
class Keeping:
    """Count of a history."""

    failed: int = 5


def busy() -> Telemetry:
    """Return metrics that were all moved."""
    telemetry = Telemetry("1.2.3")
    telemetry.watch(Children(), Keeping())
    telemetry.known(["ghcr.io"], ["mirror", "prune"])
    telemetry.run_started("mirror")
    telemetry.run_ended(RUN, {"copied": 2})
    telemetry.skipped("prune")
    telemetry.operated("tag.ls")
    telemetry.requested("ghcr.io", 200)
    telemetry.received("ghcr.io", 10)
    telemetry.sent("ghcr.io", 20)
    telemetry.waited("ghcr.io", 0.5, "slot")
    telemetry.remaining("docker.io", 99)
    telemetry.reloaded(ok=True, when=7.0)
    telemetry.reloaded(ok=False, when=8.0)
    telemetry.answered("/healthz", 200)
    telemetry.refused("token")
    telemetry.streams(5)
    return telemetry


def values(telemetry: Telemetry) -> Mapping[str, float]:
    """Return the value of each series, by its name and labels."""
    return {
        f"{sample.name}{dict(sample.labels) or ''}": sample.value
        for family in parse_plain(telemetry.render()[0].decode())
        for sample in family.samples
    }


def series(found: Mapping[str, float], name: str) -> list[str]:
    """Return all series of a name."""
    return [each for each in found if each.startswith(name)]


def test_values() -> None:
    """What is told is counted under the names that the operating guide gives."""
    found = values(busy())
    assert {
        "regbot_runs_total{'outcome': 'success', 'script': 'mirror'}": 1.0,
        "regbot_run_duration_seconds_sum": 2.0,
        "regbot_runs_running": 0.0,
        "regbot_script_last_success_timestamp_seconds{'script': 'mirror'}": WHEN.timestamp() + 2,
        "regbot_overlaps_skipped_total{'script': 'prune'}": 1.0,
        "regbot_script_metric_total{'metric': 'copied', 'script': 'mirror'}": 2.0,
        "regbot_operations_total{'operation': 'tag.ls'}": 1.0,
        "regbot_requests_total{'registry': 'ghcr.io', 'status': '200'}": 1.0,
        "regbot_received_bytes_total{'registry': 'ghcr.io'}": 10.0,
        "regbot_sent_bytes_total{'registry': 'ghcr.io'}": 20.0,
        "regbot_wait_seconds_total{'registry': 'ghcr.io', 'why': 'slot'}": 0.5,
        "regbot_ratelimit_remaining{'registry': 'docker.io'}": 99.0,
        "regbot_children_alive": 2.0,
        "regbot_launcher_renewals_total": 3.0,
        "regbot_launcher_deaths_total": 4.0,
        "regbot_reload_success": 0.0,
        "regbot_reload_timestamp_seconds": 7.0,
        "regbot_reloads_total{'result': 'failure'}": 1.0,
        "regbot_history_failures_total": 5.0,
        "regbot_http_requests_total{'route': '/healthz', 'status': '200'}": 1.0,
        "regbot_http_refused_total{'why': 'token'}": 1.0,
        "regbot_http_streams": 5.0,
        "regbot_build_info{'version': '1.2.3'}": 1.0,
    }.items() <= found.items()


def families(form: str) -> Iterator[Metric]:
    """Give the metrics as a parser of one form reads them."""
    content, media = busy().render(form)
    parse = parse_openmetrics if media == OPENMETRICS else parse_plain
    return iter(parse(content.decode()))


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("", PLAIN),
        ("text/plain", PLAIN),
        ("application/openmetrics-text; version=abc", OPENMETRICS),
        ("\xff,;=", PLAIN),
    ],
)
def test_forms(accept: str, media: str) -> None:
    """Either form is what Prometheus' own parser reads, and is chosen by Accept, whatever stands there."""
    assert busy().render(accept)[1] == media
    assert len(list(families(accept))) > 20


def test_conventions() -> None:
    """Each metric has a help, a name of ours, and its base unit at the end; counters end in _total."""
    for family in parse_openmetrics(busy().render(OPENMETRICS)[0].decode()):
        assert family.documentation.endswith(".") or not family.name.startswith("regbot_")
        assert family.name.startswith(("regbot_", "process_", "python_"))
        assert family.type != "unknown"
        assert not any(unit in family.name and not family.name.endswith(unit) for unit in UNITS)
        assert family.type != "counter" or all(each.name.endswith("_total") for each in family.samples)


def test_hostile_scripts() -> None:
    """However many scripts, registries, statuses and metrics there are, the series are bounded, and all is counted."""
    telemetry = Telemetry("1")
    scripts = [f"script {number}" for number in range(3000)]
    telemetry.known([f"r{number}" for number in range(500)], scripts)
    for number, script in enumerate(scripts):
        telemetry.run_ended(replace(RUN, script=script), {f"m{number}_{each}": 1 for each in range(3)})
        telemetry.requested(f"host-{number}.example", number)
        telemetry.requested(f"r{number}", 200)
        telemetry.remaining(f"host-{number}.example", number)
    found = values(telemetry)
    assert len(series(found, "regbot_runs_total")) == 2 * MAX_SCRIPTS + 1
    assert len(series(found, "regbot_script_metric_total")) == 1000
    assert len(series(found, "regbot_requests_total")) < MAX_REGISTRIES + 80
    assert series(found, "regbot_ratelimit_remaining") == []
    assert found["regbot_runs_total{'outcome': 'success', 'script': 'other'}"] == 2000
    assert found["regbot_script_metrics_dropped_total"] == 8000


def test_one_script_leaves_room() -> None:
    """A script that counts under ever new names takes no more room than one run of it may."""
    telemetry = Telemetry("1")
    telemetry.known([], ["greedy", "modest"])
    for number in range(100):
        telemetry.run_ended(replace(RUN, script="greedy"), {f"m{number}": 1})
    telemetry.run_ended(replace(RUN, script="modest"), {"m": 1})
    assert len(series(values(telemetry), "regbot_script_metric_total")) == 32 + 1


def test_reload() -> None:
    """Series of scripts and registries that are gone end; those that stay keep their values; the new begin at zero."""
    telemetry = busy()
    telemetry.known(["quay.io"], ["mirror", "new"])
    found = values(telemetry)
    assert not [each for each in found if "prune" in each or "ghcr.io" in each]
    assert found["regbot_runs_total{'outcome': 'success', 'script': 'mirror'}"] == 1
    assert found["regbot_script_metric_total{'metric': 'copied', 'script': 'mirror'}"] == 2
    assert found["regbot_overlaps_skipped_total{'script': 'new'}"] == 0
    telemetry.known([], [])
    assert not [each for each in values(telemetry) if "mirror" in each]


def test_run_of_a_script_that_is_gone() -> None:
    """The run of a script that was removed meanwhile brings its series not back."""
    telemetry = busy()
    telemetry.known([], [])
    telemetry.run_ended(RUN, {})
    assert values(telemetry)["regbot_runs_total{'outcome': 'success', 'script': 'other'}"] == 1


def test_failed_run() -> None:
    """A run that failed, or whose end nobody knows, is no success."""
    telemetry = busy()
    before = values(telemetry)["regbot_script_last_success_timestamp_seconds{'script': 'mirror'}"]
    telemetry.run_ended(replace(RUN, outcome="error", ended=WHEN + timedelta(days=1)), {})
    telemetry.run_ended(replace(RUN, outcome="lost", ended=None), {})
    assert values(telemetry)["regbot_script_last_success_timestamp_seconds{'script': 'mirror'}"] == before


@pytest.mark.parametrize("name", ["\udc80", 'quo"te', "back\\slash", "new\nline", "ünï", "x" * 5000, "other"])
def test_odd_names(name: str) -> None:
    """A script of any name breaks no scrape."""
    telemetry = Telemetry("1")
    telemetry.known([], [name])
    telemetry.skipped(name)
    (label,) = [
        sample.labels["script"]
        for family in parse_openmetrics(telemetry.render(OPENMETRICS)[0].decode())
        for sample in family.samples
        if sample.name == "regbot_overlaps_skipped_total"
    ]
    assert label == name.encode("utf-8", "backslashreplace").decode()
