"""The starts of one script, one after the other."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from regbot.supervisor.schedule.plan import Plan


class Rhythm(Protocol):
    """What a script is due by: the times of a calendar, or steps of one length."""

    def following(self, after: float) -> float | None:
        """Return the first time after *after* at which it is due, None if there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Steps:
    """Times *span* apart, from *begun* on, which is none of them."""

    begun: float
    span: float

    def following(self, after: float) -> float:
        """Return the first of them after *after*; they are multiplied, since what is added up drifts."""
        count = math.floor((after - self.begun) / self.span) + 1
        due = self.begun + count * self.span
        return due if due > after else self.begun + (count + 1) * self.span


@dataclass(slots=True, eq=False)
class Series:
    """When one script is due next, and when it is started then, which is later by its jitter; inf: never again.

    Times are those of whatever clock its rhythm goes by.
    """

    key: str
    plan: Plan
    rhythm: Rhythm
    random: Callable[[], float]
    kept: float = 0.0
    """Seconds: where its clock is set back by less, what ran does not run again."""
    order: int = 0
    """Its place in the file."""
    ran: float = -math.inf
    """When it was started last: nothing that was due until then is due any more."""
    start: float = math.inf

    def aim(self, now: float) -> None:
        """Find its next start after *now*."""
        due = self.rhythm.following(max(now, self.ran))
        self.start = math.inf if due is None else due + self.random() * self.plan.jitter

    def advance(self, now: float) -> None:
        """Note that it is started *now*."""
        self.ran = now
        self.aim(now)

    def set_back(self, now: float, seconds: float) -> None:
        """Note that the clock was set back by *seconds* and shows *now*: what ran may have to run again."""
        # Set back a little several times, it has been set back far.
        if max(seconds, self.ran - now) >= self.kept:
            self.ran = -math.inf
