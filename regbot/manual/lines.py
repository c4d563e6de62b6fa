"""The single lines of a definition file: annotations to values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

EXTENSION: Final = "*Extension.* "
_NAMED: Final = re.compile(r'(?P<name>\w+|\.\.\.|\["[^"]+"\])(?P<optional>\??) (?P<rest>.*)')
_FUNCTION: Final = re.compile(r"function (?P<name>[\w.:]+)\((?P<parameters>[\w, .]*)\) end")
_TABLE: Final = re.compile(r"(?:local )?(?P<name>\w+) = \{\}")
_CLOSING: Final = dict(zip("([{<", ")]}>", strict=True))


class ManualError(Exception):
    """A definition file says something that is not in the form that is agreed on; this is our bug."""


@dataclass(frozen=True, slots=True)
class Named:
    """What `@param` and `@field` say."""

    name: str
    type: str
    text: str
    optional: bool


def named(text: str) -> Named:
    """Read `name[?] type [text]`."""
    found = _NAMED.fullmatch(text)
    if found is None:
        raise ManualError(f"neither a parameter nor a field: {text}")
    kind, rest = split_type(found["rest"])
    return Named(found["name"].strip('[]"'), kind, rest, bool(found["optional"]))


def split_type(text: str) -> tuple[str, str]:
    """Split what follows a type, behind a space, off it.  Spaces may be in brackets, and behind a colon."""
    closing: list[str] = []
    for place, mark in enumerate(text):
        if mark in _CLOSING:
            closing.append(_CLOSING[mark])
        elif closing and mark == closing[-1]:
            closing.pop()
        elif mark == " " and not closing and text[place - 1] != ":":
            return text[:place], text[place + 1 :]
    if closing or not text:
        raise ManualError(f"not a type: {text!r}")
    return text, ""


def alternatives(kind: str) -> list[str]:
    """Split a type at the marks between its alternatives; those within brackets belong to one of them."""
    if kind.startswith("fun("):
        # What stands behind it is what the function returns.
        return [kind]
    parts, depth = [""], 0
    for each in kind:
        depth += (each in _CLOSING) - (each in _CLOSING.values())
        if each == "|" and not depth:
            parts.append("")
        else:
            parts[-1] += each
    return parts


def extension(text: str) -> tuple[str, bool]:
    """Split the mark of an extension off a text, and say whether it was there."""
    return text.removeprefix(EXTENSION), text.startswith(EXTENSION)


def function(code: str) -> tuple[str, list[str]] | None:
    """Return name and parameters of a line that defines a function; None for any other line."""
    found = _FUNCTION.fullmatch(code)
    return (found["name"], [name for name in found["parameters"].split(", ") if name]) if found else None


def table(code: str) -> str | None:
    """Return the name of a line that defines an empty table; None for any other line."""
    found = _TABLE.fullmatch(code)
    return found["name"] if found else None
