from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regbot.config.gotemplate.errors import BadValue
from regbot.config.gotemplate.times import Time, add_date, format_time, parse_time

AT = Time(datetime(2024, 3, 5, 15, 4, 9, 120000, tzinfo=UTC))
EAST = Time(AT.at.astimezone(timezone(timedelta(hours=5, minutes=30), "IST")))
WEST = Time(AT.at.astimezone(timezone(-timedelta(hours=3, seconds=30))))


@pytest.mark.parametrize(
    ("layout", "text"),
    [
        ("2006-01-02T15:04:05Z07:00", "2024-03-05T15:04:05Z".replace("05Z", "09Z")),
        ("Mon Jan _2 3:4:5 PM 06", "Tue Mar  5 3:4:9 PM 24"),
        ("Monday, January 2 03pm", "Tuesday, March 5 03pm"),
        ("02/1 002 __2", "05/3 065  65"),
        ("05.000 05.999 05,000000000 05.9999", "09.120 09.12 09,120000000 09.12"),
        ("Janet Mondays _2006 15MST", "Janet Tuesdays _2024 15UTC"),
        ("-0700 -07:00 -07 Z0700 Z07", "+0000 +00:00 +00 Z Z"),
    ],
)
def test_format(layout: str, text: str) -> None:
    """Every part of a layout stands for that part of the time."""
    assert format_time(AT, layout) == text


def test_offsets() -> None:
    """East of Greenwich is plus; Z stands only for UTC itself."""
    assert format_time(EAST, "15:04 -0700 Z07:00 MST") == "20:34 +0530 +05:30 IST"
    assert format_time(WEST, "-07 -07:00:00 -070000") == "-03 -03:00:30 -030030"


def test_str() -> None:
    """A time alone is written as Go prints it."""
    assert str(AT) == "2024-03-05 15:04:09.12 +0000 UTC"


@pytest.mark.parametrize(
    ("layout", "text", "at"),
    [
        ("2006-01-02", "2024-02-29", datetime(2024, 2, 29, tzinfo=UTC)),
        ("Jan _2 2006 3:04PM", "Mar  5 2024 12:04AM", datetime(2024, 3, 5, 0, 4, tzinfo=UTC)),
        ("2 January 2006 03pm", "5 March 2024 03pm", datetime(2024, 3, 5, 15, tzinfo=UTC)),
        ("2006-01-02T15:04:05.000Z07:00", "2024-03-05T15:04:09.120Z", AT.at),
        ("15:04:05 -0700 2006", "15:04:09 -0330 2024", datetime(2024, 1, 1, 18, 34, 9, tzinfo=UTC)),
        ("2006-01-02 15:04 MST", "2024-03-05 15:04 UTC", datetime(2024, 3, 5, 15, 4, tzinfo=UTC)),
    ],
)
def test_parse(layout: str, text: str, at: datetime) -> None:
    """A text is read by its layout."""
    assert parse_time(layout, text).at == at


@pytest.mark.parametrize(
    ("layout", "text", "reason"),
    [
        ("2006-01-02", "2024-02-30", "no such date"),
        ("2006-01-02", "0000-01-01", "no such date"),
        ("-0700", "+9900", "no such date"),
        ("2006-01-02", "soon", "does not fit"),
        ("2006 2006", "2024 2024", "names a part twice"),
        ("06", "24", '"06" of the layout is not supported'),
    ],
)
def test_no_time(layout: str, text: str, reason: str) -> None:
    """What does not fit is refused, without the text."""
    with pytest.raises(BadValue, match=reason):
        parse_time(layout, text)


@given(st.datetimes(min_value=datetime(1000, 1, 1)).map(lambda at: at.replace(tzinfo=UTC)))  # noqa: DTZ001 -- hypothesis wants it so
def test_round_trip(at: datetime) -> None:
    """What a layout with every part writes is read back the same."""
    layout = "Monday 2006-01-02 15:04:05.000000 -07:00"
    assert parse_time(layout, format_time(Time(at), layout)).at == at


@pytest.mark.parametrize(
    ("shift", "result"),
    [((0, 0, 1), "2024-03-06"), ((0, -1, 0), "2024-02-05"), ((0, 10, 0), "2025-01-05"), ((-1, 0, -5), "2023-02-28")],
)
def test_add_date(shift: tuple[int, int, int], result: str) -> None:
    """Years, months and days are added to the calendar."""
    assert format_time(add_date(AT, *shift), "2006-01-02") == result


def test_add_date_runs_over() -> None:
    """A day beyond the end of its month runs over into the next."""
    assert format_time(add_date(Time(datetime(2024, 1, 31, tzinfo=UTC)), 0, 1, 0), "01-02") == "03-02"


@pytest.mark.parametrize("shift", [(99999, 0, 0), (0, 0, 10**12), (-9999, 0, 0)])
def test_add_date_too_far(shift: tuple[int, int, int]) -> None:
    """What is beyond the calendar is refused."""
    with pytest.raises(BadValue, match="beyond the calendar"):
        add_date(AT, *shift)
