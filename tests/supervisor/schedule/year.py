"""The times of a year at which a rule of cron is due, found by asking of every minute: nothing of regbot is used.

A rule is given as what it restricts: five sets of numbers, or None for a star.  A rule of all hours goes by real time;
any other counts a wall time that comes twice once, and one that is left out at the first minute after.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Iterator

MINUTE: Final = timedelta(minutes=1)
QUARTER: Final = timedelta(minutes=15)

Numbers = AbstractSet[int] | None


@dataclass(frozen=True)
class Rule:
    """What a rule restricts; Sunday is 0."""

    minutes: Numbers = None
    hours: Numbers = None
    days: Numbers = None
    months: Numbers = None
    weekdays: Numbers = None

    def fits(self, wall: datetime) -> bool:
        """Whether the rule names this time on the wall."""
        if not (_in(wall.minute, self.minutes) and _in(wall.hour, self.hours) and _in(wall.month, self.months)):
            return False
        by_day, by_weekday = _in(wall.day, self.days), _in(wall.isoweekday() % 7, self.weekdays)
        if self.days is not None and self.weekdays is not None:
            return by_day or by_weekday
        return by_day and by_weekday


def _in(number: int, numbers: Numbers) -> bool:
    return numbers is None or number in numbers


@dataclass(frozen=True)
class Year:
    """Every quarter of an hour of a year of UTC: clocks change between two of them.

    *quarters*, by the minute with which they begin on the wall, have their seconds since 1970, the time on the wall,
    and whether that came for the second time; *gaps* have the first second after each, and the times on the wall that
    it leaves out, without the last.
    """

    quarters: dict[int, list[tuple[int, datetime, bool]]]
    gaps: list[tuple[int, datetime, datetime]]


@cache
def year_of(zone: str, year: int) -> Year:
    """Ask of every quarter what the clocks show."""
    begin, end = (int(datetime(each, 1, 1, tzinfo=UTC).timestamp()) for each in (year, year + 1))
    found = Year({minute: [] for minute in range(0, 60, 15)}, [])
    top = shown(begin, zone)
    for second in range(begin, end, 900):
        wall = shown(second, zone)
        assert shown(second + 14 * 60, zone) == wall + 14 * MINUTE, "a change within a quarter"
        found.quarters[wall.minute].append((second, wall, wall < top))
        if wall > top:
            found.gaps.append((second, top, wall))
        top = max(top, wall + QUARTER)
    return found


def shown(second: int, zone: str) -> datetime:
    """Return what the clocks show."""
    return datetime.fromtimestamp(second, ZoneInfo(zone)).replace(tzinfo=None, fold=0)


def due(rule: Rule, zone: str, year: int) -> list[int]:
    """Return the seconds since 1970 at which a rule is due in a year."""
    place = year_of(zone, year)
    fitting = list(_fitting(rule, place))
    if rule.hours is None:
        return sorted(second for second, _ in fitting)
    missed = {second for second, first, last in place.gaps if any(map(rule.fits, _minutes(first, last)))}
    return sorted(missed | {second for second, again in fitting if not again})


def _fitting(rule: Rule, place: Year) -> Iterator[tuple[int, bool]]:
    for minute in rule.minutes or range(60):
        behind = minute % 15
        for second, wall, again in place.quarters[minute - behind]:
            if rule.fits(wall + behind * MINUTE):
                yield second + behind * 60, again


def _minutes(first: datetime, last: datetime) -> Iterator[datetime]:
    while first < last:
        yield first
        first += MINUTE
