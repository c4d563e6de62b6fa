"""How the text of a field becomes a value, and how editors are told what it may be.

Scalars are read as the field wants them, not as YAML 1.1 would resolve them: a password `0123` keeps its zero, a name
`yes` is that word.  Numbers and truth values are those that Go's YAML libraries accept for typed fields.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeAlias, TypeVar

from regbot.config.durations import InvalidDuration, parse_duration
from regbot.config.model import Tls
from regbot.config.nodes import Mapping as Map
from regbot.config.nodes import Node, Scalar
from regbot.config.nodes import Sequence as List
from regbot.config.schedule import InvalidSchedule, Schedule
from regbot.config.sizes import InvalidSize, parse_size
from regbot.registry.credentials import Secret

Json: TypeAlias = bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"] | None
JsonSchema: TypeAlias = Mapping[str, Json]

_T_co = TypeVar("_T_co", covariant=True)

NEWEST: Final = 1
"""The version of the file's form that is read."""

LEAST_SIZE: Final = 1 << 20
"""Bytes; less is a unit forgotten."""
LEAST_MESSAGE: Final = 64 << 10
LARGEST_MESSAGE: Final = 1 << 30
MOST_IN_FLIGHT: Final = 1024
LONGEST_COUNT: Final = 10
"""Digits of a number of seconds: more than a century."""

_TRUE: Final = {"true", "y", "yes", "on"}
_FALSE: Final = {"false", "n", "no", "off"}
_INTEGER: Final = re.compile(r"([+-]?)(0[xX][0-9a-fA-F]{1,16}|0[oO]?[0-7]{1,22}|0[bB][01]{1,64}|[1-9][0-9]{0,18}|0)")
_DECIMAL: Final = re.compile(r"[+-]?(?:[0-9]{1,30}\.?[0-9]{0,30}|\.[0-9]{1,30})(?:[eE][+-]?[0-9]{1,3})?")
_TLS: Final = tuple(tls.value for tls in Tls)
_LARGEST: Final = (1 << 63) - 1


