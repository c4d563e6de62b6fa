"""Times of a schedule that a change of daylight saving leaves out, or has twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from regbot.config.schedule import Cron

if TYPE_CHECKING:
    from collections.abc import Iterator

    from regbot.config.schedule import Schedule

AHEAD: Final = 2 * 366
"""Days that are looked at: each zone that changes its clocks does so every year."""
_MINUTE: Final = timedelta(minutes=1)
_SECOND: Final = timedelta(seconds=1)
_DAY: Final = timedelta(days=1)
_HOURS: Final = frozenset(range(24))


def changed_hours(schedule: Schedule, now: datetime) -> tuple[datetime | None, datetime | None]:
    """Return the first local time from *now* on that a schedule names and that does not exist, and that comes twice.

    None where there is none.  A schedule for every hour goes on through a change, and has neither.
    """
    missing: datetime | None = None
    doubled: datetime | None = None
    if not isinstance(schedule.rule, Cron) or schedule.rule.hours == _HOURS:
        return missing, doubled
    for before, after in _changes(schedule.zone, now.astimezone(UTC)):
        found = _first(schedule.rule, min(before, after), max(before, after))
        if before < after:
            missing = missing or found
        else:
            doubled = doubled or found
    return missing, doubled


@lru_cache(maxsize=1000)
def _changes(zone: tzinfo | None, now: datetime) -> tuple[tuple[datetime, datetime], ...]:
    """Return what a clock in the zone would show at each of its changes without it, and what it shows."""
    return tuple(_found_changes(zone, now))


def _found_changes(zone: tzinfo | None, now: datetime) -> Iterator[tuple[datetime, datetime]]:
    def offset(moment: datetime) -> timedelta:
        # A zone of None is that of the program.
        found = moment.astimezone(zone).utcoffset()
        assert found is not None, "astimezone() makes no time without a zone"
        return found

    for number in range(AHEAD):
        low, high = now + number * _DAY, now + (number + 1) * _DAY
        before, after = offset(low), offset(high)
        if before == after:
            continue
        while high - low > _SECOND:
            middle = low + (high - low) / 2
            low, high = (middle, high) if offset(middle) == before else (low, middle)
        change = high.replace(microsecond=0, tzinfo=None)
        yield change + before, change + after


def _first(rule: Cron, start: datetime, end: datetime) -> datetime | None:
    """Return the first time of *rule* from *start* on and before *end*."""
    moment = start
    while moment < end:
        if _is_due(rule, moment):
            return moment
        moment += _MINUTE
    return None


def _is_due(rule: Cron, moment: datetime) -> bool:
    weekday = moment.isoweekday() % 7
    day, of_week = moment.day in rule.days, weekday in rule.weekdays
    fits = (day or of_week) if rule.either else (day and of_week)
    return fits and moment.month in rule.months and moment.hour in rule.hours and moment.minute in rule.minutes
