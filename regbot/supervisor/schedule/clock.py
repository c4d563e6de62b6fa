"""The clock of the schedule; whoever makes a Timetable passes one in."""

from __future__ import annotations

import time
from typing import Protocol

import trio


class Clock(Protocol):
    """Tells two times, in seconds."""

    def now(self) -> float:
        """Return the time of day since 1970; somebody may set it."""
        ...

    def elapsed(self) -> float:
        """Return a time that only goes on, also while the machine sleeps (CLOCK_BOOTTIME)."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait; the time for which the machine sleeps may not count."""
        ...


class SystemClock:
    """The clocks of this machine."""

    def now(self) -> float:
        """Return the time of day."""
        return time.time()

    def elapsed(self) -> float:
        """Return the time since boot."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await trio.sleep(seconds)
