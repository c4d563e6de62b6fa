"""Times, and Go's layouts for them (package time, "Constants"): `2006-01-02 15:04:05 -0700 MST` and its parts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Final

from regbot.config.gotemplate.errors import BadValue

if TYPE_CHECKING:
    from collections.abc import Callable

_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DEFAULT: Final = "2006-01-02 15:04:05.999999999 -0700 MST"
_ELEMENT: Final = re.compile(
    r"January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|2006|__2|_2(?!006)|002|0[1-6]|15|[1-5]|PM|pm"
    r"|[Z-]07(?::00(?::00)?|00(?:00)?)?|[.,](?:0+|9+)(?![0-9])"
)
_FORMATS: Final[dict[str, Callable[[datetime], str]]] = {
    "January": lambda time: _MONTHS[time.month - 1],
    "Jan": lambda time: _MONTHS[time.month - 1][:3],
    "Monday": lambda time: _DAYS[time.weekday()],
    "Mon": lambda time: _DAYS[time.weekday()][:3],
    "MST": lambda time: str(time.tzname()),
    "2006": lambda time: f"{time.year:04}",
    "06": lambda time: f"{time.year % 100:02}",
    "01": lambda time: f"{time.month:02}",
    "1": lambda time: str(time.month),
    "002": lambda time: f"{time.timetuple().tm_yday:03}",
    "__2": lambda time: f"{time.timetuple().tm_yday:3}",
    "02": lambda time: f"{time.day:02}",
    "_2": lambda time: f"{time.day:2}",
    "2": lambda time: str(time.day),
    "15": lambda time: f"{time.hour:02}",
    "03": lambda time: f"{time.hour % 12 or 12:02}",
    "3": lambda time: str(time.hour % 12 or 12),
    "04": lambda time: f"{time.minute:02}",
    "4": lambda time: str(time.minute),
    "05": lambda time: f"{time.second:02}",
    "5": lambda time: str(time.second),
    "PM": lambda time: "PM" if time.hour >= 12 else "AM",
    "pm": lambda time: "pm" if time.hour >= 12 else "am",
}
_PARSES: Final = {
    **dict.fromkeys(("January", "Jan"), ("month_name", "|".join(f"{name}|{name[:3]}" for name in _MONTHS))),
    **dict.fromkeys(("Monday", "Mon"), ("weekday", "|".join(f"{name}|{name[:3]}" for name in _DAYS))),
    **dict.fromkeys(("01", "1"), ("month", "[0-9]{1,2}")),
    **dict.fromkeys(("02", "_2", "2"), ("day", " ?[0-9]{1,2}")),
    **dict.fromkeys(("03", "3"), ("hour12", "[0-9]{1,2}")),
    **dict.fromkeys(("04", "4"), ("minute", "[0-9]{1,2}")),
    **dict.fromkeys(("05", "5"), ("second", "[0-9]{1,2}")),
    **dict.fromkeys(("PM", "pm"), ("half", "[AaPp][Mm]")),
    "15": ("hour", "[0-9]{1,2}"),
    "2006": ("year", "[0-9]{4}"),
    "MST": ("zone", "[A-Z]{3,4}"),
}


@dataclass(frozen=True, slots=True)
class Time:
    """A point in time with its zone; templates call the methods of METHODS on it."""

    at: datetime

    def __str__(self) -> str:
        return format_time(self, _DEFAULT)


@dataclass(frozen=True, slots=True)
class Clock:
    """What the function `time` returns: `time.Now` and `time.Parse`."""

    now: Callable[[], datetime]


def format_time(time: Time, layout: str) -> str:
    """Write *time* in a Go layout."""
    return _ELEMENT.sub(lambda match: _element(time.at, match[0]), layout)


def parse_time(layout: str, text: str) -> Time:
    """Read *text* by a Go layout; BadValue if it does not fit or the layout has a part that cannot be read."""
    match = re.fullmatch(_pattern(layout), text, re.ASCII)
    if match is None:
        raise BadValue("time.Parse: the text does not fit the layout")
    parts = match.groupdict()
    hour = int(parts.get("hour") or 0)
    if "hour12" in parts:
        hour = int(parts["hour12"]) % 12 + (12 if parts.get("half", "").lower() == "pm" else 0)
    month = parts.get("month") or _month(parts.get("month_name", "January"))
    fraction = int(parts.get("fraction", ".0")[1:7].ljust(6, "0"))
    try:
        zone = _zone(parts.get("offset", "Z"))
        numbers = (int(month), int(parts.get("day", 1)), hour, int(parts.get("minute", 0)), int(parts.get("second", 0)))
        return Time(datetime(int(parts.get("year", 1)), *numbers, fraction, tzinfo=zone))
    except ValueError as exc:
        raise BadValue("time.Parse: there is no such date or time") from exc


def add_date(time: Time, years: int, months: int, days: int) -> Time:
    """Move *time*; a day beyond the end of its month runs over into the next, as in Go."""
    month = time.at.month - 1 + months
    try:
        first = time.at.replace(year=time.at.year + years + month // 12, month=month % 12 + 1, day=1)
        return Time(first + timedelta(days=time.at.day - 1 + days))
    except (ValueError, OverflowError) as exc:
        raise BadValue("AddDate: the result is beyond the calendar") from exc


def _element(time: datetime, element: str) -> str:
    if element[0] in ".,":
        digits = f"{time.microsecond:06}000"[: len(element) - 1].ljust(len(element) - 1, "0")
        digits = digits.rstrip("0") if element[1] == "9" else digits
        return element[0] + digits if digits else ""
    if "07" in element:
        return _offset(time, element)
    return _FORMATS[element](time)


def _offset(time: datetime, element: str) -> str:
    seconds = int((time.utcoffset() or timedelta()).total_seconds())
    if element[0] == "Z" and seconds == 0:
        return "Z"
    colon = ":" if ":" in element else ""
    size = abs(seconds)
    parts = (size // 3600, size // 60 % 60, size % 60)
    count = len(element.replace(":", "")) // 2
    return ("-" if seconds < 0 else "+") + colon.join(f"{part:02}" for part in parts[:count])


def _pattern(layout: str) -> str:
    pieces: list[str] = []
    names: set[str] = set()
    end = 0
    for match in _ELEMENT.finditer(layout):
        name, pattern = _parse_rule(match[0])
        if name in names:
            raise BadValue("time.Parse: the layout names a part twice")
        names.add(name)
        pieces += (re.escape(layout[end : match.start()]), f"(?P<{name}>{pattern})")
        end = match.end()
    return "".join(pieces) + re.escape(layout[end:])


def _parse_rule(element: str) -> tuple[str, str]:
    """Return the name and the pattern of what stands for *element* in a text."""
    if element[0] in ".,":
        return "fraction", "[.,][0-9]{1,9}"
    if "07" in element:
        return "offset", "Z|[+-][0-9]{2}(?::?[0-9]{2}){0,2}"
    if element not in _PARSES:
        raise BadValue(f'time.Parse: "{element}" of the layout is not supported')
    return _PARSES[element]


def _month(name: str) -> int:
    return next(number for number, month in enumerate(_MONTHS, 1) if month.startswith(name))


def _zone(offset: str) -> timezone:
    if offset == "Z":
        return UTC
    digits = offset[1:].replace(":", "").ljust(6, "0")
    span = timedelta(hours=int(digits[:2]), minutes=int(digits[2:4]), seconds=int(digits[4:]))
    return timezone(-span if offset[0] == "-" else span)
