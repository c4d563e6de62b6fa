"""The table of metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry

from regbot.supervisor.server.labels import Series
from regbot.supervisor.server.metrics import Counts, Metrics, Readings
from tools.documents.table import table

if TYPE_CHECKING:
    from collections.abc import Iterator

_PREFIX: Final = "regbot_"
_SUFFIXES: Final = {"counter": "_total", "info": "_info"}


def metrics(_: str) -> str:
    """Return the table of the metrics that are regbot's own."""
    return table(("metric", "labels", "what it says"), sorted(_rows()))


def _rows() -> Iterator[tuple[str, str, str]]:
    registry = CollectorRegistry()
    labels = dict(_labels(Metrics(registry, "")))
    registry.register(Readings(Counts))
    for family in registry.collect():
        if family.name.startswith(_PREFIX):
            called = ", ".join(f"`{each}`" for each in labels.get(family.name, ()))
            yield f"`{family.name}{_SUFFIXES.get(family.type, '')}`", called, family.documentation


def _labels(metrics: Metrics) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Give the labels of each metric; the library tells them of no other way."""
    for value in vars(metrics).values():
        metric = value.metric if isinstance(value, Series) else value
        yield metric._name, tuple(metric._labelnames)  # noqa: SLF001 -- as above
