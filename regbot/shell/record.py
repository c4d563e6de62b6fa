"""The log as lines for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regbot.plain import plain
from regbot.supervisor.logs import pairs_text
from regbot.supervisor.runs.script_log import SAID

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


def said_line(_: datetime, level: str, message: str, fields: Mapping[str, object]) -> str:
    """Return a record as people read it: of what a script said the text, with its level where that is not info."""
    others = {name: value for name, value in fields.items() if name != "script"}
    if message == SAID:
        message = str(others.pop("message", ""))
    words = [] if level == "info" else [f"{level}:"]
    words += [plain(message), pairs_text(others)]
    return " ".join(word for word in words if word) + "\n"
