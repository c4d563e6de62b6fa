"""Texts that may come from anywhere, for a terminal."""

from __future__ import annotations


def plain(text: str) -> str:
    """Return a text of one line or more, without what would do something to a terminal.

    Characters that would move its cursor, or turn a line around, are spelled out, and so are bytes that are no UTF-8.
    """
    return "".join(char if char.isprintable() or char in "\n\t" else _spelled(char) for char in text)


def one_line(text: str) -> str:
    """Return a text for one line: as `plain`, but that the end of a line is spelled out, too."""
    return "".join(char if char.isprintable() else _spelled(char) for char in text)


def _spelled(char: str) -> str:
    if 0xDC80 <= ord(char) <= 0xDCFF:
        return f"\\x{ord(char) % 0x100:02x}"
    return char.encode("unicode_escape").decode()
