"""The history of a server that was killed, and what must have become of it at the next start."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.endurance.evidence import Kept, read_history
from tests.endurance.judge import halves

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    from tests.endurance.evidence import Log


@dataclass(frozen=True, slots=True)
class Past:
    """What a history held when its server was dead."""

    runs: Sequence[Kept]
    integrity: str

    @property
    def highest(self) -> int:
        """The highest number of a run, 0 of none."""
        return max((run.number for run in self.runs), default=0)

    @property
    def running(self) -> set[int]:
        """The runs that had not ended."""
        return {run.number for run in self.runs if run.ended is None}


def look(state: Path, room: Path) -> Past:
    """Read the history in a folder; a copy of it, so that it is left as the killed server left it."""
    shutil.rmtree(room, ignore_errors=True)
    room.mkdir()
    for name in ("history.db", "history.db-wal"):
        if (state / name).exists():
            shutil.copy(state / name, room / name)
    with closing(sqlite3.connect(room / "history.db")) as connection:
        (integrity,) = connection.execute("PRAGMA integrity_check").fetchone()
    return Past(read_history(room / "history.db"), str(integrity))


def faults(before: Past, now: Past, log: Log) -> Iterator[str]:
    """Give what is wrong with a history after a start, some runs and another kill; *log* is that server's."""
    if now.integrity != "ok":
        yield f"integrity_check: {now.integrity}"
    known, kept = {run.number: run for run in before.runs}, {run.number: run for run in now.runs}
    yield from (f"run {number} has vanished" for number in known.keys() - kept.keys())
    for number, run in kept.items():
        yield from (f"run {number} of {run.script}: {why}" for why in _became(known.get(number), run, log))
        yield from (f"run {number} of {run.script}: {why}" for why in halves(run))
    yield from _numbers(before, kept.keys(), log)


def _numbers(before: Past, kept: Collection[int], log: Log) -> Iterator[str]:
    """Give numbers that were given before, and runs of the log that history does not know."""
    for number in log.runs:
        if number <= before.highest:
            yield f"number {number} was given again: {before.highest} was reached before"
        if number not in kept:
            yield f"run {number} was told and is not kept"


def _became(before: Kept | None, run: Kept, log: Log) -> Iterator[str]:
    told = log.runs.get(run.number)
    if before is not None and before.ended is None and run.outcome != "lost":
        yield f"ran when its server was killed, and is {run.outcome}"
    if before is not None and before.ended is not None and run != before:
        yield f"was {before}, and is {run}"
    if before is None and run.ended is not None:
        if told is None or told.outcome != run.outcome:
            yield f"{run.outcome}, in the log {told.outcome or 'running' if told else 'not at all'}"
        elif told.lines != run.lines:
            yield f"{run.lines} records, in the log {told.lines}"
