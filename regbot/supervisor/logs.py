"""The log: one record a line on standard error, as logfmt or JSON.

Both forms are those of Go's log/slog handlers, because that is what users' log pipelines read today: `time level msg`
first, then the record's own fields in the order they were given.
"""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING, Final, TextIO

from loguru import logger

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from loguru import Logger, Message

LEVELS: Final[Mapping[str, int]] = {"trace": -8, "debug": -4, "info": 0, "warn": 4, "error": 8}
"""slog's numbers: an offset such as `DEBUG+2` is counted on them."""

_LOGURU: Final = {"TRACE": "trace", "DEBUG": "debug", "INFO": "info", "WARNING": "warn", "ERROR": "error"}
_LEVEL: Final = re.compile(r"([A-Za-z]+)([+-]\d{1,3})?")
_SHORT: Final = {
    "\a": r"\a",
    "\b": r"\b",
    "\f": r"\f",
    "\n": r"\n",
    "\r": r"\r",
    "\t": r"\t",
    "\v": r"\v",
    '"': r"\"",
    "\\": r"\\",
}


def level_number(text: str) -> int:
    """Return slog's number of a level such as `info` or `DEBUG+2`; ValueError if there is no such level."""
    match = _LEVEL.fullmatch(text)
    if match is None or match[1].lower() not in LEVELS:
        raise ValueError(
            f'"{text}" is no log level: use one of {", ".join(LEVELS)}, with an offset like DEBUG+2 if need be'
        )
    return LEVELS[match[1].lower()] + int(match[2] or 0)


def open_log(level: int = 0, *, as_json: bool = False, stream: TextIO | None = None) -> Logger:
    """Send records of at least *level* to *stream* (standard error), and return the logger to write them with."""
    line = json_line if as_json else logfmt_line
    target = stream or sys.stderr

    def write(message: Message) -> None:
        record = message.record
        name = _LOGURU[record["level"].name]
        if LEVELS[name] >= level:
            target.write(line(record["time"], name, record["message"], record["extra"]))
            target.flush()

    logger.remove()
    # catch=False: a log that cannot be written is a fault to be seen, not to be printed over and over.
    logger.add(write, level=0, format="{message}", catch=False)
    return logger


def logfmt_line(time: datetime, level: str, message: str, fields: Mapping[str, object]) -> str:
    """Return a record as `key=value` pairs."""
    pairs = {"time": _time(time), "level": level.upper(), "msg": message, **fields}
    return " ".join(f"{_quoted(key)}={_quoted(_text(value))}" for key, value in pairs.items()) + "\n"


def json_line(time: datetime, level: str, message: str, fields: Mapping[str, object]) -> str:
    """Return a record as one JSON object."""
    record = {"time": _time(time), "level": level.upper(), "msg": message, **fields}
    # Lone surrogates cannot be written as UTF-8.
    return json.dumps(record, ensure_ascii=False, default=str).encode("utf-8", "replace").decode() + "\n"


def _time(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _quoted(text: str) -> str:
    # As slog: a backslash alone needs no quotes.
    if text and text.isprintable() and not any(char in ' "=\ufffd' or char.isspace() for char in text):
        return text
    return '"' + "".join(_escaped(char) for char in text) + '"'


def _escaped(char: str) -> str:
    if char in _SHORT:
        return _SHORT[char]
    if char.isprintable():
        return char
    number = ord(char)
    if number < 0x80:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
