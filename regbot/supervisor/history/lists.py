"""The lists of a run as history keeps them: JSON, packed, one text a list.

JSON spells out what no UTF-8 can hold, and gives it back as it was.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from regbot.supervisor.audit.change import Change
from regbot.supervisor.audit.trail import LogLine, Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from regbot.supervisor.audit.trail import Trail

MAX_LIST: Final = 2 << 20
"""Bytes of JSON that are kept of one list, of its first items: the errors of a thousand steps may be long."""
_FAST: Final = 1
"""zlib's level: a log packs to a tenth by it already."""


@dataclass(frozen=True, slots=True)
class Lists:
    """A run's log, operations and changes, packed; None for one that is empty."""

    log: bytes | None = None
    steps: bytes | None = None
    changes: bytes | None = None

    @property
    def size(self) -> int:
        """Bytes of all of them."""
        return sum(len(each) for each in (self.log, self.steps, self.changes) if each)


def packed(trail: Trail) -> Lists:
    """Pack the lists of a run that has ended."""
    return Lists(
        _pack([each.time.isoformat(), each.level, each.message, dict(each.fields)] for each in trail.lines),
        _pack([each.started.isoformat(), each.took, each.operation, each.line, each.error] for each in trail.steps),
        _pack([each.what, each.target, each.digest, each.size, each.before] for each in trail.changes),
    )


def log_of(body: bytes | None) -> Sequence[LogLine]:
    """Unpack a log; ValueError or zlib.error if it is damaged, as for the other lists."""
    return [
        LogLine(time=datetime.fromisoformat(time), level=level, message=message, fields=fields)
        for time, level, message, fields in _unpack(body)
    ]


def steps_of(body: bytes | None) -> Sequence[Step]:
    """Unpack operations."""
    return [
        Step(started=datetime.fromisoformat(started), took=took, operation=operation, line=line, error=error)
        for started, took, operation, line, error in _unpack(body)
    ]


def changes_of(body: bytes | None) -> Sequence[Change]:
    """Unpack changes."""
    return [Change(what, target, digest, size, before) for what, target, digest, size, before in _unpack(body)]


def _pack(rows: Iterable[list[object]]) -> bytes | None:
    texts, size = [], 0
    for row in rows:
        text = json.dumps(row, separators=(",", ":"), default=str)
        if (size := size + len(text)) > MAX_LIST:
            break
        texts.append(text)
    return zlib.compress(f"[{','.join(texts)}]".encode(), _FAST) if texts else None


def _unpack(body: bytes | None) -> Sequence[list[Any]]:
    rows: Sequence[list[Any]] = json.loads(zlib.decompress(body)) if body else ()
    return rows
