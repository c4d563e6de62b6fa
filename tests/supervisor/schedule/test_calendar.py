"""What holds of a rule's times in any zone, at any time."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from regbot.config.schedule import Cron, Schedule
from regbot.supervisor.schedule.plan import Plan
from regbot.supervisor.schedule.series import Steps
from regbot.supervisor.schedule.times import Calendar, following, upcoming

if TYPE_CHECKING:
    from collections.abc import Iterator

ZONES: Final = ("UTC", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Africa/Cairo", "America/Asuncion")
RULES: Final = (
    "* * * * *",
    "30 * * * *",
    "30 1,2 * * *",
    "0 0 * * *",
    "*/7 2 29 2 *",
    "0 0 13 * fri",
    "0 0 1-31 * mon",
)
TIMES: Final = st.floats(0, 4e9) | st.integers(0, 60_000_000).map(lambda minute: minute * 60.0)


@given(st.sampled_from(RULES), st.sampled_from(ZONES), TIMES, st.floats(0, 1))
@example("* * * * *", "UTC", 0.0, 0.9999999999999999)
@example("30 * * * *", "Europe/Berlin", datetime(2027, 10, 31, 0, 50, tzinfo=UTC).timestamp(), 0.9)
@example("30 * * * *", "Australia/Lord_Howe", datetime(2027, 4, 3, 14, 59, tzinfo=UTC).timestamp(), 0.5)
def test_following(text: str, zone: str, after: float, share: float) -> None:
    """The next time lies ahead, and is the next one of every moment until then."""
    schedule, local = Schedule.parse(text), ZoneInfo(zone)
    due = following(schedule, after, local=local)
    assert due is not None
    assert due > after
    between = after + (due - after) * share
    assert between == due or following(schedule, between, local=local) == due


@given(TIMES, TIMES)
def test_a_calendar_remembers_nothing_wrong(first: float, second: float) -> None:
    """Whatever a calendar was asked before, it answers as one that was not."""
    schedule = Schedule.parse("15 */5 * * *")
    assert isinstance(schedule.rule, Cron)
    calendar = Calendar(schedule.rule, ZoneInfo("Europe/Berlin"))
    calendar.following(first)
    assert calendar.following(second) == following(schedule, second, local=ZoneInfo("Europe/Berlin"))


@given(st.floats(0, 1e9), st.floats(1e-3, 1e6), st.floats(0, 1e9))
def test_steps(begun: float, span: float, passed: float) -> None:
    """The next step lies ahead, one span at most away."""
    after = begun + passed
    due = Steps(begun, span).following(after)
    assert after < due <= (after + span) * (1 + 1e-12)


@pytest.fixture
def posix_zone() -> Iterator[None]:
    """Have the program in New York, by a TZ that names no zone."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = "EST5EDT,M3.2.0,M11.1.0"
    time.tzset()
    yield
    del os.environ["TZ"]
    if before is not None:
        os.environ["TZ"] = before
    time.tzset()


@pytest.mark.parametrize("text", ["30 1,2 * * *", "30 * * * *"])
@pytest.mark.parametrize("day", [datetime(2027, 3, 13, 23, tzinfo=UTC), datetime(2027, 11, 6, 23, tzinfo=UTC)])
def test_zone_of_the_program(posix_zone: None, text: str, day: datetime) -> None:
    """Without a zone the program's counts, however TZ says it, also where clocks are put forward and back."""
    plan = Plan(Schedule.parse(text), None, 0.0)
    there = upcoming(plan, day.timestamp(), 50, local=ZoneInfo("America/New_York"))
    assert upcoming(plan, day.timestamp(), 50) == there


def test_midnight_that_is_left_out() -> None:
    """Where the clock goes from midnight to one, a day begins at one."""
    after = datetime(2023, 9, 30, 12, tzinfo=ZoneInfo("America/Asuncion")).timestamp()
    due = following(Schedule.parse("CRON_TZ=America/Asuncion @daily"), after)
    assert due == datetime(2023, 10, 1, 1, tzinfo=ZoneInfo("America/Asuncion")).timestamp()


def test_never() -> None:
    """A day that does not come within forty years never comes."""
    impossible = Cron(
        frozenset({0}), frozenset({0}), frozenset({30}), frozenset({2}), frozenset(range(7)), either=False
    )
    assert Calendar(impossible, UTC).following(0.0) is None
    assert upcoming(Plan(Schedule("", impossible, ZoneInfo("UTC")), None, 0.0), 0.0, 3) == []


def test_upcoming() -> None:
    """Spans are counted from now, and a script without any has no times."""
    assert upcoming(Plan(None, 7.5, 3.0), 100.0, 3) == [107.5, 115.0, 122.5]
    assert upcoming(Plan(Schedule.parse("@every 1m"), None, 0.0), 100.0, 2) == [160.0, 220.0]
    assert upcoming(Plan(None, None, 0.0), 100.0, 3) == []
