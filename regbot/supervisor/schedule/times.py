"""The times of a schedule, and what becomes of them where a clock is put forward or back for the summer.

croniter finds the days of a rule; it is told nothing of zones.  Which instants the times of these days are is decided
here, as cronie does:

- A rule of all 24 hours goes by real time: it runs in both of two equal hours (`0 * * * *` runs 25 times on that day),
  and what an hour that is left out would have held is not made up for.
- Any other rule keeps to the clock on the wall: a time that comes twice counts the first time, and times that are left
  out count as the first moment after them, all times of one gap together.

The Go program's library (robfig/cron v3) runs nothing for a time that is left out, and twice for one that comes twice.
"""

from __future__ import annotations

import math
from datetime import datetime, time, timedelta
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Final, TypeAlias

from croniter import croniter
from croniter.croniter import CroniterBadDateError

from regbot.config.schedule import Cron, Every

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, tzinfo

    from regbot.config.schedule import Schedule
    from regbot.supervisor.schedule.plan import Plan

FARTHEST: Final = 40
"""Years within which a rule has to be due again."""
_KEPT: Final = 1024
"""Answers of croniter that are kept: each takes it 20 us or more, and ten thousand rules ask for few days."""
Numbers: TypeAlias = frozenset[int]


class Calendar:
    """The times of one rule in one zone (None: the program's, by TZ or /etc/localtime)."""

    def __init__(self, rule: Cron, zone: tzinfo | None) -> None:
        self._rule, self._zone = rule, zone
        self.by_real_time = len(rule.hours) == 24
        # What was found last holds for every time between these two: scripts of one rule ask the same.
        self._known: tuple[float, float | None] = (0.0, 0.0)

    def following(self, after: float) -> float | None:
        """Return the first time after *after* (both in seconds since 1970); None if there is none in 40 years."""
        since, due = self._known
        if after < since or (due is not None and after >= due):
            due = self._search(after)
            self._known = after, due
        return due

    def _search(self, after: float) -> float | None:
        # datetime would round up what is just before a minute.
        here = self._wall(math.floor(after))
        wall = here.replace(tzinfo=None, fold=0)
        found: list[float] = []
        for moment in _walls(self._rule, wall - self._to_be_repeated(here)):
            found += [instant for instant in self._instants(moment) if instant > after]
            # Until then there are only times that come again, and the next that is new may be before them.
            if found and moment > wall:
                break
        return min(found, default=None)

    def _to_be_repeated(self, here: datetime) -> timedelta:
        """Return how far the clock will be put back before the time on it is over; zero if it will not."""
        first, second = (here.replace(fold=fold).timestamp() for fold in (0, 1))
        return timedelta(seconds=max(0.0, second - first) if self.by_real_time and not here.fold else 0.0)

    def _instants(self, moment: datetime) -> list[float]:
        """Return the instants at which a wall time of the rule is due."""
        first, second = (moment.replace(tzinfo=self._zone, fold=fold).timestamp() for fold in (0, 1))
        if first > second:
            return [] if self.by_real_time else [self._end_of_gap(moment, int(second), int(first))]
        return sorted({first, second}) if self.by_real_time else [first]

    def _end_of_gap(self, moment: datetime, before: int, behind: int) -> float:
        """Return the first instant at which the clock shows more than *moment*, which is left out."""
        while behind - before > 1:
            middle = (before + behind) // 2
            if self._wall(middle).replace(tzinfo=None) > moment:
                behind = middle
            else:
                before = middle
        return float(behind)

    def _wall(self, instant: float) -> datetime:
        # Without a zone datetime asks the C library, which knows TZ in all its forms.
        return datetime.fromtimestamp(instant, self._zone)


def following(schedule: Schedule, after: float, *, local: tzinfo | None = None) -> float | None:
    """Return the first instant after *after* (seconds since 1970) at which a cron schedule is due.

    *local* is the zone of a schedule that names none (None: the program's).  None if there is no such time in 40 years,
    and for `@every`, which counts from the start of the program and not by the clock.
    """
    return (
        None if isinstance(schedule.rule, Every) else Calendar(schedule.rule, schedule.zone or local).following(after)
    )


def upcoming(plan: Plan, clock_now: float, count: int, *, local: tzinfo | None = None) -> list[float]:
    """Return the next *count* times of a plan without its jitter; spans begin now, as if the program started."""
    if plan.span is not None:
        return [clock_now + number * plan.span for number in range(1, count + 1)]
    if plan.schedule is None or isinstance(plan.schedule.rule, Every):
        return []
    return list(islice(_times(Calendar(plan.schedule.rule, plan.schedule.zone or local), clock_now), count))


def _times(calendar: Calendar, after: float) -> Iterator[float]:
    while (due := calendar.following(after)) is not None:
        yield (after := due)


def _walls(rule: Cron, after: datetime) -> Iterator[datetime]:
    """Yield the times on the wall that fit a rule, from the first after *after* on."""
    hours, minutes = sorted(rule.hours), sorted(rule.minutes)
    day = _day(rule.days, rule.months, rule.weekdays, after.date(), either=rule.either)
    while day is not None:
        for hour in hours:
            if day + timedelta(hours=hour + 1) > after:
                moments = (day.replace(hour=hour, minute=minute) for minute in minutes)
                yield from (moment for moment in moments if moment > after)
        tomorrow = day.date() + timedelta(days=1)
        day = _day(rule.days, rule.months, rule.weekdays, tomorrow, either=rule.either)


@lru_cache(_KEPT)
def _day(days: Numbers, months: Numbers, weekdays: Numbers, start: date, *, either: bool) -> datetime | None:
    """Return the first day from *start* on that fits, as its midnight; None if there is none in 40 years."""
    before = datetime.combine(start, time()) - timedelta(minutes=1)
    try:
        found = _cron(days, months, weekdays, either=either).get_next(datetime, start_time=before)
    except CroniterBadDateError:
        return None
    assert isinstance(found, datetime)
    return found


@lru_cache(_KEPT)
def _cron(days: Numbers, months: Numbers, weekdays: Numbers, *, either: bool) -> croniter:
    of_month, of_week = _listed(days, 31), _listed(weekdays, 7)
    if either and "*" in {of_month, of_week}:
        # To croniter a star restricts nothing, and then the other alone has to match.
        of_month = of_week = "*"
    fields = ("0", "0", of_month, _listed(months, 12), of_week)
    return croniter(" ".join(fields), day_or=either, max_years_between_matches=FARTHEST)


def _listed(numbers: Numbers, all_of_them: int) -> str:
    return "*" if len(numbers) == all_of_them else ",".join(map(str, sorted(numbers)))
