"""Texts that may come from anywhere, as they are kept: printable, and bounded."""

from __future__ import annotations

import re
from typing import Final

MAX_TEXT: Final = 2000
"""Characters of an error that are kept."""
_NO_CHARACTER: Final = re.compile("[\ud800-\udfff]")


def shortened(text: str) -> str:
    """Return a text of MAX_TEXT characters at most, as `spelled`."""
    return spelled(text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 1]}…")


def spelled(text: str) -> str:
    r"""Return a text that UTF-8 can hold: a byte that was none is spelled out, as in the log, `\x80`."""
    return text if text.isascii() else _NO_CHARACTER.sub(_spelled, text)


def _spelled(match: re.Match[str]) -> str:
    number = ord(match[0])
    return f"\\x{number % 0x100:02x}" if 0xDC80 <= number <= 0xDCFF else f"\\u{number:04x}"
