"""The days are those of the zones' laws; 2026 is looked at."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from regbot.config.daylight import changed_hours
from regbot.config.schedule import Schedule

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def changed(text: str) -> tuple[str, str]:
    """Return the time that is missing and the one that comes twice, "" where there is none."""
    missing, doubled = changed_hours(Schedule.parse(text), NOW)
    return f"{missing:%Y-%m-%d %H:%M}" if missing else "", f"{doubled:%Y-%m-%d %H:%M}" if doubled else ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("TZ=Europe/Berlin 30 2 * * *", ("2026-03-29 02:30", "2026-10-25 02:30")),
        ("TZ=Europe/Berlin 0 3 * * *", ("", "")),
        ("TZ=Europe/Berlin 59 2 * * *", ("2026-03-29 02:59", "2026-10-25 02:59")),
        ("TZ=America/New_York 0 1,2 * * *", ("2026-03-08 02:00", "2026-11-01 01:00")),
        ("TZ=Australia/Lord_Howe 15 2 * * *", ("2026-10-04 02:15", "")),
        ("TZ=Australia/Lord_Howe 45 1 * * *", ("", "2026-04-05 01:45")),
        ("TZ=America/Santiago @daily", ("2026-09-06 00:00", "")),
        ("TZ=Europe/Berlin 30 2 * * mon", ("", "")),
        ("TZ=Europe/Berlin 30 2 1 * sun", ("2026-03-29 02:30", "2026-10-25 02:30")),
        ("TZ=Europe/Berlin 30 2 * 1-3 *", ("2026-03-29 02:30", "")),
        ("TZ=UTC 30 2 * * *", ("", "")),
        ("TZ=Europe/Berlin */5 * * * *", ("", "")),
        ("@every 5m", ("", "")),
    ],
)
def test_changes(text: str, expected: tuple[str, str]) -> None:
    """The first time of a schedule is found that a change leaves out, and that it has twice."""
    assert changed(text) == expected


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have this process in Berlin."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("berlin")
def test_zone_of_the_program() -> None:
    """Without a zone of its own a schedule is in that of the program."""
    missing, doubled = changed_hours(Schedule.parse("30 2 * * *"), datetime(2025, 1, 1, tzinfo=UTC))
    assert (missing, doubled) == (datetime(2025, 3, 30, 2, 30), datetime(2025, 10, 26, 2, 30))  # noqa: DTZ001 -- local
