"""The functions of templates: regclient's own and Go's built-in ones (text/template, "Functions").

`and` and `or` are not here: they do not evaluate what they do not need, so the evaluator has them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import quote_plus

from regbot.config.gotemplate.errors import BadValue
from regbot.config.gotemplate.printing import print_values, printf_values, println_values
from regbot.config.gotemplate.times import Clock, Time
from regbot.config.gotemplate.values import Missing, noun, octets, present, shown, structure, truth

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

ANY: Final = 1000
"""Arguments of a function that takes as many as one likes."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function and how many arguments it takes.  What is missing goes past it, unless it *absorbs* that."""

    call: Callable[..., object]
    least: int
    most: int
    absorbs: bool = False

    @property
    def counts(self) -> str:
        """Say how many arguments it takes."""
        if self.most == ANY:
            return f"at least {self.least}"
        return str(self.least) if self.least == self.most else f"{self.least} to {self.most}"


@dataclass(frozen=True, slots=True)
class World:
    """What templates may see of the outside."""

    environ: Mapping[str, str]
    read_file: Callable[[str], str]
    now: Callable[[], datetime]


def functions_of(world: World) -> dict[str, Function]:
    """Return every function by its name."""
    return PURE | {
        "env": Function(lambda name: _env(world, _text("env", name)), 1, 1),
        "file": Function(lambda path: _file(world, _text("file", path)), 1, 1),
        "time": Function(lambda: Clock(world.now), 0, 0),
    }


def _env(world: World, name: str) -> str | Missing:
    if name not in world.environ:
        return Missing(f'the environment variable "{name}" is not set')
    value = world.environ[name]
    if any("\ud800" <= char <= "\udfff" for char in value):
        # os.environ shows bytes that are no UTF-8 in this way.
        return Missing(f'the environment variable "{name}" is not UTF-8')
    return value


def _file(world: World, path: str) -> str | Missing:
    try:
        return world.read_file(path).strip()
    except OSError as exc:
        return Missing(f'the file "{path}" cannot be read: {exc.strerror or type(exc).__name__}')
    except UnicodeDecodeError:
        return Missing(f'the file "{path}" cannot be read: it is not UTF-8')
    except ValueError as exc:
        return Missing(f'the file "{path}" cannot be read: {exc}')


def _default(fallback: object, value: object) -> object:
    return value if not isinstance(value, Missing) and truth(value) else present(fallback)


def _text(function: str, value: object) -> str:
    if not isinstance(value, str):
        raise BadValue(f"{function} wants a text, not {noun(value)}")
    return value


def _join(items: object, separator: object) -> str:
    if isinstance(items, str) or not isinstance(items, Sequence):
        raise BadValue(f"join wants a list and a text, not {noun(items)} first")
    return _text("join", separator).join(_text("join", item) for item in items)


def _split(text: object, separator: object) -> tuple[str, ...]:
    whole, between = _text("split", text), _text("split", separator)
    return tuple(whole.split(between) if between else whole)


def _json(value: object, indent: int | None = None) -> str:
    separators = (",", ": " if indent else ":")
    text = json.dumps(_plain(value), ensure_ascii=False, separators=separators, indent=indent)
    # Go escapes the two line ends that JavaScript would take for its own, and ends the text with one.
    return text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029") + "\n"


def _plain(value: object) -> object:
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return int(value) if value == int(value) and abs(value) < 1e21 else value
        case Time():
            return value.at.isoformat().replace("+00:00", "Z")
        case Mapping():
            return {shown(key): _plain(item) for key, item in value.items()}
        case Sequence():
            return [_plain(item) for item in value]
        case _:
            return _plain(structure(value))


def _print_pretty(value: object) -> str:
    """Write a structure of plain values as aligned lines, anything else as JSON."""
    parts = _plain(value)
    if not isinstance(parts, dict) or any(isinstance(part, dict | list) for part in parts.values()):
        return _json(value, 2)
    width = max(map(len, parts), default=0) + 2
    return "".join(f"{key + ':':{width}}{shown(part)}".rstrip() + "\n" for key, part in parts.items())


