from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regbot.config.durations import InvalidDuration, parse_duration

UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("-0", 0),
        ("0s", 0),
        ("90s", 90),
        ("1h15m", 4500),
        ("1m30.5s", 90.5),
        ("500ms", 0.5),
        ("1.5h", 5400),
        (".5m", 30),
        ("1.s", 1),
        ("+5s", 5),
        ("-5s", -5),
        ("10us", 1e-5),
        ("3s4ms", 3.004),
        ("2562047h47m16.854775807s", 9223372036.854776),
    ],
)
def test_go_syntax(text: str, seconds: float) -> None:
    """What Go's time.ParseDuration reads is read, to the same span."""
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "-", "soon", "s", ".s", "1d", "1 h", "1h ", "1hm", "h1", "--1s", "1.2.3s", "\u0661s", "1S", "1s" * 60]
)
def test_no_duration(text: str) -> None:
    """Anything else is refused, with the rule."""
    with pytest.raises(InvalidDuration, match=r"is no duration: .*units|is no unit"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["10", "-10", "1.5"])
def test_no_unit(text: str) -> None:
    """A bare number is refused, and the message says what seconds would look like."""
    with pytest.raises(InvalidDuration, match=f"it has no unit; {text}s would be seconds"):
        parse_duration(text)


def test_too_long() -> None:
    """A span that Go cannot count is refused."""
    with pytest.raises(InvalidDuration, match="longer than 292 years"):
        parse_duration("2562047h47m16.854775808s")


@given(st.lists(st.tuples(st.integers(0, 9999), st.sampled_from(sorted(UNITS))), min_size=1, max_size=5), st.booleans())
def test_sum_of_parts(parts: list[tuple[int, str]], negative: bool) -> None:  # noqa: FBT001 -- drawn by hypothesis
    """A duration is the sum of its parts, with the sign before all of them."""
    text = ("-" if negative else "") + "".join(f"{count}{unit}" for count, unit in parts)
    total = sum(count * UNITS[unit] for count, unit in parts)
    assert parse_duration(text) == pytest.approx(-total if negative else total)


@given(st.text())
def test_any_text(text: str) -> None:
    """Any text is a duration or refused, and nothing else happens."""
    with suppress(InvalidDuration):
        assert isinstance(parse_duration(text), float)
