"""When one script is to be started, by its configuration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from regbot.config.schedule import Every

if TYPE_CHECKING:
    from regbot.config.model import Script
    from regbot.config.schedule import Schedule

LEAST_SPAN: Final = 0.1
"""Seconds; what is shorter would keep the server busy with its clock."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A *schedule*, or an *interval* in seconds, or neither: then the script runs only when somebody asks.

    *jitter*: each start is put off by a random part of that many seconds.
    """

    schedule: Schedule | None
    interval: float | None
    jitter: float

    @classmethod
    def of(cls, script: Script) -> Self:
        """Return the plan of a script."""
        return cls(script.schedule, script.interval, script.jitter)

    @property
    def span(self) -> float | None:
        """The seconds between two starts; None if a calendar decides, or nothing does."""
        if self.schedule is None:
            return None if self.interval is None else max(self.interval, LEAST_SPAN)
        return float(self.schedule.rule.seconds) if isinstance(self.schedule.rule, Every) else None
