from __future__ import annotations

import pytest

from regbot.plain import one_line, plain


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ä ☃\n\tx", "ä ☃\n\tx"),
        ("\x1b[2J\r\x00\x7f\x9b", r"\x1b[2J\r\x00\x7f\x9b"),
        ("\u202e\u2028\udcff\ud800", r"\u202e\u2028\xff\ud800"),
    ],
)
def test_plain(text: str, shown: str) -> None:
    """What is text stays; what would move a cursor, or turn a line around, is spelled out."""
    assert plain(text) == shown


def test_one_line() -> None:
    """For one line the end of a line is spelled out as well."""
    assert one_line("ä\tb\n\udcff") == r"ä\tb\n\xff"
