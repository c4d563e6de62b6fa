"""Spans of time as Go spells them: `1h15m`, `500ms`, `-1.5h`."""

from __future__ import annotations

import re
from typing import Final

RULE: Final = "it should be numbers with units (ns, us, ms, s, m, h), like 90s, 1h15m or 500ms"

_NANOSECONDS: Final = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,  # the micro sign
    "μs": 1_000,  # the Greek letter: Go takes both
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}
_PART: Final = re.compile(r"([0-9]*)(?:\.([0-9]*))?([^0-9.]+)")
_NO_UNIT: Final = re.compile(r"[+-]?[0-9]+(?:\.[0-9]*)?")
_LONGEST: Final = 100
"""Characters; beyond them a number means nothing and only takes time to read."""
_MOST: Final = (1 << 63) - 1
"""Nanoseconds that Go can count, some 292 years."""


class InvalidDuration(ValueError):
    """A text is no duration.  *text* is the text, *why* the rule that it breaks."""

    def __init__(self, text: str, why: str = RULE) -> None:
        super().__init__(f'"{text[:_LONGEST]}" is no duration: {why}')
        self.text, self.why = text, why


def parse_duration(text: str) -> float:
    """Return the seconds that *text* spells, as Go's time.ParseDuration reads it; InvalidDuration if it spells none."""
    sign = -1 if text.startswith("-") else 1
    digits = text[1:] if text[:1] in {"+", "-"} else text
    if digits == "0":
        return 0.0
    if _NO_UNIT.fullmatch(text):
        raise InvalidDuration(text, f"it has no unit; {text[:_LONGEST]}s would be seconds")
    if not digits or len(text) > _LONGEST:
        raise InvalidDuration(text)
    nanoseconds = 0
    position = 0
    while position < len(digits):
        part = _PART.match(digits, position)
        if part is None:
            raise InvalidDuration(text)
        nanoseconds += _measure(text, part)
        position = part.end()
    if nanoseconds > _MOST:
        raise InvalidDuration(text, "it is longer than 292 years")
    return sign * nanoseconds / 1e9


def _measure(text: str, part: re.Match[str]) -> int:
    whole, fraction, unit = part.groups()
    if not (whole or fraction):
        raise InvalidDuration(text)
    if unit not in _NANOSECONDS:
        raise InvalidDuration(text, f'"{unit}" is no unit; there are ns, us, ms, s, m and h')
    scale = _NANOSECONDS[unit]
    return int(whole or 0) * scale + int(fraction or 0) * scale // int(10 ** len(fraction or ""))
