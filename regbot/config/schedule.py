"""When a script is due: five fields of cron, or a descriptor, as the Go library robfig/cron reads them.

    schedule = [("CRON_TZ=" | "TZ=") zone] (descriptor | minute hour day month weekday)
    descriptor = "@hourly" | "@daily" | … | "@every" duration
    field = item {"," item}        item = ("*" | "?" | value ["-" value]) ["/" step]

What other cron programs have beyond that (seconds, years, `L`, `W`, `#`, `H`, `R`, a Sunday called 7) is refused: a
schedule that can be read in two ways runs at the wrong time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from regbot.config.durations import InvalidDuration, parse_duration

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_DESCRIPTORS: Final = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_EVERY: Final = "@every"
_SHOWN: Final = 200
"""Characters of a text that an error repeats."""
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_LONGEST_MONTH: Final = {month: 30 if month in {4, 6, 9, 11} else 29 if month == 2 else 31 for month in range(1, 13)}


class InvalidSchedule(ValueError):
    """A text is no schedule.  *text* is the text, *why* the rule that it breaks."""

    def __init__(self, text: str, why: str) -> None:
        super().__init__(f'"{text[:_SHOWN]}" is no schedule: {why}')
        self.text, self.why = text, why


@dataclass(frozen=True, slots=True)
class Cron:
    """Points in time by their parts; *weekdays* count from 0, Sunday.

    *either*: both days are restricted, and then one of them has to match; else both have to.
    """

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either: bool


@dataclass(frozen=True, slots=True)
class Every:
    """A span of whole seconds, counted from the start of the program."""

    seconds: int


@dataclass(frozen=True, slots=True)
class Schedule:
    """A parsed schedule.  *zone* is None for the time zone of the program; *text* is how the user wrote it."""

    text: str
    rule: Cron | Every
    zone: ZoneInfo | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the schedule that *text* spells; InvalidSchedule if it spells none."""
        zone, rule = None, text.strip()
        if rule.startswith(("CRON_TZ=", "TZ=")):
            name, _, rule = rule.partition("=")[2].partition(" ")
            zone, rule = _zone(text, name), rule.strip()
        if rule == _EVERY or rule.startswith(_EVERY + " "):
            return cls(text, _every(text, rule.removeprefix(_EVERY).strip()), zone)
        if rule.startswith("@"):
            if rule not in _DESCRIPTORS:
                known = ", ".join([*_DESCRIPTORS, "@every 1h30m"])
                raise InvalidSchedule(text, f'"{rule[:_SHOWN]}" is not known; there are {known}')
            rule = _DESCRIPTORS[rule]
        return cls(text, _cron(text, rule.split()), zone)


@dataclass(frozen=True, slots=True)
class _Field:
    """What one field of cron may hold; *names* stand for the numbers from *low* on."""

    noun: str
    low: int
    high: int
    names: tuple[str, ...] = ()

    def number(self, text: str) -> int:
        """Return the number that *text* or a name stands for; ValueError with the rule if there is none."""
        if text.lower() in self.names:
            return self.names.index(text.lower()) + self.low
        if not _is_number(text) or not self.low <= int(text) <= self.high:
            raise ValueError(f'"{text[:_SHOWN]}" is no {self.noun}; {self.rule()}')
        return int(text)

    def rule(self) -> str:
        """Say what is accepted."""
        names = f" or {self.names[0]} to {self.names[-1]}" if self.names else ""
        return f"it goes from {self.low} to {self.high}{names}"


_FIELDS: Final = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of the month", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of the week", 0, 6, _WEEKDAYS),
)


def _zone(text: str, name: str) -> ZoneInfo | None:
    if name == "Local":
        return None
    from zoneinfo import ZoneInfo  # noqa: PLC0415 -- few schedules name a zone, and it takes 5 ms

    try:
        return ZoneInfo(name or "UTC")
    # A name that is none, one that leads out of the database, and one that is a folder of it.
    except (KeyError, ValueError, OSError) as exc:
        raise InvalidSchedule(text, f'there is no time zone "{name[:_SHOWN]}"') from exc


def _every(text: str, span: str) -> Every:
    try:
        seconds = parse_duration(span)
    except InvalidDuration as exc:
        raise InvalidSchedule(text, str(exc)) from exc
    if seconds <= 0:
        raise InvalidSchedule(text, "the time after @every should be above zero")
    return Every(max(1, int(seconds)))


def _cron(text: str, words: list[str]) -> Cron:
    if len(words) != len(_FIELDS):
        why = f"it has {len(words)} fields; cron has five: minute, hour, day of the month, month, day of the week"
        raise InvalidSchedule(text, why)
    try:
        (minutes, _), (hours, _), (days, any_day), (months, _), (weekdays, any_weekday) = map(_field, _FIELDS, words)
    except ValueError as exc:
        raise InvalidSchedule(text, str(exc)) from exc
    either = not any_day and not any_weekday
    if not either and min(days) > max(_LONGEST_MONTH[month] for month in months):
        raise InvalidSchedule(text, f"no month that it names has a day {min(days)}")
    return Cron(minutes, hours, days, months, weekdays, either)


def _field(field: _Field, word: str) -> tuple[frozenset[int], bool]:
    """Return the numbers that *word* names, and whether one of its items is the star that restricts nothing."""
    found: set[int] = set()
    unrestricted = False
    for item in word.split(","):
        numbers = _item(field, item)
        found.update(numbers)
        unrestricted = unrestricted or (item[:1] in {"*", "?"} and numbers.step == 1)
    return frozenset(found), unrestricted


def _item(field: _Field, item: str) -> range:
    span, slash, step = item.partition("/")
    if slash and (not _is_number(step) or int(step) == 0):
        raise ValueError(f'"{item[:_SHOWN]}" has no step; after the slash there should be a number above zero')
    first, dash, last = span.partition("-")
    if span in {"*", "?"}:
        low, high = field.low, field.high
    else:
        low = field.number(first)
        high = field.number(last) if dash else field.high if slash else low
    if low > high:
        raise ValueError(f'"{item[:_SHOWN]}" begins after its end')
    return range(low, high + 1, int(step) if slash else 1)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10
