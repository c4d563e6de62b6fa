"""Texts for a terminal, and the log as lines for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from regbot.supervisor.logs import pairs_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

SAID: Final = "User script message"


def plain(text: str) -> str:
    """Return a text that may come from anywhere, without what would do something to a terminal."""
    return "".join(char if char.isprintable() or char in "\n\t" else _spelled(char) for char in text)


def said_line(_: datetime, level: str, message: str, fields: Mapping[str, object]) -> str:
    """Return a record as people read it: of what a script said the text, with its level where that is not info."""
    others = {name: value for name, value in fields.items() if name != "script"}
    if message == SAID:
        message = str(others.pop("message", ""))
    words = [] if level == "info" else [f"{level}:"]
    words += [plain(message), pairs_text(others)]
    return " ".join(word for word in words if word) + "\n"


def _spelled(char: str) -> str:
    if 0xDC80 <= ord(char) <= 0xDCFF:
        return f"\\x{ord(char) % 0x100:02x}"
    return char.encode("unicode_escape").decode()
