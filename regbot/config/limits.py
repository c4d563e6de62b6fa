"""The kinds of fields that bound what a run may use."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from regbot.config.durations import InvalidDuration, parse_duration
from regbot.config.kinds import DIGITS, FALSE, INTEGER, NATURAL, TEXT, Kind, Unreadable, any_case
from regbot.config.sizes import InvalidSize, parse_size

if TYPE_CHECKING:
    from regbot.config.kinds import JsonSchema
    from regbot.config.nodes import Node

LEAST_SIZE: Final = 1 << 20
"""Bytes; less is a unit forgotten."""
LEAST_MESSAGE: Final = 64 << 10
LARGEST_MESSAGE: Final = 1 << 30
MOST_IN_FLIGHT: Final = 1024
LONGEST_COUNT: Final = 10
"""Digits of a number of seconds: more than a century."""


def _bytes(node: Node) -> int:
    try:
        return parse_size(TEXT.read(node))
    except InvalidSize as exc:
        raise Unreadable(node.line, str(exc)) from exc


def _size(node: Node) -> int:
    if (size := _bytes(node)) < LEAST_SIZE:
        raise Unreadable(node.line, f"{TEXT.read(node)} is less than 1MiB; a number without a unit is bytes")
    return size


def _message(node: Node) -> int:
    size = _bytes(node)
    if size < LEAST_MESSAGE:
        raise Unreadable(node.line, f"{TEXT.read(node)} is less than 64KiB, which errors and short arguments may need")
    if size > LARGEST_MESSAGE:
        raise Unreadable(node.line, f"{TEXT.read(node)} is more than 1GiB")
    return size


def _seconds(node: Node) -> int:
    """Return whole seconds, as the kernel counts CPU time; 0 for off."""
    text = TEXT.read(node)
    if text.lower() in FALSE:
        return 0
    try:
        seconds = int(text) if text.isascii() and text.isdigit() and len(text) < LONGEST_COUNT else parse_duration(text)
    except InvalidDuration as exc:
        rule = "whole seconds like 30, a duration like 90s, or off"
        raise Unreadable(node.line, f'"{text[:100]}" is no such time: it should be {rule}') from exc
    if seconds < 0:
        raise Unreadable(node.line, f"{text} is below zero")
    return math.ceil(seconds)


def _count(node: Node) -> int:
    """Return a number of times; 0 for off."""
    if TEXT.read(node).lower() in FALSE:
        return 0
    try:
        return NATURAL.read(node)
    except Unreadable as exc:
        raise Unreadable(node.line, f"{exc}; it should be a whole number like 1000, or off") from exc


def _flight(node: Node) -> int:
    if not 1 <= (value := INTEGER.read(node)) <= MOST_IN_FLIGHT:
        raise Unreadable(node.line, f"{value} is not between 1 and {MOST_IN_FLIGHT}")
    return value


SIZE: Final = Kind(
    "size", _size, {"type": ["string", "integer", "null"], "minimum": LEAST_SIZE, "pattern": "^[0-9]+(?:KiB|MiB|GiB)?$"}
)
_SIZES: Final[JsonSchema] = {"type": ["string", "integer", "null"], "pattern": "^[0-9]+(?:KiB|MiB|GiB)?$"}
BYTES: Final = Kind("size", _bytes, {**_SIZES, "minimum": 0})
MESSAGE: Final = Kind("size", _message, {**_SIZES, "minimum": LEAST_MESSAGE, "maximum": LARGEST_MESSAGE})
SECONDS: Final = Kind(
    "seconds, or off",
    _seconds,
    {
        "type": ["string", "integer", "boolean", "null"],
        "not": {"const": True},
        "minimum": 0,
        "pattern": rf"^(?:[0-9]+|(?:[0-9.]+(?:ns|us|µs|μs|ms|s|m|h))+|{any_case(sorted(FALSE))[1:-1]})$",
    },
)
COUNT: Final = Kind(
    "whole number, or off",
    _count,
    {
        "type": ["string", "integer", "boolean", "null"],
        "not": {"const": True},
        "minimum": 0,
        "pattern": rf"^(?:[0-9][0-9a-fA-FxXoObB_]*|{any_case(sorted(FALSE))[1:-1]})$",
    },
)
FLIGHT: Final = Kind(
    "1 to 1024", _flight, {"type": ["integer", "string", "null"], "minimum": 1, "maximum": MOST_IN_FLIGHT, **DIGITS}
)
