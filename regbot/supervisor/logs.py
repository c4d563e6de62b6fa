"""The log: one record a line on standard error, as logfmt or JSON.

Both forms are those of Go's log/slog handlers, because that is what users' log pipelines read today: `time level msg`
first, then the record's own fields in the order they were given.

A byte of a script's text that is no UTF-8 is in a record what Python's `surrogateescape` makes of it.  Both forms spell
it out, a backslash, x and two hex digits: slog's text does so, too, its JSON loses the byte.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Final, TextIO, TypeAlias

from loguru import logger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loguru import Logger, Message

Line: TypeAlias = Callable[[datetime, str, str, Mapping[str, object]], str]

LEVELS: Final[Mapping[str, int]] = {"trace": -8, "debug": -4, "info": 0, "warn": 4, "error": 8}
"""slog's numbers: an offset such as `DEBUG+2` is counted on them."""

_LOGURU: Final = {"TRACE": "trace", "DEBUG": "debug", "INFO": "info", "WARNING": "warn", "ERROR": "error"}
_NO_CHARACTER: Final = re.compile("[\ud800-\udfff]")
_LEVEL: Final = re.compile(r"([A-Za-z]+)([+-]\d{1,3})?")
_TAKEN: Final = "_Logger__self"
"""The one name of a field that `bind` cannot take: it has it for the logger itself."""
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


class Writer:
    """Writes records to a stream; one that cannot be written is counted, and stops nobody's work.

    *line* returns a record's line, given its time, level, message and fields.
    """

    def __init__(
        self, level: int = 0, *, as_json: bool = False, stream: TextIO | None = None, line: Line | None = None
    ) -> None:
        self.lost = 0
        """Records that could not be written: the disk is full, or nobody reads any more."""
        self._level, self._stream = level, stream or sys.stderr
        self._line = line or (json_line if as_json else logfmt_line)

    def __call__(self, message: Message) -> None:
        """Write one record of loguru's, if it is of the level or above."""
        record = message.record
        name = _LOGURU[record["level"].name]
        if LEVELS[name] < self._level:
            return
        try:
            self._stream.write(self._line(record["time"], name, record["message"], record["extra"]))
            self._stream.flush()
        except OSError:
            self.lost += 1


def open_log(write: Callable[[Message], None]) -> Logger:
    """Send every record to *write* and to nothing else, and return the logger to make them with."""
    logger.remove()
    # catch=False: what escapes from the writer is a defect.
    logger.add(write, level=0, format="{message}", catch=False)
    return logger


def with_fields(log: Logger, fields: Mapping[str, object]) -> Logger:
    """Return *log* with fields of any name."""
    if _TAKEN not in fields:
        return log.bind(**fields) if fields else log
    # A patch before this one, such as audit/tap.py, does not see them.
    return log.patch(lambda record: record["extra"].update(fields))


def logfmt_line(time: datetime, level: str, message: str, fields: Mapping[str, object]) -> str:
    """Return a record as `key=value` pairs; a group of fields as `group.key=value`."""
    return pairs_text({"time": _time(time), "level": level.upper(), "msg": message, **fields}) + "\n"


def pairs_text(pairs: Mapping[str, object]) -> str:
    """Return `key=value` pairs, without characters that no terminal shows."""
    return " ".join(f"{_quoted(key)}={_quoted(_text(value))}" for key, value in _flat(pairs))


def json_line(time: datetime, level: str, message: str, fields: Mapping[str, object]) -> str:
    """Return a record as one JSON object."""
    pairs = {"time": _time(time), "level": level.upper(), "msg": message, **fields}
    record = {key: _spelled(value) if isinstance(value, str) else value for key, value in pairs.items()}
    # A surrogate in anything else than a text of the record's own costs no record.
    return json.dumps(record, ensure_ascii=False, default=str).encode("utf-8", "replace").decode() + "\n"


def _time(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _flat(pairs: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for key, value in pairs.items():
        if isinstance(value, Mapping):
            yield from ((f"{key}.{name}", item) for name, item in value.items())
        else:
            yield key, value


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _quoted(text: str) -> str:
    # As slog: a backslash alone needs no quotes.
    if text and text.isprintable() and not any(char in ' "=\ufffd' or char.isspace() for char in text):
        return text
    return '"' + "".join(_escaped(char) for char in text) + '"'


def _spelled(text: str) -> str:
    return _NO_CHARACTER.sub(lambda match: _escaped(match[0]), text)


def _escaped(char: str) -> str:
    if char in _SHORT:
        return _SHORT[char]
    if char.isprintable():
        return char
    number = ord(char)
    if number < 0x80 or 0xDC80 <= number <= 0xDCFF:
        return f"\\x{number % 0x100:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
