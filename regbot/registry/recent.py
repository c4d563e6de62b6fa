"""A bounded memory: what was used longest ago is forgotten first."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import ItemsView, ValuesView

K = TypeVar("K")
V = TypeVar("V")


class Recent(Generic[K, V]):
    """Remembers up to *limit* values by their keys."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept: OrderedDict[K, V] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: K) -> V | None:
        """Return what is remembered, and think of it as used."""
        if key in self._kept:
            self._kept.move_to_end(key)
        return self._kept.get(key)

    def put(self, key: K, value: V) -> V:
        """Remember a value; return it."""
        self._kept[key] = value
        self._kept.move_to_end(key)
        while len(self._kept) > self._limit:
            self._kept.popitem(last=False)
        return value

    def forget(self, key: K) -> None:
        """Forget a value, if it is remembered."""
        self._kept.pop(key, None)

    def values(self) -> ValuesView[V]:
        """Return the values alone, likewise."""
        return self._kept.values()

    def items(self) -> ItemsView[K, V]:
        """Return all that is remembered, what was used longest ago first."""
        return self._kept.items()
