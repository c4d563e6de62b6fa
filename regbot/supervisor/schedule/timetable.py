"""The next starts of all scripts, by two clocks.

Spans (`interval`, `@every`) are counted by the clock that nobody sets and that goes on while the machine sleeps: the
first start is one span after the script came into the timetable, and times are multiples of the span from there, so
that nothing drifts.  Rules of cron go by the time of day.  Times that were missed, because the machine slept or its
clock was set forward, are made up for by one start.

Where the clock is set back by less than three hours, what ran does not run again (five minutes for rules of all 24
hours: these go by real time, and must not stop for hours); otherwise the new time counts from then on.  So it does
where the clock of a machine without a battery is set for the first time: nothing was missed since 1970.
"""

from __future__ import annotations

import math
import random as chance
from heapq import heapify, heapreplace
from typing import TYPE_CHECKING, Final, TypeAlias
from weakref import WeakValueDictionary

from regbot.config.schedule import Cron
from regbot.supervisor.schedule.series import Series, Steps
from regbot.supervisor.schedule.times import Calendar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import tzinfo

    from regbot.supervisor.schedule.clock import Clock
    from regbot.supervisor.schedule.plan import Plan

LOOK: Final = 5.0
"""Seconds: the longest time between two looks at the clock, which somebody may have set."""
SET: Final = 1.0
"""Seconds by which a clock leaps when it is set; one that is merely corrected takes hours for that."""
HOURS_KEPT: Final = 3 * 3600.0
MINUTES_KEPT: Final = 300.0
"""Seconds: where the clock is set back by less, what ran does not run again; the latter for what goes by real time."""
FIRST_SET: Final = 1735689600.0
"""1 January 2025; a clock that shows an earlier time was never set."""

_Queue: TypeAlias = list[tuple[float, int, Series]]
"""A heap of starts; the order in the file decides between equal ones."""


class Timetable:
    """Tells which scripts are due.  *random* returns numbers from 0 to 1 for jitter.

    *local* is the zone of rules that name none (None: the program's).
    """

    def __init__(
        self, clock: Clock, *, random: Callable[[], float] = chance.random, local: tzinfo | None = None
    ) -> None:
        self._clock, self._random, self._local = clock, random, local
        self._ahead = clock.now() - clock.elapsed()
        self._series: dict[str, Series] = {}
        # Each lives as long as a script has it.
        self._calendars: WeakValueDictionary[tuple[Cron, tzinfo | None], Calendar] = WeakValueDictionary()
        self._by_day: _Queue = []
        self._by_span: _Queue = []

    def replace(self, plans: Mapping[str, Plan]) -> None:
        """Take other scripts, in the order of their file; one of the same plan keeps its times, others begin now."""
        now, elapsed = self._look()
        before, self._series = self._series, {}
        for order, (key, plan) in enumerate(plans.items()):
            series = before.get(key)
            if series is None or series.plan != plan:
                series = self._begun(key, plan, now, elapsed)
            if series is not None:
                series.order = order
                self._series[key] = series
        self._by_day = _queue(each for each in self._series.values() if each.plan.span is None)
        self._by_span = _queue(each for each in self._series.values() if each.plan.span is not None)

    def due(self) -> list[str]:
        """Return the scripts to be started now, by the times at which they should have been; each is told once."""
        now, elapsed = self._look()
        ahead = now - elapsed
        found = [*_taken(self._by_day, now)]
        found += [(start + ahead, order, key) for start, order, key in _taken(self._by_span, elapsed)]
        return [key for _, _, key in sorted(found)]

    def next(self, key: str) -> float | None:
        """Return when a script is started next, in seconds since 1970; None if it is not."""
        now, elapsed = self._look()
        series = self._series.get(key)
        if series is None or series.start == math.inf:
            return None
        return series.start if series.plan.span is None else series.start + now - elapsed

    def pause(self) -> float:
        """Return for how many seconds there is nothing to do: `LOOK` at most."""
        now, elapsed = self._look()
        by_day = self._by_day[0][0] - now if self._by_day else LOOK
        by_span = self._by_span[0][0] - elapsed if self._by_span else LOOK
        return max(0.0, min(by_day, by_span, LOOK))

    def _begun(self, key: str, plan: Plan, now: float, elapsed: float) -> Series | None:
        if plan.span is not None:
            series = Series(key, plan, Steps(elapsed, plan.span), self._random)
            series.aim(elapsed)
            return series
        if plan.schedule is None or not isinstance(plan.schedule.rule, Cron):
            return None
        calendar = self._calendar(plan.schedule.rule, plan.schedule.zone or self._local)
        kept = MINUTES_KEPT if calendar.by_real_time else HOURS_KEPT
        series = Series(key, plan, calendar, self._random, kept)
        series.aim(now)
        return series

    def _calendar(self, rule: Cron, zone: tzinfo | None) -> Calendar:
        """Return the one calendar of all scripts with a rule."""
        if (found := self._calendars.get((rule, zone))) is None:
            found = self._calendars[rule, zone] = Calendar(rule, zone)
        return found

    def _look(self) -> tuple[float, float]:
        """Read both clocks; if the time of day was set since the last look, aim anew."""
        now, elapsed = self._clock.now(), self._clock.elapsed()
        leap = now - elapsed - self._ahead
        self._ahead = now - elapsed
        if leap < -SET or (leap > SET and now - leap < FIRST_SET <= now):
            for _, _, series in self._by_day:
                series.set_back(now, -leap)
                series.aim(now)
            self._by_day = _queue(series for _, _, series in self._by_day)
        return now, elapsed


def _queue(series: Iterable[Series]) -> _Queue:
    queue = [(each.start, each.order, each) for each in series]
    heapify(queue)
    return queue


def _taken(queue: _Queue, time: float) -> Iterator[tuple[float, int, str]]:
    """Yield the starts until *time* (when, order, script), each of which moves on to its next."""
    while queue and queue[0][0] <= time:
        start, order, series = queue[0]
        series.advance(time)
        heapreplace(queue, (series.start, order, series))
        yield start, order, series.key
