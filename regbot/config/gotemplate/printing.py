"""Go's fmt: print, println and printf.

A verb that does not fit its value is an error here: what Go writes then (`%!d(string=…)`) would be a wrong password.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from regbot.config.gotemplate.errors import BadValue
from regbot.config.gotemplate.times import Time
from regbot.config.gotemplate.values import noun, octets, shown

MAX_WIDTH: Final = 10_000
_VERB: Final = re.compile(
    r"%(?P<flags>[-+# 0]*)(?P<width>[0-9]*)(?:(?P<dot>\.)(?P<precision>[0-9]*))?(?P<verb>.?)", re.DOTALL
)
_SIMPLE: Final = {"\a": r"\a", "\b": r"\b", "\f": r"\f", "\n": r"\n", "\r": r"\r", "\t": r"\t", "\v": r"\v"}


def print_values(values: Sequence[object]) -> str:
    """Join values as Go's Sprint: with a space between two of which none is a text."""
    pieces: list[str] = []
    for index, value in enumerate(values):
        if index and not isinstance(value, str) and not isinstance(values[index - 1], str):
            pieces.append(" ")
        pieces.append(shown(value))
    return "".join(pieces)


def println_values(values: Sequence[object]) -> str:
    """Join values as Go's Sprintln: with spaces, and a line's end."""
    return " ".join(map(shown, values)) + "\n"


def printf_values(template: str, values: Sequence[object]) -> str:
    """Write values as Go's Sprintf; BadValue where Go would write an error into the text."""
    rest = iter(values)
    text = _VERB.sub(lambda match: "%" if match["verb"] == "%" else _formatted(match, rest), template)
    if (surplus := sum(1 for _ in rest)) > 0:
        raise BadValue(f"printf: {surplus} more values than verbs")
    return text


def quoted(text: str) -> str:
    """Write a string literal as Go's strconv.Quote."""
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(char: str) -> str:
    if char in '"\\':
        return "\\" + char
    if char in _SIMPLE or char.isprintable():
        return _SIMPLE.get(char, char)
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x80 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _formatted(match: re.Match[str], rest: Iterator[object]) -> str:
    verb, flags = match["verb"], match["flags"]
    width, precision = _size(match["width"]), _size(match["precision"]) if match["dot"] else None
    if verb not in _WRITERS:
        raise BadValue(f"printf: %{verb} is not supported" if verb else "printf: a % at the end; write %% for one")
    try:
        value = next(rest)
    except StopIteration:
        raise BadValue("printf: more verbs than values") from None
    text = _WRITERS[verb](value, verb, flags, precision)
    if "-" in flags:
        return text.ljust(width)
    if "0" in flags and isinstance(value, int | float):
        signed = text[:1] in {"+", "-", " "}
        return text[:signed] + text[signed:].rjust(width - signed, "0")
    return text.rjust(width)


def _size(digits: str) -> int:
    if len(digits) > 5 or int(digits or 0) > MAX_WIDTH:
        raise BadValue(f"printf: a width is over {MAX_WIDTH}")
    return int(digits or 0)


def _any(value: object, _verb: str, _flags: str, _precision: int | None) -> str:
    return shown(value)


def _text(value: object, verb: str, _flags: str, precision: int | None) -> str:
    if not isinstance(value, str | Sequence | Time):
        raise _misfit(verb, value)
    text = shown(value)[:precision]
    return quoted(text) if verb == "q" else text


def _integer(value: object, verb: str, flags: str, precision: int | None) -> str:
    if isinstance(value, str) and verb in "xX":
        digits = octets(value).hex()
        return digits.upper() if verb == "X" else digits
    if not isinstance(value, int) or isinstance(value, bool):
        raise _misfit(verb, value)
    if verb in "cU":
        return _character(value, verb)
    sign = "+" if "+" in flags else " " if " " in flags else "-"
    prefix = "#" if "#" in flags and verb in "bxX" else ""
    text = format(value, f"{sign}{prefix}{verb}")
    digits = text.lstrip("+- ")
    return text[: len(text) - len(digits)] + digits.rjust(precision or 0, "0")


def _character(code: int, verb: str) -> str:
    if not 0 <= code <= 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        raise BadValue(f"printf: %{verb} got a number that is no character")
    return chr(code) if verb == "c" else f"U+{code:04X}"


def _float(value: object, verb: str, flags: str, precision: int | None) -> str:
    if not isinstance(value, float):
        raise _misfit(verb, value)
    if verb in "gG" and precision is None:
        text = shown(value)
        return "+" + text if "+" in flags and value >= 0 else text
    sign = "+" if "+" in flags else " " if " " in flags else "-"
    return format(value, f"{sign}.{6 if precision is None else precision}{verb}")


def _flag(value: object, verb: str, _flags: str, _precision: int | None) -> str:
    if not isinstance(value, bool):
        raise _misfit(verb, value)
    return shown(value)


def _misfit(verb: str, value: object) -> BadValue:
    return BadValue(f"printf: %{verb} does not fit {noun(value)}")


_WRITERS: Final = {
    "v": _any,
    "t": _flag,
    **dict.fromkeys("sq", _text),
    **dict.fromkeys("dboxXcU", _integer),
    **dict.fromkeys("eEfFgG", _float),
}
