"""Values of labels, bounded: a monitoring system keeps a series for each of them, for ever."""

from __future__ import annotations

import math
from itertools import islice
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from prometheus_client import Counter, Gauge

if TYPE_CHECKING:
    from collections.abc import Collection

M = TypeVar("M", Counter, Gauge)

OTHER: Final = "other"
"""The value that everything beyond a bound shares."""


def text(name: str) -> str:
    """Return a name as the value of a label: what is no character, as `surrogateescape` makes of bytes, is spelled."""
    return name.encode("utf-8", "backslashreplace").decode()


class Names:
    """The names that have series of their own, the first *most* of those known."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._own: dict[str, str] = {}

    def label(self, name: str) -> str:
        """Return the value for a name."""
        return self._own.get(name, OTHER)

    @property
    def labels(self) -> Collection[str]:
        """The values of those that have series of their own."""
        return self._own.values()

    def renew(self, names: Collection[str]) -> list[str]:
        """Know these names from now on; those that have series of their own keep them.  Return values that are gone."""
        still = set(names)
        gone = [label for name, label in self._own.items() if name not in still]
        kept = {name: label for name, label in self._own.items() if name in still}
        new = (name for name in dict.fromkeys(names) if name not in kept)
        self._own = kept | {name: text(name) for name in islice(new, self._most - len(kept))}
        return [label for label in gone if label not in self._own.values()]


class Series(Generic[M]):
    """The series of one metric with labels, so that those of a first label can be dropped again.

    *most* is how many there may be in all, *each* how many with the same first label.
    """

    def __init__(self, metric: M, *, most: float = math.inf, each: float = math.inf) -> None:
        self.metric: M = metric
        self._most, self._each = most, each
        self._of: dict[str, set[tuple[str, ...]]] = {}
        self._count = 0

    def at(self, first: str, *others: str) -> M:
        """Return the series with these labels; there is room for it, or ask `has_room` before."""
        known = self._of.setdefault(first, set())
        if others not in known:
            known.add(others)
            self._count += 1
        series: M = self.metric.labels(first, *others)
        return series

    def has_room(self, first: str, *others: str) -> bool:
        """Whether there is such a series, or may be."""
        known = self._of.get(first, set())
        return others in known or (self._count < self._most and len(known) < self._each)

    def drop(self, first: str) -> None:
        """Forget every series with this first label."""
        for others in self._of.pop(first, set()):
            self.metric.remove(first, *others)
            self._count -= 1
