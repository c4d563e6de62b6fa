"""How many requests a registry gets at once, and how fast one after another."""

from __future__ import annotations

from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Final

import trio

from regbot.registry.observer import Unmetered

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from regbot.registry.observer import Meter

USUAL: Final = 3
"""Slots of a registry of which nobody said how many it has: as many as the Go program takes."""
MOST: Final = 64
"""Slots that such a registry has at most, however many calls a script makes at once."""


class Throttle:
    """The slots of one registry, given out in the order in which they were asked for.

    *meter* is told of waits.  With *slots* None there are `USUAL`, and more for a script that has more calls in flight.
    """

    def __init__(self, name: str, *, slots: int | None, per_second: float = 0.0, meter: Meter | None = None) -> None:
        self.name = name
        self._meter = meter or Unmetered()
        self.slots = USUAL if slots is None else max(slots, 1)
        self._least = self.slots
        self._adapts = slots is None
        self._held = 0
        self._interval = 1 / per_second if per_second > 0 else 0.0
        self._next = 0.0
        self._turn = trio.Lock()
        self._changed = trio.Event()

    @property
    def idle(self) -> bool:
        """Whether nobody holds a slot, or waits for one."""
        return self._held == 0 and not self._turn.locked()

    @property
    def pausing(self) -> bool:
        """Whether the next request could not begin at once."""
        return trio.current_time() < self._next

    def at_once(self, calls: int) -> None:
        """Have a slot for each of *calls* in flight, where the number of slots was left to us.

        Nobody loses the slot that he holds.
        """
        slots = min(max(calls, USUAL), MOST)
        if self._adapts and slots != self.slots:
            self.slots = slots
            self._changed.set()

    async def take(self, count: int = 1) -> int:
        """Wait for *count* slots, all or none; return how many are to be given back.

        More than there are at all is all of them.  Where they are free nobody else gets a turn meanwhile.
        """
        count = min(count, self._least)
        if self._turn.locked() or self._held + count > self.slots:
            with self._waiting("slot"):
                await self._wait_for(count)
        self._held += count
        return count

    async def _wait_for(self, count: int) -> None:
        async with self._turn:
            while self._held + count > self.slots:
                self._changed = trio.Event()
                await self._changed.wait()

    def give(self, count: int) -> None:
        """Give back what `take` returned."""
        self._held -= count
        self._changed.set()

    @asynccontextmanager
    async def hold(self, count: int = 1) -> AsyncIterator[None]:
        """Hold *count* slots."""
        taken = await self.take(count)
        try:
            yield
        finally:
            self.give(taken)

    async def pace(self) -> None:
        """Wait until the next request may begin."""
        if self._interval:
            start = max(trio.current_time(), self._next)
            self._next = start + self._interval
            with self._waiting("pace"):
                await trio.sleep_until(start)

    @contextmanager
    def _waiting(self, why: str) -> Iterator[None]:
        begun = trio.current_time()
        try:
            yield
        finally:
            if (seconds := trio.current_time() - begun) > 0:
                self._meter.waited(self.name, seconds, why)


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
