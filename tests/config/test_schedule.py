from __future__ import annotations

from contextlib import suppress
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regbot.config.schedule import Cron, Every, InvalidSchedule, Schedule


def cron(text: str) -> Cron:
    """Parse a schedule that is one of points in time."""
    rule = Schedule.parse(text).rule
    assert isinstance(rule, Cron)
    return rule


def test_fields() -> None:
    """Lists, ranges, steps, names and stars mean the numbers they stand for."""
    rule = cron("5,10-12,50/4 */6 1-31/15 jan,OCT-dec Mon-FRI")
    assert sorted(rule.minutes) == [5, 10, 11, 12, 50, 54, 58]
    assert sorted(rule.hours) == [0, 6, 12, 18]
    assert sorted(rule.days) == [1, 16, 31]
    assert sorted(rule.months) == [1, 10, 11, 12]
    assert sorted(rule.weekdays) == [1, 2, 3, 4, 5]


def test_question_mark() -> None:
    """A question mark is a star."""
    assert cron("? ? ? ? ?") == cron("* * * * *")


@pytest.mark.parametrize(
    ("text", "either"),
    [
        ("0 0 1 * 1", True),
        ("0 0 * * 1", False),
        ("0 0 1 * *", False),
        ("0 0 1 * ?", False),
        ("0 0 */2 * 1", True),
        ("0 0 */1 * 1", False),
        ("0 0 1-31 * 1", True),
    ],
)
def test_two_days(text: str, either: bool) -> None:  # noqa: FBT001 -- a column of the table
    """With both days restricted one of them is enough; only a star does not restrict."""
    assert cron(text).either is either


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("@hourly", "0 * * * *"),
        ("@daily", "0 0 * * *"),
        ("@midnight", "0 0 * * *"),
        ("@weekly", "0 0 * * sun"),
        ("@monthly", "0 0 1 * *"),
        ("@yearly", "0 0 1 jan *"),
        ("@annually", "0 0 1 1 *"),
    ],
)
def test_descriptors(text: str, same: str) -> None:
    """A descriptor is short for five fields."""
    assert cron(text) == cron(same)


@pytest.mark.parametrize(("text", "seconds"), [("@every 1h30m", 5400), ("@every 1.9s", 1), ("@every 10ms", 1)])
def test_every(text: str, seconds: int) -> None:
    """@every counts whole seconds, one at least."""
    assert Schedule.parse(text).rule == Every(seconds)


@pytest.mark.parametrize("prefix", ["TZ=Asia/Tokyo ", "CRON_TZ=Asia/Tokyo  "])
def test_zone(prefix: str) -> None:
    """A prefix names the time zone, and the rest is as without it."""
    schedule = Schedule.parse(prefix + "0 6 * * *")
    assert schedule.zone == ZoneInfo("Asia/Tokyo")
    assert schedule.rule == cron("0 6 * * *")


@pytest.mark.parametrize(("name", "zone"), [("Local", None), ("", ZoneInfo("UTC")), ("UTC", ZoneInfo("UTC"))])
def test_go_zones(name: str, zone: ZoneInfo | None) -> None:
    """Go's two special names are known."""
    assert Schedule.parse(f"TZ={name} @daily").zone == zone


@pytest.mark.parametrize("name", ["Nowhere/Else", "../../etc/passwd", "/etc/localtime", "America", "a" * 5000, "\0"])
def test_no_zone(name: str) -> None:
    """What is no zone of the database is refused."""
    with pytest.raises(InvalidSchedule, match="there is no time zone"):
        Schedule.parse(f"TZ={name} 0 6 * * *")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it has 0 fields; cron has five"),
        ("* * * *", "it has 4 fields"),
        ("0 * * * * *", "it has 6 fields"),
        ("60 * * * *", '"60" is no minute; it goes from 0 to 59'),
        ("* 24 * * *", '"24" is no hour'),
        ("* * 0 * *", '"0" is no day of the month'),
        ("* * * 13 *", '"13" is no month; it goes from 1 to 12 or jan to dec'),
        ("* * * * 7", '"7" is no day of the week; it goes from 0 to 6 or sun to sat'),
        ("* * L * *", '"L" is no day of the month'),
        ("* * 15W * *", '"15W" is no day of the month'),
        ("* * * * 5#2", '"5#2" is no day of the week'),
        ("H * * * *", '"H" is no minute'),
        ("R * * * *", '"R" is no minute'),
        ("mon * * * *", '"mon" is no minute'),
        ("9-5 * * * *", '"9-5" begins after its end'),
        ("*/0 * * * *", "no step"),
        ("*/x * * * *", "no step"),
        ("*-5 * * * *", '"\\*" is no minute'),
        ("1-2-3 * * * *", '"2-3" is no minute'),
        ("1,,2 * * * *", '"" is no minute'),
        ("-1 * * * *", '"" is no minute'),
        ("\u0661 * * * *", "is no minute"),
        ("0 0 31 feb,apr *", "no month that it names has a day 31"),
        ("0 0 30 2 *", "no month that it names has a day 30"),
        ("@reboot", '"@reboot" is not known; there are @yearly'),
        ("@every", "is no duration"),
        ("@every soon", "is no duration"),
        ("@every 0s", "above zero"),
        ("@every -1h", "above zero"),
        ("@everyday", '"@everyday" is not known'),
    ],
)
def test_no_schedule(text: str, why: str) -> None:
    """What is no schedule is refused, and the message says what is wrong with it."""
    with pytest.raises(InvalidSchedule, match=why):
        Schedule.parse(text)


@pytest.mark.parametrize("text", ["@%s", "TZ=%s * * * * *", "%s * * * *", "%s/x * * * *", "@every 1%s"])
def test_the_error_is_short(text: str) -> None:
    """However long a text is, its error has a few hundred characters."""
    with pytest.raises(InvalidSchedule) as caught:
        Schedule.parse(text % ("x" * 10_000))
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize("text", ["0 0 29 2 *", "0 0 31 feb mon"])
def test_rare_days(text: str) -> None:
    """A leap day comes, and a weekday makes up for a day that never does."""
    assert cron(text).months == {2}


@given(st.text(alphabet="*?/,-0123456789 @TZ=every1hjanmonLW#HR"))
def test_any_text(text: str) -> None:
    """Any text is a schedule or refused, and nothing else happens."""
    with suppress(InvalidSchedule):
        assert Schedule.parse(text).text == text
