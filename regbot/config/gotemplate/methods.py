"""The methods of the clock and of times: `time.Now`, `(time.Now.AddDate 0 0 -7).Format "2006-01-02"`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Final

from regbot.config.gotemplate.errors import BadValue
from regbot.config.gotemplate.times import Clock, Time, add_date, format_time, parse_time
from regbot.config.gotemplate.values import noun

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@dataclass(frozen=True, slots=True)
class Method:
    """A method and the types of its arguments."""

    call: Callable[..., object]
    takes: tuple[type[str | int], ...] = ()


METHODS: Final[dict[type[Clock | Time], dict[str, Method]]] = {
    Clock: {
        "Now": Method(lambda clock: Time(clock.now())),
        "Parse": Method(lambda _, layout, text: parse_time(layout, text), (str, str)),
    },
    Time: {
        "AddDate": Method(add_date, (int, int, int)),
        "Format": Method(format_time, (str,)),
        "Local": Method(lambda time: Time(time.at.astimezone())),
        "UTC": Method(lambda time: Time(time.at.astimezone(UTC))),
        "Unix": Method(lambda time: int(time.at.timestamp())),
        "Year": Method(lambda time: time.at.year),
        "YearDay": Method(lambda time: time.at.timetuple().tm_yday),
        "Day": Method(lambda time: time.at.day),
        "Hour": Method(lambda time: time.at.hour),
        "Minute": Method(lambda time: time.at.minute),
        "Second": Method(lambda time: time.at.second),
    },
}


def call_method(of: Clock | Time, name: str, arguments: Sequence[object]) -> object:
    """Call the method *name*; BadValue if there is none or it takes other arguments."""
    methods = METHODS[type(of)]
    if name not in methods:
        raise BadValue(f'{noun(of)} has no "{name}"; there are {", ".join(methods)}')
    method = methods[name]
    if len(arguments) != len(method.takes):
        raise BadValue(f"{name} takes {len(method.takes)} values, not {len(arguments)}")
    for argument, wanted in zip(arguments, method.takes, strict=True):
        if type(argument) is not wanted:
            raise BadValue(f"{name} cannot take {noun(argument)}")
    try:
        return method.call(of, *arguments)
    except BadValue:
        raise
    except (OverflowError, ValueError):
        raise BadValue(f"{name}: the result is beyond the calendar") from None
