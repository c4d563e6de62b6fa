from __future__ import annotations

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import pytest

from regbot.commands.starts import spelled, starts
from tests.config.support import script

BERLIN: Final = ZoneInfo("Europe/Berlin")
NOW: Final = datetime(2026, 10, 24, 12, tzinfo=BERLIN).timestamp()


def told(fields: str) -> str:
    """Return what is told of a script in Berlin, at noon of the day before winter time begins."""
    (line,) = starts([script(fields)], NOW, local=BERLIN)
    return line


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        (
            "schedule: '30 2 * * *'",
            "a (30 2 * * *): Sun 2026-10-25 02:30 CEST, Mon 2026-10-26 02:30 CET, Tue 2026-10-27 02:30 CET",
        ),
        (
            "schedule: 'CRON_TZ=America/New_York @daily', jitter: 5m",
            (
                "a (CRON_TZ=America/New_York @daily): Sun 2026-10-25 00:00 EDT, Mon 2026-10-26 00:00 EDT, "
                "Tue 2026-10-27 00:00 EDT, each up to 5m later"
            ),
        ),
        ("interval: 1h", "a (interval 1h): 1h after the server starts, then every 1h"),
        ("schedule: '@every 90s'", "a (@every 90s): 1m30s after the server starts, then every 1m30s"),
        ("timeout: 1h", "a: no schedule and no interval, it runs only with regbot once, or when a server is asked to"),
    ],
)
def test_starts(fields: str, line: str) -> None:
    """Of each script the next three times are told, in the zone of its schedule, or the span between them."""
    assert told(fields) == line


def test_hostile_names() -> None:
    """A name does nothing to a terminal, and stays on its line."""
    hostile = script('interval: 1s, name: "\\e[2J\\n"')
    assert list(starts([hostile], NOW)) == ["\\x1b[2J\\n (interval 1s): 1s after the server starts, then every 1s"]


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.0, "0s"), (0.5, "0.5s"), (60.0, "1m"), (90.5, "1m30.5s"), (90061.0, "25h1m1s")]
)
def test_spelled(seconds: float, text: str) -> None:
    """A span is spelled as a configuration may have it."""
    assert spelled(seconds) == text
