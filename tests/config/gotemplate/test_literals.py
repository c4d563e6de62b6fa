from __future__ import annotations

import pytest

from regbot.config.gotemplate.literals import BadLiteral, character, number, string


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        ('""', ""),
        (r'"a\n\t\r\a\b\f\v\\\""', 'a\n\t\r\a\b\f\v\\"'),
        (r'"\x41\101\u00e9\U0001F600"', "AAé😀"),
        ('"é"', "é"),
    ],
)
def test_string(literal: str, value: str) -> None:
    """Go's escapes mean what they mean there."""
    assert string(literal) == value


@pytest.mark.parametrize("literal", [r'"\q"', r'"\x4"', r'"\xff"', r'"\777"', r'"\ud800"', r'"\U00110000"', r'"\u12"'])
def test_bad_escape(literal: str) -> None:
    """A backslash without a meaning is refused, and so is what makes no character."""
    with pytest.raises(BadLiteral, match="a backslash without a meaning"):
        string(literal)


@pytest.mark.parametrize(("literal", "value"), [("'a'", 97), (r"'\n'", 10), (r"'\''", 39), ("'é'", 233)])
def test_character(literal: str, value: int) -> None:
    """A character is its number."""
    assert character(literal) == value


@pytest.mark.parametrize("literal", ["''", "'ab'"])
def test_bad_character(literal: str) -> None:
    """Single quotes hold one character."""
    with pytest.raises(BadLiteral, match="one character"):
        character(literal)


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        *(("0", 0), ("42", 42), ("-42", -42), ("+42", 42), ("0x1F", 31), ("0b101", 5), ("0o17", 15), ("017", 15)),
        *(("1_000", 1000), ("0x_1F", 31), ("1.5", 1.5), (".5", 0.5), ("1.", 1.0), ("-1e3", -1000.0), ("1E-2", 0.01)),
        *(("9223372036854775807", (1 << 63) - 1), ("-9223372036854775808", -(1 << 63))),
    ],
)
def test_number(literal: str, value: float) -> None:
    """Numbers are Go's, whole ones and others."""
    found = number(literal)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("literal", ["1i", "0x", "1.2.3", "08x", "1__0", "_1", "1e", "0x1p-2", "1" * 65])
def test_bad_number(literal: str) -> None:
    """What begins like a number and is none is refused."""
    with pytest.raises(BadLiteral, match="begins like a number"):
        number(literal)


@pytest.mark.parametrize("literal", ["9223372036854775808", "-9223372036854775809", "1e400", "-1e999"])
def test_too_large(literal: str) -> None:
    """What 64 bits do not hold is refused."""
    with pytest.raises(BadLiteral, match="too large"):
        number(literal)
