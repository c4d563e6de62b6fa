"""Whether what a server holds stays the same over time."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from statistics import linear_regression, median
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.endurance.processes import Sample

WARM: Final = 0.2
"""The part of all samples in which caches fill."""
_HOUR: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Course:
    """How one figure went after the warm-up: medians of the first and the last third, the most, slope an hour."""

    name: str
    first: float
    last: float
    most: float
    slope: float
    allowed: float
    """By how much the last may be above the first."""

    @property
    def flat(self) -> bool:
        """Whether it did not grow."""
        return self.last - self.first <= self.allowed


def courses(samples: Sequence[Sample]) -> list[Course]:
    """Return the course of everything that must not grow; sizes in MiB.

    A third of a supervisor's memory may lie in what Python keeps for later, so that a few MiB say nothing.
    """
    return [
        _course("RSS of the server, MiB", samples, lambda each: each.rss / 1024, 4.0),
        _course("PSS of the server, MiB", samples, lambda each: each.pss / 1024, 4.0),
        # Two launchers at a time while one takes over from another.
        _course("PSS of launchers and children, MiB", samples, lambda each: each.pss_below / 1024, 15.0),
        # Connections to registries are kept for a while, and an edition that ends has its own.
        _course("descriptors", samples, lambda each: each.descriptors, 15.0),
        _course("threads", samples, lambda each: each.threads, 3.0),
        _course("launchers and children", samples, lambda each: each.processes, 6.0),
    ]


def _course(name: str, samples: Sequence[Sample], figure: Callable[[Sample], float], allowed: float) -> Course:
    warm = samples[int(len(samples) * WARM) :]
    values, times = [figure(each) for each in warm], [each.at / _HOUR for each in warm]
    third = max(1, len(values) // 3)
    slope = linear_regression(times, values).slope if len(set(times)) > 1 else 0.0
    return Course(name, median(values[:third]), median(values[-third:]), max(values), slope, allowed)


def lasting(sets: Sequence[frozenset[int]]) -> set[int]:
    """Return the numbers that are in two sets in a row: processes that were found dead, or alone, and stayed so."""
    return {number for before, after in pairwise(sets) for number in before & after}