class Unreadable(ValueError):
    """A node does not hold what its field wants.  *line* counts from 1; the message never repeats a secret."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class Kind(Generic[_T_co]):
    """A type of fields: its name in the documentation, its reader (Unreadable if it cannot), its JSON Schema."""

    name: str
    read: Callable[[Node], _T_co]
    json_schema: JsonSchema


def _scalar(node: Node) -> Scalar:
    if not isinstance(node, Scalar):
        noun = "a list" if isinstance(node, List) else "a map"
        hint = "; a template needs quotes around it" if isinstance(node, Map) else ""
        raise Unreadable(node.line, f"{noun} stands where one value should{hint}")
    if node.has_foreign_tag:
        raise Unreadable(node.line, "a tag (!) has no meaning here; a text that begins with ! needs quotes")
    return node


def _text(node: Node) -> str:
    return _scalar(node).text


def _secret(node: Node) -> Secret:
    return Secret(_text(node))


def _flag(node: Node) -> bool:
    text = _text(node)
    if text.lower() not in _TRUE | _FALSE:
        raise Unreadable(node.line, f'"{text[:100]}" is neither true nor false')
    return text.lower() in _TRUE


def _integer(node: Node) -> int:
    text = _text(node).replace("_", "")
    if (match := _INTEGER.fullmatch(text)) is not None:
        digits = match[2]
        octal = digits[0] == "0" and digits[1:].isdigit()
        value = int(digits, 8 if octal else 0) * (-1 if match[1] == "-" else 1)
    elif _DECIMAL.fullmatch(text) and float(text).is_integer():
        value = int(float(text))
    else:
        raise Unreadable(node.line, f'"{text[:100]}" is no whole number')
    if abs(value) > _LARGEST:
        raise Unreadable(node.line, f'"{text[:100]}" does not fit into 64 bits')
    return value


def _version(node: Node) -> int:
    if (value := _integer(node)) > NEWEST:
        raise Unreadable(node.line, f"version {value} is newer than this program, which reads up to {NEWEST}")
    return value


def _natural(node: Node) -> int:
    if (value := _integer(node)) < 0:
        raise Unreadable(node.line, f"{value} is below zero")
    return value


def _number(node: Node) -> float:
    text = _text(node).replace("_", "")
    if not _DECIMAL.fullmatch(text):
        raise Unreadable(node.line, f'"{text[:100]}" is no number')
    if float(text) < 0:
        raise Unreadable(node.line, f"{text[:100]} is below zero")
    return float(text)


def _duration(node: Node) -> float:
    try:
        return parse_duration(_text(node))
    except InvalidDuration as exc:
        raise Unreadable(node.line, str(exc)) from exc


def _bytes(node: Node) -> int:
    try:
        return parse_size(_text(node))
    except InvalidSize as exc:
        raise Unreadable(node.line, str(exc)) from exc


def _size(node: Node) -> int:
    if (size := _bytes(node)) < LEAST_SIZE:
        raise Unreadable(node.line, f"{_text(node)} is less than 1MiB; a number without a unit is bytes")
    return size


def _message(node: Node) -> int:
    size = _bytes(node)
    if size < LEAST_MESSAGE:
        raise Unreadable(node.line, f"{_text(node)} is less than 64KiB, which errors and short arguments may need")
    if size > LARGEST_MESSAGE:
        raise Unreadable(node.line, f"{_text(node)} is more than 1GiB")
    return size


def _seconds(node: Node) -> int:
    """Return whole seconds, as the kernel counts CPU time; 0 for off."""
    text = _text(node)
    if text.lower() in _FALSE:
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
    if _text(node).lower() in _FALSE:
        return 0
    try:
        return _natural(node)
    except Unreadable as exc:
        raise Unreadable(node.line, f"{exc}; it should be a whole number like 1000, or off") from exc


def _flight(node: Node) -> int:
    if not 1 <= (value := _integer(node)) <= MOST_IN_FLIGHT:
        raise Unreadable(node.line, f"{value} is not between 1 and {MOST_IN_FLIGHT}")
    return value


def texts(node: Node) -> list[tuple[int, str]]:
    """Return one text, or those of a list, each with its line."""
    return [(each.line, _text(each)) for each in (node.items if isinstance(node, List) else (node,))]


def _schedule(node: Node) -> Schedule | None:
    text = _text(node)
    try:
        return Schedule.parse(text) if text else None
    except InvalidSchedule as exc:
        raise Unreadable(node.line, str(exc)) from exc


def _tls(node: Node) -> Tls | None:
    text = _text(node)
    try:
        return Tls(text.lower()) if text else None
    except ValueError as exc:
        raise Unreadable(node.line, f'"{text[:100]}" is not one of {", ".join(_TLS)}') from exc


def _scheme(node: Node) -> Tls | None:
    """Read the deprecated `scheme`: only http says something."""
    return Tls.DISABLED if _text(node).lower() == "http" else None


def _options(node: Node) -> tuple[tuple[str, str], ...]:
    if not isinstance(node, Map):
        raise Unreadable(node.line, "this should be a map, like {key: value}")
    return tuple((key.text, _text(value)) for key, value in node.entries)


def _any_case(words: Iterable[str]) -> str:
    """Return a pattern of *words* that does not depend on case; JSON Schema has no flag for that."""
    spelled = ("".join(f"[{char.upper()}{char}]" for char in word) for word in words)
    return f"^(?:{'|'.join(spelled)})$"


_SCALAR: Final[JsonSchema] = {"type": ["string", "number", "boolean", "null"]}
_DIGITS: Final = {"pattern": "^[+-]?[0-9][0-9a-fA-FxXoObB_]*$"}

VERSION: Final = Kind("0 or 1", _version, {"type": ["integer", "string", "null"], "maximum": 1, **_DIGITS})
TEXT: Final = Kind("text", _text, _SCALAR)
SECRET: Final = Kind("text, kept secret", _secret, _SCALAR)
FLAG: Final = Kind(
    "true or false",
    _flag,
    {"type": ["boolean", "string", "null"], "pattern": _any_case(sorted(_TRUE | _FALSE))},
)
INTEGER: Final = Kind("whole number", _integer, {"type": ["integer", "string", "null"], **_DIGITS})
NATURAL: Final = Kind(
    "whole number, not negative", _natural, {"type": ["integer", "string", "null"], "minimum": 0, **_DIGITS}
)
NUMBER: Final = Kind("number, not negative", _number, {"type": ["number", "null"], "minimum": 0})
DURATION: Final = Kind(
    "duration",
    _duration,
    {
        "type": ["string", "integer", "null"],
        "minimum": 0,
        "maximum": 0,
        "pattern": r"^[+-]?(?:0|(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+)$",
    },
)
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
        "pattern": rf"^(?:[0-9]+|(?:[0-9.]+(?:ns|us|µs|μs|ms|s|m|h))+|{_any_case(sorted(_FALSE))[1:-1]})$",
    },
)
COUNT: Final = Kind(
    "whole number, or off",
    _count,
    {
        "type": ["string", "integer", "boolean", "null"],
        "not": {"const": True},
        "minimum": 0,
        "pattern": rf"^(?:[0-9][0-9a-fA-FxXoObB_]*|{_any_case(sorted(_FALSE))[1:-1]})$",
    },
)
FLIGHT: Final = Kind(
    "1 to 1024", _flight, {"type": ["integer", "string", "null"], "minimum": 1, "maximum": MOST_IN_FLIGHT, **_DIGITS}
)
SCHEDULE: Final = Kind("schedule", _schedule, {"type": ["string", "null"]})
TLS: Final = Kind(
    "enabled, insecure or disabled",
    _tls,
    {"type": ["string", "null"], "pattern": _any_case(["", *_TLS]), "examples": _TLS},
)
SCHEME: Final = Kind("http or https", _scheme, {"type": ["string", "null"]})
OPTIONS: Final = Kind("map of texts", _options, {"type": ["object", "null"], "additionalProperties": _SCALAR})
