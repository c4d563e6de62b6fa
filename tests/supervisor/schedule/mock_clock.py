"""A clock that stands still until a test moves it."""

from __future__ import annotations


class MockClock:
    """The time of day is *now* seconds since 1970; the other clock began at zero."""

    def __init__(self, now: float) -> None:
        self._now, self._elapsed = now, 0.0

    def now(self) -> float:
        """Return the time of day."""
        return self._now

    def elapsed(self) -> float:
        """Return what only goes on."""
        return self._elapsed

    async def sleep(self, seconds: float) -> None:
        """Go on by so much at once."""
        self.go_on(seconds)

    def go_on(self, seconds: float) -> None:
        """Let time pass, of the machine's being awake or asleep."""
        self._now += seconds
        self._elapsed += seconds

    def go_to(self, now: float) -> None:
        """Let time pass until a time of day."""
        self.go_on(now - self._now)

    def set(self, now: float) -> None:
        """Have somebody set the time of day."""
        self._now = now
