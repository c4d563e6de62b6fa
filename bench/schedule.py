"""The timetable of ten thousand scripts: what it costs to make, and then from day to day."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import trio

from bench.table import Figure, median
from regbot.config.schedule import Schedule
from regbot.supervisor.schedule.clock import SystemClock
from regbot.supervisor.schedule.plan import Plan
from regbot.supervisor.schedule.timetable import Timetable
from tests.supervisor.schedule.mock_clock import MockClock

if TYPE_CHECKING:
    from collections.abc import Mapping

SCRIPTS: Final = 10_000
ROUNDS: Final = 5
WATCHED: Final = 10.0
"""Seconds for which the CPU time of an idle timetable is taken."""
DAY: Final = 86400.0
ZONES: Final = ("", "CRON_TZ=America/New_York ", "CRON_TZ=Europe/Berlin ", "CRON_TZ=Australia/Lord_Howe ")


def figures() -> list[Figure]:
    """Measure both."""
    made = median([_made(_mixed()) for _ in range(ROUNDS)])
    worst = median([_made(_distinct()) for _ in range(ROUNDS)])
    share, started = _simulated_day()
    return [
        Figure("timetable of 10,000 scripts of all forms", made * 1e3, "ms", aim="< 1000 ms"),
        Figure("  of 10,000 schedules of which none is like another", worst * 1e3, "ms", aim="< 1000 ms"),
        Figure("  of a core, over a simulated day", share * 100, "%", aim="< 1 %"),
        Figure("  starts on that day", started, ""),
        Figure("  of a core, while nothing is due", trio.run(_idle) * 100, "%", aim="< 1 %"),
    ]


def _mixed() -> Mapping[str, Plan]:
    """Return scripts of every hour, day, week and span, a part of them with jitter."""
    return {f"script {number}": _plan(number) for number in range(SCRIPTS)}


def _plan(number: int) -> Plan:
    jitter = 300.0 if number % 3 == 0 else 0.0
    minute, hour = number * 7 % 60, number * 11 % 24
    forms = (
        f"{minute} * * * *",
        f"{minute} {hour} * * *",
        f"{minute} {hour} * * mon-fri",
        f"{minute}/20 8-18 1,15 * sun",
        f"@every {600 + number}s",
        "@hourly",
        "@daily",
    )
    if number % 8 == 7:
        return Plan(None, 3600.0 + number, jitter)
    zone = ZONES[number // 8 % 4] if number % 8 != 4 else ""
    return Plan(Schedule.parse(zone + forms[number % 8]), None, jitter)


def _distinct() -> Mapping[str, Plan]:
    texts = (f"{number % 60} {number // 60 % 24} {number // 1440 + 1} * *" for number in range(SCRIPTS))
    return {text: Plan(Schedule.parse(text), None, 0.0) for text in texts}


def _made(plans: Mapping[str, Plan]) -> float:
    timetable = Timetable(SystemClock())
    begin = time.process_time()
    timetable.replace(plans)
    return time.process_time() - begin


def _simulated_day() -> tuple[float, int]:
    """Live through a day without running anything; return the share of a core, and how many starts there were."""
    clock, started = MockClock(time.time()), 0
    timetable = Timetable(clock)
    timetable.replace(_mixed())
    begin = time.process_time()
    while clock.elapsed() < DAY:
        clock.go_on(timetable.pause() or 1e-6)
        started += len(timetable.due())
    return (time.process_time() - begin) / DAY, started


async def _idle() -> float:
    """Wait as a server does, for what comes once a year."""
    clock = SystemClock()
    timetable = Timetable(clock)
    timetable.replace({str(number): Plan(Schedule.parse("@yearly"), None, 0.0) for number in range(SCRIPTS)})
    begin = time.process_time()
    with trio.move_on_after(WATCHED):
        while not timetable.due():
            await clock.sleep(timetable.pause())
    return (time.process_time() - begin) / WATCHED
