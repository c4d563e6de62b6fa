"""How the text of a field becomes a value, and how editors are told what it may be.

Scalars are read as the field wants them, not as YAML 1.1 would resolve them: a password `0123` keeps its zero, a name
`yes` is that word.  Numbers and truth values are those that Go's YAML libraries accept for typed fields.
"""

from __future__ import annotations

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
from regbot.registry.credentials import Secret

Json: TypeAlias = bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"] | None
JsonSchema: TypeAlias = Mapping[str, Json]

_T_co = TypeVar("_T_co", covariant=True)

NEWEST: Final = 1
"""The version of the file's form that is read."""

_TRUE: Final = {"true", "y", "yes", "on"}
FALSE: Final = {"false", "n", "no", "off"}
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
    if text.lower() not in _TRUE | FALSE:
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


def any_case(words: Iterable[str]) -> str:
    """Return a pattern of *words* that does not depend on case; JSON Schema has no flag for that."""
    spelled = ("".join(f"[{char.upper()}{char}]" for char in word) for word in words)
    return f"^(?:{'|'.join(spelled)})$"


_SCALAR: Final[JsonSchema] = {"type": ["string", "number", "boolean", "null"]}
DIGITS: Final = {"pattern": "^[+-]?[0-9][0-9a-fA-FxXoObB_]*$"}

VERSION: Final = Kind("0 or 1", _version, {"type": ["integer", "string", "null"], "maximum": 1, **DIGITS})
TEXT: Final = Kind("text", _text, _SCALAR)
SECRET: Final = Kind("text, kept secret", _secret, _SCALAR)
FLAG: Final = Kind(
    "true or false",
    _flag,
    {"type": ["boolean", "string", "null"], "pattern": any_case(sorted(_TRUE | FALSE))},
)
INTEGER: Final = Kind("whole number", _integer, {"type": ["integer", "string", "null"], **DIGITS})
NATURAL: Final = Kind(
    "whole number, not negative", _natural, {"type": ["integer", "string", "null"], "minimum": 0, **DIGITS}
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
SCHEDULE: Final = Kind("schedule", _schedule, {"type": ["string", "null"]})
TLS: Final = Kind(
    "enabled, insecure or disabled",
    _tls,
    {"type": ["string", "null"], "pattern": any_case(["", *_TLS]), "examples": _TLS},
)
SCHEME: Final = Kind("http or https", _scheme, {"type": ["string", "null"]})
OPTIONS: Final = Kind("map of texts", _options, {"type": ["object", "null"], "additionalProperties": _SCALAR})
