"""Starts where somebody sets the clock, the machine sleeps, or starts are put off."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from regbot.supervisor.schedule.plan import Plan
from regbot.supervisor.schedule.timetable import LOOK
from tests.supervisor.schedule.mock_clock import MockClock
from tests.supervisor.schedule.test_timetable import BEGIN, DAY, HOUR, cron, made, span

if TYPE_CHECKING:
    from regbot.supervisor.schedule.timetable import Timetable

MINUTE = 60.0


def runs(timetable: Timetable, clock: MockClock, seconds: float) -> list[float]:
    """Live for so long as a server does, return the times of day at which something was due."""
    end, found = clock.elapsed() + seconds, list[float]()
    while clock.elapsed() < end:
        found += [clock.now()] * len(timetable.due())
        clock.go_on(timetable.pause() or 1e-6)
    return found


@pytest.mark.parametrize(("minutes", "again"), [(1, False), (4, False), (6, True), (60, True), (600, True)])
def test_set_back_by_minutes(minutes: int, again: bool) -> None:  # noqa: FBT001 -- a row of a table
    """A rule of every hour waits for minutes until its clock is where it was; for longer than five it does not."""
    clock = MockClock(BEGIN)
    timetable = made(clock, minutely=cron("* * * * *"))
    runs(timetable, clock, 10.5 * MINUTE)
    clock.set(clock.now() - minutes * MINUTE)
    found = runs(timetable, clock, MINUTE)
    assert [round(each - BEGIN) for each in found] == [(11 - minutes) * MINUTE] * again


def test_set_back_by_little_again_and_again() -> None:
    """A clock that is set back by two hours three times was set back by six: what ran by then runs again."""
    clock = MockClock(BEGIN + 11.9 * HOUR)
    timetable = made(clock, noon=cron("0 12 * * *"))
    assert len(runs(timetable, clock, HOUR)) == 1
    for _ in range(3):
        clock.set(clock.now() - 2 * HOUR)
        timetable.due()
    assert timetable.next("noon") == BEGIN + DAY / 2


@pytest.mark.parametrize(("hours", "again"), [(2.9, 0), (3.1, 1)])
def test_set_back_by_hours(hours: float, again: int) -> None:
    """Three hours are the limit of what a clock is set back by, not of how long ago something ran."""
    clock = MockClock(BEGIN + 11 * HOUR)
    timetable = made(clock, noon=cron("0 12 * * *"))
    assert len(runs(timetable, clock, 3 * HOUR)) == 1
    clock.set(clock.now() - hours * HOUR)
    assert len(runs(timetable, clock, 2 * HOUR)) == again


def test_set_forward_and_back() -> None:
    """What was made up for on a clock that was ahead does not run again when it is set right."""
    clock = MockClock(BEGIN + 11 * HOUR)
    timetable = made(clock, noon=cron("0 12 * * *"))
    clock.set(BEGIN + 13 * HOUR)
    assert timetable.due() == ["noon"]
    clock.set(BEGIN + 11 * HOUR)
    assert runs(timetable, clock, 3 * HOUR) == []


def test_spans_do_not_notice() -> None:
    """However the clock is set, spans run at their own times."""
    clock = MockClock(BEGIN)
    timetable = made(clock, span=span(HOUR))
    clock.go_on(HOUR / 2)
    for now in (BEGIN - DAY, BEGIN + 400 * DAY, 0.0):
        clock.set(now)
        assert timetable.due() == []
        assert timetable.next("span") == now + HOUR / 2


def test_correcting_a_clock_is_no_setting() -> None:
    """A clock that is slowed down a little at each look runs nothing twice."""
    clock = MockClock(BEGIN)
    timetable = made(clock, minutely=cron("* * * * *"))
    found: list[float] = []
    for _ in range(1000):
        found += runs(timetable, clock, LOOK)
        clock.set(clock.now() - 0.4)
    assert len({round(each / MINUTE) for each in found}) == len(found) == (clock.now() - BEGIN) // MINUTE


@pytest.mark.parametrize("random", [0.0, 0.5, 0.999999])
def test_jitter_is_bounded(random: float) -> None:
    """A start is put off by less than the jitter, and the one after it as if nothing had been put off."""
    clock = MockClock(BEGIN)
    timetable = made(clock, random=random, cron=cron("@hourly", jitter=60), span=span(HOUR, jitter=60))
    found = runs(timetable, clock, 3 * HOUR + MINUTE)
    assert [math.floor((each - BEGIN) / HOUR) for each in found] == [1, 1, 2, 2, 3, 3]
    assert all(0 <= (each - BEGIN) % HOUR < MINUTE + 1e-3 for each in found)


def test_put_off_beyond_the_next() -> None:
    """A start that is put off beyond the next one takes its place."""
    clock = MockClock(BEGIN)
    timetable = made(clock, random=0.9, span=span(10, jitter=20))
    found = runs(timetable, clock, 99)
    assert [round(each - BEGIN) for each in found] == [28, 48, 68, 88]


def test_order() -> None:
    """What is due together comes by time, then in the order of the file, whichever clock it goes by."""
    clock = MockClock(BEGIN)
    timetable = made(clock, b=span(60), a=cron("* * * * *"), late=span(90), c=span(60), early=span(30), none=span(1000))
    clock.go_on(100)
    assert timetable.due() == ["early", "b", "a", "c", "late"]


def test_scripts_without_times() -> None:
    """A script without schedule and interval is never due; one that is not there is not, either."""
    clock = MockClock(BEGIN)
    timetable = made(clock, idle=Plan(None, None, 0.0))
    clock.go_on(DAY)
    assert (timetable.due(), timetable.next("idle"), timetable.next("other")) == ([], None, None)
    assert timetable.pause() == LOOK


def test_tiny_intervals() -> None:
    """An interval that nothing could keep is a tenth of a second: the server does more than look at its clock."""
    clock = MockClock(BEGIN)
    assert len(runs(made(clock, tiny=span(1e-9)), clock, 1.05)) == 10
