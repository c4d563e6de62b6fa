"""Go's literals: strings, characters and numbers (Go specification, "Lexical elements")."""

from __future__ import annotations

import re
from typing import Final

_ESCAPE: Final = re.compile(
    r"\\(?:(?P<simple>[abfnrtv\\'\"])|(?P<octal>[0-7]{3})|x(?P<x>[0-9a-fA-F]{2})"
    r"|u(?P<u>[0-9a-fA-F]{4})|U(?P<U>[0-9a-fA-F]{8})|(?P<bad>.?))",
    re.DOTALL,
)
_SIMPLE: Final = dict(zip("abfnrtv\\'\"", "\a\b\f\n\r\t\v\\'\"", strict=True))
_INTEGER: Final = re.compile(
    r"(?P<sign>[+-]?)(?:0[xX](?P<hex>[0-9a-fA-F]+)|0[bB](?P<bin>[01]+)|0[oO]?(?P<oct>[0-7]+)|(?P<dec>0|[1-9][0-9]*))"
)
_DECIMAL: Final = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
_UNDERSCORE: Final = re.compile(r"(?<=[0-9a-fA-FxXbBoO])_(?=[0-9a-fA-F])")
_BASES: Final = {"hex": 16, "bin": 2, "oct": 8, "dec": 10}
_LONGEST: Final = 64


class BadLiteral(ValueError):
    """A literal is none.  The message does not repeat it."""


def string(literal: str) -> str:
    """Return the text of a string in double quotes."""
    return _unescaped(literal[1:-1])


def character(literal: str) -> int:
    """Return the code point of a character in single quotes."""
    text = _unescaped(literal[1:-1])
    if len(text) != 1:
        raise BadLiteral("single quotes hold one character; a string has double quotes")
    return ord(text)


def number(literal: str) -> int | float:
    """Return the value of a number: an int if Go would see an integer, else a float."""
    text = _UNDERSCORE.sub("", literal)
    if len(text) <= _LONGEST and (match := _INTEGER.fullmatch(text)) is not None:
        base = str(match.lastgroup)
        value = int(match[base], _BASES[base]) * (-1 if match["sign"] == "-" else 1)
        if not -(1 << 63) <= value < 1 << 63:
            raise BadLiteral("a number is too large for 64 bits")
        return value
    if len(text) <= _LONGEST and _DECIMAL.fullmatch(text):
        return _finite(float(text))
    raise BadLiteral("what begins like a number is none")


def _finite(value: float) -> float:
    if value in {float("inf"), float("-inf")}:
        raise BadLiteral("a number is too large for 64 bits")
    return value


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(_unescape, text)


def _unescape(match: re.Match[str]) -> str:
    group, digits = str(match.lastgroup), match[str(match.lastgroup)]
    if group == "simple":
        return _SIMPLE[digits]
    code = -1 if group == "bad" else int(digits, 8 if group == "octal" else 16)
    # Above 127 a \x or an octal escape is a byte in Go and no character; a template of text has no use for it.
    largest = 0x10FFFF if group in {"u", "U"} else 0x7F
    if not 0 <= code <= largest or 0xD800 <= code <= 0xDFFF:
        raise BadLiteral(
            'a string has a backslash without a meaning; Go knows \\n \\t \\\\ \\" \\xHH \\uHHHH and some more'
        )
    return chr(code)
