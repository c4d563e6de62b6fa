"""When rules of cron are due, a whole year long, where clocks are put forward and back."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import takewhile
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import pytest

from regbot.config.schedule import Schedule
from regbot.supervisor.schedule.times import following
from tests.supervisor.schedule.year import Rule, due

if TYPE_CHECKING:
    from collections.abc import Iterator

ZONES: Final = ("America/New_York", "Europe/Berlin", "Australia/Lord_Howe")
YEAR: Final = 2027
RULES: Final = {
    "30 2 * * *": Rule({30}, {2}),
    "15 1,2 * * *": Rule({15}, {1, 2}),
    "*/20 1-3 * * mon-fri": Rule({0, 20, 40}, {1, 2, 3}, weekdays={1, 2, 3, 4, 5}),
    "45 * * * *": Rule({45}),
    "*/20 * * * *": Rule({0, 20, 40}),
    "@hourly": Rule({0}),
    "@daily": Rule({0}, {0}),
    "@midnight": Rule({0}, {0}),
    "@weekly": Rule({0}, {0}, weekdays={0}),
    "@monthly": Rule({0}, {0}, days={1}),
    "@yearly": Rule({0}, {0}, days={1}, months={1}),
    "@annually": Rule({0}, {0}, days={1}, months={1}),
    "0 12 13 * fri": Rule({0}, {12}, days={13}, weekdays={5}),
    "0 12 1-31 * fri": Rule({0}, {12}, days=set(range(1, 32)), weekdays={5}),
    "5 4 ? jan,jul ?": Rule({5}, {4}, months={1, 7}),
    "0 0/6 29-31 */2 *": Rule({0}, {0, 6, 12, 18}, days={29, 30, 31}, months={1, 3, 5, 7, 9, 11}),
}


def times(text: str, zone: str, begin: float, end: float) -> Iterator[float]:
    """Yield when a schedule is due from *begin*, before *end*."""

    def all_of_them() -> Iterator[float]:
        schedule, after = Schedule.parse(text), begin - 1
        while (found := following(schedule, after, local=ZoneInfo(zone))) is not None:
            yield (after := found)

    return takewhile(lambda found: found < end, all_of_them())


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("text", RULES)
def test_a_year(text: str, zone: str) -> None:
    """A year of every form, in three zones that change their clocks, is what asking of each minute finds."""
    begin, end = (datetime(year, 1, 1, tzinfo=UTC).timestamp() for year in (YEAR, YEAR + 1))
    assert list(times(text, zone, begin, end)) == due(RULES[text], zone, YEAR)


def instant(text: str) -> float:
    """Return an ISO time as seconds since 1970."""
    return datetime.fromisoformat(text).timestamp()


@pytest.mark.parametrize(
    ("text", "after", "expected"),
    [
        # Left out, and what comes twice: by hand, of the laws of these places.
        ("CRON_TZ=America/New_York 30 2 * * *", "2027-03-13T12:00-05:00", "2027-03-14T03:00-04:00"),
        ("CRON_TZ=America/New_York 30 1 * * *", "2027-11-07T01:30-04:00", "2027-11-08T01:30-05:00"),
        ("TZ=Europe/Berlin 0 * * * *", "2027-10-31T02:00+02:00", "2027-10-31T02:00+01:00"),
        ("CRON_TZ=Australia/Lord_Howe 15 2 * * *", "2027-10-02T12:00+10:30", "2027-10-03T02:30+11:00"),
        # A midnight that is left out.
        ("CRON_TZ=Africa/Cairo @daily", "2024-04-25T12:00+02:00", "2024-04-26T01:00+03:00"),
        # Leap days, of which 2100 has none.
        ("CRON_TZ=UTC 0 0 29 2 *", "2024-02-29T00:00+00:00", "2028-02-29T00:00+00:00"),
        ("CRON_TZ=UTC 0 0 29 2 *", "2096-02-29T00:00+00:00", "2104-02-29T00:00+00:00"),
    ],
)
def test_odd_days(text: str, after: str, expected: str) -> None:
    """Times that clocks leave out or show twice, and days that not every year has, are what the calendar says."""
    assert following(Schedule.parse(text), instant(after)) == instant(expected)


def test_spans_have_no_calendar() -> None:
    """A schedule of @every names no time of day."""
    assert following(Schedule.parse("@every 1h"), 0.0) is None
