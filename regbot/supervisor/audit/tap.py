"""A log whose records are also kept in a run's trail."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC
from typing import TYPE_CHECKING, Final

from regbot.supervisor.audit.trail import MAX_LOG, LogLine, Trail
from regbot.supervisor.audit.words import spelled
from regbot.supervisor.logs import LEVELS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loguru import Logger, Record

RECORD: Final = 64
"""Bytes that a record costs besides its texts: time and level."""
MAX_WHOLE: Final = 1 << 53
"""The largest whole number that every reader of JSON takes as it is."""
_WORDS: Final = {"WARNING": "warn"}
_OWN: Final = frozenset({"script", "run"})
"""Fields that are the same in all records of a run."""


def tapped(log: Logger, trail: Trail, least: int) -> Logger:
    """Return *log* with each record kept in *trail*, too, if it is of level *least* (logs.py) or above."""
    return log.patch(_Tap(trail, least))


class _Tap:
    def __init__(self, trail: Trail, least: int) -> None:
        self._trail, self._least = trail, least
        self._left = MAX_LOG

    def __call__(self, record: Record) -> None:
        name = record["level"].name
        level = _WORDS.get(name, name.lower())
        if LEVELS[level] < self._least:
            return
        self._trail.lines_in_all += 1
        if self._left > 0:
            fields = dict(_plain(record["extra"]))
            when = record["time"].astimezone(UTC)
            line = LogLine(time=when, level=level, message=spelled(record["message"]), fields=fields)
            self._left -= _size(line)
            if self._left >= 0:
                self._trail.lines.append(line)
        self._trail.stir()


def _plain(fields: Mapping[str, object]) -> Iterator[tuple[str, str | int | float | bool]]:
    """Give fields as values of JSON; a group of them as `group.name`, as in the log."""
    for name, value in fields.items():
        match value:
            case _ if name in _OWN:
                continue
            case Mapping():
                yield from _plain({f"{name}.{inner}": each for inner, each in value.items()})
            case bool():
                yield spelled(name), value
            case int() if abs(value) <= MAX_WHOLE:
                yield spelled(name), value
            case float() if math.isfinite(value):
                yield spelled(name), value
            case _:
                yield spelled(name), spelled(str(value))


def _size(line: LogLine) -> int:
    texts = [line.message, *line.fields, *map(str, line.fields.values())]
    return RECORD + sum(len(text.encode()) for text in texts)
