"""What a server left behind: its log, and its history."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from regbot.supervisor.history import lists

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

SKIPPED: Final = "Skipped: the run before is still going on"
RELOADED: Final = "Configuration reloaded"
KEPT_OLD: Final = "The configuration cannot be used: the one before stays in force"
PLANNED: Final = "Not done in a dry run"
_NOT_OF_A_RUN: Final = {
    *("State of a run", "Script still running"),
    "It has no schedule and no interval: it runs only when somebody asks",
}
_ENDS: Final = {"Script finished", "Error running script"}
_ROWS: Final = (
    'SELECT id, script, cause, started, ended, outcome, "limit", operations, number, steps, log, lists.changes '
    'FROM (SELECT id, script, cause, started, ended, outcome, "limit", operations, changes AS number FROM runs) '
    "LEFT JOIN lists ON lists.run = id ORDER BY id"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A run as history has it; times in seconds since 1970, numbers of the entries in its three lists."""

    number: int
    script: str
    scheduled: bool
    started: float
    ended: float | None
    outcome: str
    """With the limit, as in "limit: cpu"."""
    operations: int = 0
    changes: int = 0
    steps: int = 0
    lines: int = 0
    changes_listed: int = 0


@dataclass(slots=True, kw_only=True)
class Told:
    """A run as the log has it: *lines* are its records between beginning and end, the latter included.

    *planned* are those of them that history has as changes instead: what a dry run would have done.
    """

    number: int
    script: str
    began: float
    ended: float | None = None
    outcome: str = ""
    lines: int = 0
    planned: int = 0


@dataclass(frozen=True, slots=True)
class Skip:
    """A start that the log says was skipped."""

    script: str
    at: float


@dataclass(slots=True)
class Log:
    """What a log says."""

    runs: dict[int, Told] = field(default_factory=dict)
    skips: list[Skip] = field(default_factory=list)
    reloads: list[float] = field(default_factory=list)
    refused: int = 0
    """Reloads that left the configuration as it was."""
    began: float = 0.0
    stopping: float = 0.0
    odd: list[str] = field(default_factory=list)
    """Lines that are no records, runs begun twice, ends of nothing."""


def read_log(lines: Iterable[bytes]) -> Log:
    """Read a JSON log at debug."""
    log = Log()
    going: dict[str, Told] = {}
    for line in lines:
        try:
            record = json.loads(line)
        except ValueError:
            log.odd.append(f"no record: {line[:200]!r}")
            continue
        _take(log, going, record)
    return log


def _take(log: Log, going: dict[str, Told], record: dict[str, Any]) -> None:
    message, script, at = record["msg"], record.get("script", ""), instant(record["time"])
    match message:
        case "Server started":
            log.began = at
        case "Stopping server":
            log.stopping = at
        case _ if message == RELOADED:
            log.reloads.append(at)
        case _ if message == KEPT_OLD:
            log.refused += 1
        case _ if message == SKIPPED:
            log.skips.append(Skip(script, at))
        case "Script started":
            if record["run"] in log.runs or (script in going and going[script].ended is None):
                log.odd.append(f"begun while it ran, or twice: {record}")
            going[script] = log.runs[record["run"]] = Told(number=record["run"], script=script, began=at)
        case _ if script in going and message not in _NOT_OF_A_RUN:
            _within(log, going, record, at)
        case _ if message in _ENDS:
            log.odd.append(f"the end of nothing: {record}")


def _within(log: Log, going: dict[str, Told], record: dict[str, Any], at: float) -> None:
    told = going[record["script"]]
    told.planned += record["msg"] == PLANNED
    told.lines += record["msg"] != PLANNED
    if record["msg"] in _ENDS:
        if record["run"] != told.number:
            log.odd.append(f"the end of another run than {told.number}: {record}")
        told.ended, told.outcome = at, record["outcome"]
    # The traceback comes after the end, and is kept with the run; the next beginning is after that.
    elif told.ended is not None and record["msg"] != "Where it failed":
        log.odd.append(f"after the end of its run: {record}")


def read_history(path: Path) -> list[Kept]:
    """Read a history that no server writes any more, or a copy; sqlite3.Error if it is damaged."""
    with closing(sqlite3.connect(path)) as connection:
        return [_kept(row) for row in connection.execute(_ROWS)]


def _kept(row: Sequence[Any]) -> Kept:
    number, script, cause, started, ended, outcome, limit, operations, changes, steps, log, listed = row
    return Kept(
        number=number,
        script=script,
        scheduled=cause == "schedule",
        started=instant(started),
        ended=instant(ended) if ended else None,
        outcome=f"{outcome}: {limit}" if limit else outcome,
        operations=operations,
        changes=changes,
        steps=_length(lists.steps_of, steps),
        lines=_length(lists.log_of, log),
        changes_listed=_length(lists.changes_of, listed),
    )


def _length(unpack: Callable[[bytes | None], Sequence[object]], body: bytes | None) -> int:
    return len(unpack(body))


def instant(text: str) -> float:
    """Return a time of a log or a history in seconds since 1970."""
    return datetime.fromisoformat(text).timestamp()
