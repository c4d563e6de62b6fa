"""Durations against exact arithmetic; sizes and schedules beside them."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Final

from regbot.config.durations import InvalidDuration, parse_duration
from regbot.config.schedule import Cron, Every, InvalidSchedule, Schedule
from regbot.config.sizes import InvalidSize, parse_size
from tests.fuzz.subject import Subject, pieces, text_of

_UNITS: Final = {
    "ns": 1,
    "us": 10**3,
    "µs": 10**3,
    "μs": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
}
_PART: Final = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h)"
_CORPUS: Final = [
    b"0", b"90s", b"1h15m", b"-1.5h", b"500ms", "1.5µs".encode(), "3μs".encode(), b"+.5s", b"1.s",
    b"9223372036854775807ns", b"128MiB", b"1GiB", b"512KiB", b"1048576", b"0 2 * * *",
    b"*/5 0-23/2 1,15 jan-dec MON-fri", b"@daily", b"@every 1h30m", b"CRON_TZ=Europe/Berlin 0 0 29 2 ?",
    b"TZ=UTC @hourly", b"0 0 31 * 0", b"0 0 30 2 *",
]  # fmt: skip
_TOKENS: Final = [
    b"h", b"m", b"s", b"ms", b"ns", b".", b"-", b"+", b"0", b"9" * 20, b"1e3", "\u0663".encode(), "\uff10".encode(),
    b" ", b"_", b"KiB", b"TiB", b"*", b"/", b",", b"?", b"@", b"@every ", b"@reboot", b"CRON_TZ=",
    b"TZ=../../etc/passwd ", b"TZ=Local ", b"L", b"W", b"#", b"H", b"7", b"60", b"-1", b"sun", b"\0", b"\n", b"\xff",
    "\u017fun".encode(), b"TZ=America ", b"TZ=/etc/localtime ", b"0" * 99,
]  # fmt: skip


def check(data: bytes) -> str:
    """Hold that each of the three parsers takes a text or refuses it, and that a duration is exactly what it says."""
    text = text_of(data)
    taken = {"a duration": _duration(text), "a size": _size(text), "a schedule": _schedule(text)}
    said = [name for name, yes in taken.items() if yes]
    return "accepted: " + " and ".join(said) if said else "refused"


def exact(text: str) -> int | None:
    """Return a duration in nanoseconds, each part cut to whole ones (Go, time.ParseDuration); None if it is none."""
    sign, digits = (-1 if text[:1] == "-" else 1), (text[1:] if text[:1] in {"-", "+"} else text)
    if digits == "0":
        return 0
    if len(text) > 100 or not re.fullmatch(f"(?:{_PART})+", digits):
        return None
    total = 0
    for part in re.findall(_PART, digits):
        number = part.rstrip("nuµμmsh")
        total += int(Fraction(number + "0" if number[-1] == "." else number) * _UNITS[part[len(number) :]])
    return sign * total if total < 1 << 63 else None


def _duration(text: str) -> bool:
    nanoseconds = exact(text)
    try:
        found = parse_duration(text)
    except InvalidDuration as exc:
        why = str(exc)
    else:
        assert nanoseconds is not None, "taken, and it is none"
        assert found == nanoseconds / 1e9
        return True
    assert nanoseconds is None, "refused, and it is one"
    assert len(why) < 600
    return False


def _size(text: str) -> bool:
    match = re.fullmatch("([0-9]{1,15})(K|M|G)?(iB)?", text)
    good = match is not None and bool(match[2]) == bool(match[3])
    try:
        found = parse_size(text)
    except InvalidSize:
        assert not good
        return False
    assert match is not None
    assert good
    assert found == int(match[1]) * 1024 ** " KMG".index(match[2] or " ")
    return True


def _schedule(text: str) -> bool:
    try:
        rule = Schedule.parse(text).rule
    except InvalidSchedule as exc:
        why = str(exc)
    else:
        return _is_sound(rule)
    assert len(why) < 2000
    return False


def _is_sound(rule: Cron | Every) -> bool:
    if isinstance(rule, Every):
        return rule.seconds >= 1
    parts = (rule.minutes, rule.hours, rule.days, rule.months, rule.weekdays)
    spans = (range(60), range(24), range(1, 32), range(1, 13), range(7))
    assert all(numbers and numbers <= set(span) for numbers, span in zip(parts, spans, strict=True))
    return True


SUBJECT: Final = Subject("spans", pieces(_CORPUS, _TOKENS), check)
