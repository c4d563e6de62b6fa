"""The values that templates work on: what they are called, when they are true, how they are written.

Values are text, whole numbers, numbers, truth values, nil (None), lists, maps, dataclasses, times, and Missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass

from regbot.config.gotemplate.errors import BadValue
from regbot.config.gotemplate.times import Clock, Time


@dataclass(frozen=True, slots=True)
class Missing:
    """Stands for what is not there, until `default` replaces it or something needs it: then *reason* is the error."""

    reason: str


def noun(value: object) -> str:  # noqa: PLR0911 -- one return a type
    """Return what a message calls *value*, which may be a secret."""
    match value:
        case None:
            return "nil"
        case bool():
            return "a truth value"
        case int():
            return "a whole number"
        case float():
            return "a number"
        case str():
            return "a text"
        case Mapping():
            return "a map"
        case Sequence():
            return "a list"
        case _:
            return "a time" if isinstance(value, Time | Clock) else "a structure"


def present(value: object) -> object:
    """Return *value*; BadValue if it stands for what is missing."""
    if isinstance(value, Missing):
        raise BadValue(value.reason)
    return value


def truth(value: object) -> bool:
    """Say whether if and with take *value* as true: it is neither zero nor empty."""
    value = present(value)
    if isinstance(value, bool | int | float | str | Sequence | Mapping) or value is None:
        return bool(value)
    return True


def shown(value: object) -> str:  # noqa: PLR0911 -- one return a type
    """Return how Go prints *value* by default (package fmt, %v)."""
    match present(value):
        case None:
            return "<nil>"
        case bool() as flag:
            return "true" if flag else "false"
        case float() as number:
            return _float(number)
        case str() | int() | Time() as plain:
            return str(plain)
        case Mapping() as mapping:
            return f"map[{' '.join(f'{shown(key)}:{shown(mapping[key])}' for key in sorted(mapping, key=shown))}]"
        case Sequence() as items:
            return f"[{' '.join(map(shown, items))}]"
        case other:
            return f"{{{' '.join(shown(part) for part in structure(other).values())}}}"


def octets(text: str) -> bytes:
    """Return a text as the bytes that Go sees; what of a command line is no UTF-8 is a lone surrogate here."""
    return text.encode("utf-8", "surrogateescape")


def structure(value: object) -> dict[str, object]:
    """Return the fields of a dataclass; BadValue if *value* is none."""
    if not is_dataclass(value) or isinstance(value, type):
        raise BadValue(f"{noun(value)} has no fields")
    return {field.name: getattr(value, field.name) for field in fields(value)}


def _float(number: float) -> str:
    """Write a number like Go: the shortest digits, and an exponent only from 21 digits on."""
    if number == int(number) and abs(number) < 1e21:
        return str(int(number))
    text = repr(number)
    return text if 1e-4 <= abs(number) < 1e21 or "e" in text else f"{number:e}"