def _eq(first: object, *others: object) -> bool:
    return any([_same(first, other) for other in others])  # noqa: C419 -- each is looked at, so that a misfit is told


def _same(one: object, other: object) -> bool:
    if one is None or other is None:
        return one is other
    if type(one) is not type(other) or not isinstance(one, bool | int | float | str):
        raise BadValue(f"eq and ne cannot compare {noun(one)} with {noun(other)}")
    return one == other


def _less(one: object, other: object) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return one < other
    if type(one) is type(other) and isinstance(one, int | float) and isinstance(other, int | float):
        if isinstance(one, bool):
            raise BadValue("lt, le, gt and ge cannot compare truth values")
        return one < other
    raise BadValue(f"lt, le, gt and ge cannot compare {noun(one)} with {noun(other)}")


def _len(value: object) -> int:
    if isinstance(value, str):
        return len(octets(value))
    if isinstance(value, Sequence | Mapping):
        return len(value)
    raise BadValue(f"len wants a text, a list or a map, not {noun(value)}")


def _index(value: object, *keys: object) -> object:
    for key in keys:
        if isinstance(value, Mapping):
            if not isinstance(key, str) or key not in value:
                raise BadValue("index: the map has no such key")
            value = value[key]
        elif isinstance(value, Sequence):
            items = octets(value) if isinstance(value, str) else value
            value = items[_position("index", key, len(items) - 1)]
        else:
            raise BadValue(f"index cannot look into {noun(value)}")
    return value


def _slice(value: object, *bounds: object) -> object:
    if not isinstance(value, Sequence):
        raise BadValue(f"slice wants a text or a list, not {noun(value)}")
    items = octets(value) if isinstance(value, str) else value
    start, stop = (*(_position("slice", bound, len(items)) for bound in bounds), *(0, len(items))[len(bounds) :])
    if start > stop:
        raise BadValue("slice: it begins after its end")
    cut = items[start:stop]
    try:
        return cut.decode() if isinstance(cut, bytes) else cut
    except UnicodeDecodeError:
        raise BadValue("slice: it would cut a character in two") from None


def _position(function: str, value: object, last: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise BadValue(f"{function} wants a whole number, not {noun(value)}")
    if not 0 <= value <= last:
        raise BadValue(f"{function}: {value} is beyond the end")
    return value


_HTML: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;", "\0": "\ufffd"})


def _html(text: str) -> str:
    return text.translate(_HTML)


PURE: Final[dict[str, Function]] = {
    "default": Function(_default, 2, 2, absorbs=True),
    "join": Function(_join, 2, 2),
    "json": Function(_json, 1, 1),
    "jsonPretty": Function(lambda value: _json(value, 2), 1, 1),
    "printPretty": Function(_print_pretty, 1, 1),
    "lower": Function(lambda text: _text("lower", text).lower(), 1, 1),
    "upper": Function(lambda text: _text("upper", text).upper(), 1, 1),
    "split": Function(_split, 2, 2),
    "trimSpace": Function(lambda text: _text("trimSpace", text).strip(), 1, 1),
    "not": Function(lambda value: not truth(value), 1, 1),
    "eq": Function(_eq, 2, ANY),
    "ne": Function(lambda one, other: not _same(one, other), 2, 2),
    "lt": Function(_less, 2, 2),
    "le": Function(lambda one, other: not _less(other, one), 2, 2),
    "gt": Function(lambda one, other: _less(other, one), 2, 2),
    "ge": Function(lambda one, other: not _less(one, other), 2, 2),
    "len": Function(_len, 1, 1),
    "index": Function(_index, 1, ANY),
    "slice": Function(_slice, 1, 3),
    "print": Function(lambda *values: print_values(values), 0, ANY),
    "println": Function(lambda *values: println_values(values), 0, ANY),
    "printf": Function(lambda form, *values: printf_values(_text("printf", form), values), 1, ANY),
    "html": Function(lambda *values: _html(print_values(values)), 0, ANY),
    "urlquery": Function(lambda *values: quote_plus(octets(print_values(values))), 0, ANY),
}
