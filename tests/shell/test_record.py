from __future__ import annotations

from datetime import UTC, datetime

import pytest

from regbot.shell.record import said_line
from regbot.supervisor.runs.script_log import SAID


@pytest.mark.parametrize(
    ("level", "message", "fields", "line"),
    [
        ("info", SAID, {"script": "shell", "message": "hello world"}, "hello world"),
        ("warn", SAID, {"script": "shell", "message": "odd", "tag": "v 1"}, 'warn: odd tag="v 1"'),
        ("info", SAID, {"script": "shell", "message": ""}, ""),
        ("info", "Not done in a dry run", {"script": "shell", "dry-run": True}, "Not done in a dry run dry-run=true"),
        ("error", "x\x1b", {}, r"error: x\x1b"),
    ],
)
def test_line(level: str, message: str, fields: dict[str, object], line: str) -> None:
    """A record is its text: the script's where a script said it, with the level where that is not info."""
    assert said_line(datetime.now(UTC), level, message, fields) == line + "\n"
