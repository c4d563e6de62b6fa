"""Which scripts are due, on a clock that a test moves."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from regbot.config.schedule import Schedule
from regbot.supervisor.schedule.plan import Plan
from regbot.supervisor.schedule.timetable import LOOK, Timetable
from tests.supervisor.schedule.mock_clock import MockClock

BEGIN: Final = datetime(2027, 1, 1, tzinfo=UTC).timestamp()
DAY: Final = 86400.0
HOUR: Final = 3600.0


def cron(text: str, jitter: float = 0.0) -> Plan:
    """Return the plan of a schedule."""
    return Plan(Schedule.parse(text), None, jitter)


def span(seconds: float, jitter: float = 0.0) -> Plan:
    """Return the plan of an interval."""
    return Plan(None, seconds, jitter)


def made(clock: MockClock, *, random: float = 0.0, **plans: Plan) -> Timetable:
    """Return a timetable in UTC."""
    timetable = Timetable(clock, random=lambda: random, local=ZoneInfo("UTC"))
    timetable.replace(plans)
    return timetable


def starts(timetable: Timetable, clock: MockClock, key: str, end: float) -> list[float]:
    """Go from one start of a script to the next until *end*, return the times of day."""
    found = []
    while (due := timetable.next(key)) is not None and due < end:
        clock.go_to(due)
        # A float may be a hair early.
        while key not in timetable.due():
            clock.go_on(1e-6)
        found.append(clock.now())
    return found


def test_no_drift() -> None:
    """A year of an odd span ends where the number of spans says, however late each look was."""
    clock = MockClock(BEGIN)
    timetable = made(clock, odd=span(607.3))
    count = 0
    while clock.elapsed() < 365 * DAY:
        clock.go_on(613.7)
        count += timetable.due().count("odd")
    due = timetable.next("odd")
    assert due is not None
    assert abs((due - BEGIN) - 607.3 * round((due - BEGIN) / 607.3)) < 0.01
    assert count == 365 * DAY // 613.7 + 1


def test_first_start_is_one_span_away() -> None:
    """An interval and @every first run one span after the start."""
    clock = MockClock(BEGIN)
    timetable = made(clock, interval=span(60), every=cron("@every 90s"))
    assert (timetable.next("interval"), timetable.next("every")) == (BEGIN + 60, BEGIN + 90)
    assert timetable.due() == []


def test_missed_times_are_made_up_for_once() -> None:
    """A machine that slept for a week runs each script once, and goes on in step."""
    clock = MockClock(BEGIN + 10)
    timetable = made(clock, hourly=cron("@hourly"), span=span(7.0))
    clock.go_on(7 * DAY)
    assert Counter(timetable.due()) == {"hourly": 1, "span": 1}
    assert timetable.due() == []
    assert timetable.next("hourly") == BEGIN + 7 * DAY + HOUR
    assert timetable.next("span") == BEGIN + 10 + 7.0 * (7 * DAY // 7 + 1)


def test_clock_set_forward() -> None:
    """A clock that is set forward over a time runs what it leapt over once; spans do not notice."""
    clock = MockClock(BEGIN)
    timetable = made(clock, noon=cron("0 12 * * *"), span=span(60))
    clock.set(BEGIN + 3 * DAY)
    assert timetable.due() == ["noon"]
    assert timetable.next("noon") == BEGIN + 3.5 * DAY


def test_clock_set_back_a_little() -> None:
    """What ran does not run again where the clock is set back by less than three hours."""
    clock = MockClock(BEGIN + DAY / 2)
    timetable = made(clock, noon=cron("0 12 * * *"))
    clock.go_on(DAY)
    assert timetable.due() == ["noon"]
    clock.set(BEGIN + 1.5 * DAY - HOUR)
    timetable.due()
    clock.go_on(HOUR + 60)
    assert timetable.due() == []
    assert timetable.next("noon") == BEGIN + 2.5 * DAY


def test_clock_set_back_far() -> None:
    """A clock that is set back by days counts from then on."""
    clock = MockClock(BEGIN + 10 * DAY)
    timetable = made(clock, noon=cron("0 12 * * *"))
    clock.set(BEGIN)
    timetable.due()
    assert timetable.next("noon") == BEGIN + DAY / 2


def test_clock_that_was_never_set() -> None:
    """Where the clock of a machine without a battery is set for the first time, nothing was missed."""
    clock = MockClock(100.0)
    timetable = made(clock, hourly=cron("@hourly"))
    clock.set(BEGIN + 60)
    assert timetable.due() == []
    assert timetable.next("hourly") == BEGIN + HOUR


def test_a_set_clock_is_noticed() -> None:
    """However long there is nothing to do, the clock is looked at every few seconds."""
    assert made(MockClock(BEGIN), yearly=cron("@yearly")).pause() == LOOK


def test_reload_keeps_clocks() -> None:
    """A script whose plan stays keeps its times over a reload; one whose plan changes begins anew."""
    clock = MockClock(BEGIN)
    timetable = made(clock, same=span(60), changed=span(60), gone=span(60))
    clock.go_on(50)
    timetable.replace({"changed": span(30), "same": span(60)})
    assert timetable.next("same") == BEGIN + 60
    assert timetable.next("changed") == BEGIN + 80
    assert timetable.next("gone") is None


def test_jitter() -> None:
    """A start is put off by a part of the jitter, and the next one counts from when it should have been."""
    clock = MockClock(BEGIN)
    timetable = made(clock, random=0.5, spread=cron("@hourly", jitter=600))
    found = starts(timetable, clock, "spread", BEGIN + DAY)
    assert [round(later - earlier) for earlier, later in pairwise(found)] == [3600] * 22
    assert round(found[0] - BEGIN) == 3600 + 300


def test_ten_thousand_scripts() -> None:
    """A day of ten thousand scripts of mixed forms: each starts as often as it should, none twice, none too few."""
    clock = MockClock(BEGIN + 1)
    plans = {f"h{number}": cron(f"{number % 60} */6 * * *") for number in range(5000)}
    plans |= {f"s{number}": span(20_000.0 + number) for number in range(5000)}
    timetable = Timetable(clock, local=ZoneInfo("UTC"))
    timetable.replace(plans)
    found: Counter[str] = Counter()
    while clock.elapsed() < DAY:
        clock.go_on(max(timetable.pause(), 30.0))
        found.update(timetable.due())
    expected = {key: 4 if key[0] == "h" else int(clock.elapsed() // (20_000 + int(key[1:]))) for key in plans}
    assert found == expected
