"""How many requests a registry gets at once, and how fast one after another."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import trio

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Throttle:
    """The slots of one registry, given out in the order in which they were asked for."""

    def __init__(self, name: str, *, slots: int, per_second: float = 0.0) -> None:
        self.name = name
        self.slots = max(slots, 1)
        self._free = self.slots
        self._interval = 1 / per_second if per_second > 0 else 0.0
        self._next = 0.0
        self._turn = trio.Lock()
        self._freed = trio.Event()

    @property
    def idle(self) -> bool:
        """Whether nobody holds a slot, or waits for one."""
        return self._free == self.slots and not self._turn.locked()

    @property
    def pausing(self) -> bool:
        """Whether the next request could not begin at once."""
        return trio.current_time() < self._next

    @asynccontextmanager
    async def hold(self, count: int = 1) -> AsyncIterator[None]:
        """Hold *count* slots, all or none; more than there are at all is all of them."""
        count = min(count, self.slots)
        async with self._turn:
            while self._free < count:
                self._freed = trio.Event()
                await self._freed.wait()
            self._free -= count
        try:
            yield
        finally:
            self._free += count
            self._freed.set()

    async def pace(self) -> None:
        """Wait until the next request may begin."""
        if self._interval:
            start = max(trio.current_time(), self._next)
            self._next = start + self._interval
            await trio.sleep_until(start)


@asynccontextmanager
async def hold_both(one: Throttle, other: Throttle) -> AsyncIterator[None]:
    """Hold what streaming from one registry to the other takes: a slot of each, or two of the same.

    They are taken in the order of their names: copies in opposite directions would else wait for each other for ever.
    """
    if one is other:
        async with one.hold(2):
            yield
        return
    first, second = sorted((one, other), key=lambda throttle: throttle.name)
    async with first.hold(), second.hold():
        yield
